import { Code } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Copyable } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Facts, Page, Payload, Section } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import { useDid } from './did.ts'
import { Severity, useCategory } from './event-lines.tsx'
import { TargetLink } from './target-link.tsx'
import { useWho } from './who.ts'

export function AuditEvent() {
  const { t } = useTranslation()
  const { exact, number } = useFormat()
  const category = useCategory()
  const did = useDid()
  const { id = '' } = useParams({ strict: false })
  const query = useQuery({
    queryKey: ['audit', 'event', id],
    queryFn: () => ask(api.GET('/api/v1/audit/events/{event_id}', { params: { path: { event_id: id } } })),
  })
  const who = useWho(query.data ? [query.data.actor] : [])
  return (
    <Page title={query.data ? did(query.data) : t('audit.one')} back={{ to: '/audit', title: t('audit.title') }}>
      <Answer query={query}>
        {(event) => (
          <>
            <Section title={t('audit.what')}>
              <Facts
                facts={[
                  [t('audit.when'), exact(event.timestamp)],
                  [t('audit.action'), <Code key="action">{event.action}</Code>],
                  [t('audit.category'), category(event.category)],
                  [t('audit.severity'), <Severity key="severity" severity={event.severity} />],
                  [t('audit.words'), event.description],
                  [t('audit.who'), who(event.actor)],
                  [
                    t('audit.target'),
                    event.target?.entity_id ? <TargetLink key="target" target={event.target} /> : null,
                  ],
                  [
                    t('state.requestId'),
                    event.request_id ? (
                      <Copyable key="request" value={event.request_id} label={t('action.copy')} />
                    ) : null,
                  ],
                ]}
              />
            </Section>
            <Section title={t('audit.details')}>
              <Payload>{JSON.stringify({ actor: event.actor, context: event.context }, null, 2)}</Payload>
            </Section>
            <Section title={t('audit.proof')} about={event.event_hash ? t('audit.sealed') : t('audit.notSealed')}>
              <Facts
                facts={[
                  [t('audit.sequence'), event.sequence === null ? null : number(event.sequence)],
                  [
                    t('audit.hash'),
                    event.event_hash ? <Copyable key="hash" value={event.event_hash} label={t('action.copy')} /> : null,
                  ],
                  [
                    t('audit.chain'),
                    event.hash_chain ? (
                      <Copyable key="chain" value={event.hash_chain} label={t('action.copy')} />
                    ) : null,
                  ],
                ]}
              />
            </Section>
          </>
        )}
      </Answer>
    </Page>
  )
}
