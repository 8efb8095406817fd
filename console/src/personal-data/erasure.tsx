import { Alert, Anchor, Group, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useFormat } from '../parts/format.ts'
import { Facts, Page, Section } from '../parts/page.tsx'
import { useCodeText } from '../parts/problem-text.ts'
import { Answer } from '../parts/states.tsx'
import type { Erasure } from './erasures.tsx'
import { ErasureState, isGoingOn, useErasureTitle } from './erasures.tsx'
import { Counts } from './held.tsx'
import { KeptIdentity } from './kept-identity.tsx'
import { asPersonType, auditOf, screenOf } from './person.ts'

/** How far an erasure has come, and what it has done: what remains of the request. */
export function ErasureScreen() {
  const { t } = useTranslation()
  const title = useErasureTitle()
  const { id = '' } = useParams({ strict: false })
  const queries = useQueryClient()
  const query = useQuery({
    queryKey: ['erasures', id],
    queryFn: () =>
      ask(api.GET('/api/v1/personal-data/erasures/{erasure_id}', { params: { path: { erasure_id: id } } })),
    refetchInterval: ({ state }) => (state.data && isGoingOn(state.data) ? 1500 : false),
  })
  const isDone = query.data?.status === 'completed'
  useEffect(() => {
    // What other screens have read of the person is not to be shown again.
    if (isDone) queries.removeQueries({ type: 'inactive' })
  }, [isDone, queries])
  return (
    <Page
      title={query.data ? title(query.data) : t('persons.erasure')}
      back={{ to: '/personal-data', title: t('persons.title') }}
    >
      <Answer query={query} rows={12}>
        {(erasure) => (
          <Stack>
            <Request erasure={erasure} />
            <Told erasure={erasure} />
            <Outcome erasure={erasure} />
            {erasure.customer === 'pseudonym' ? <KeptIdentity customerId={erasure.subject_id} /> : null}
            <Text size="sm" c="dimmed">
              {t('persons.elsewhere')}
            </Text>
          </Stack>
        )}
      </Answer>
    </Page>
  )
}

function Request({ erasure }: { erasure: Erasure }) {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const may = useMay()
  return (
    <Section title={t('persons.erasure')}>
      <Stack>
        <Facts
          facts={[
            [t('common.state'), <ErasureState key="state" status={erasure.status} />],
            [t('persons.identifier'), erasure.subject_id],
            [t('persons.asked'), moment(erasure.created_at)],
            [t('persons.began'), moment(erasure.started_at)],
            [t('persons.ended'), moment(erasure.ended_at)],
          ]}
        />
        {may('audit:view') ? (
          <Group>
            <Anchor component={Link} to={auditOf(erasure.subject_id)} size="sm">
              {t('persons.inLog')}
            </Anchor>
          </Group>
        ) : null}
      </Stack>
    </Section>
  )
}

/** What whoever waits should know. */
function Told({ erasure }: { erasure: Erasure }) {
  const { t } = useTranslation()
  const tellCode = useCodeText()
  const type = asPersonType(erasure.subject_type)
  if (isGoingOn(erasure)) {
    return (
      <Alert variant="light" color="indigo" role="status">
        {t('persons.progress')}
      </Alert>
    )
  }
  if (erasure.status !== 'failed') return null
  const { failure } = erasure
  return (
    <Alert variant="light" color="red" role="status" title={t('persons.failed')}>
      <Text size="sm">
        {failure && failure !== 'internal' ? tellCode(failure, t('persons.failedMore')) : t('persons.failedMore')}
      </Text>
      {type ? (
        <Anchor
          component={Link}
          to={screenOf({ type, id: erasure.subject_id })}
          size="sm"
          c="inherit"
          underline="always"
        >
          {t(`persons.${type}`)}
        </Anchor>
      ) : null}
    </Alert>
  )
}

function Outcome({ erasure }: { erasure: Erasure }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const { customer, audit_events_left, sealed_left } = erasure
  return (
    <Section title={t('persons.outcome')}>
      <Stack>
        <Facts
          facts={[
            ...(customer ? [[t('persons.customerRecord'), t(`persons.customerIs.${customer}`)] as const] : []),
            [t('persons.filesGone'), number(erasure.files)],
            [t('persons.eventsRedacted'), number(erasure.audit_events)],
            ...(audit_events_left > 0 ? [[t('persons.eventsLeft'), number(audit_events_left)] as const] : []),
            ...(sealed_left > 0 ? [[t('persons.sealedLeft'), number(sealed_left)] as const] : []),
          ]}
        />
        <Text fw={600} size="sm">
          {t('persons.deleted')}
        </Text>
        <Counts counts={erasure.deleted} none="—" />
        <Text fw={600} size="sm">
          {t('persons.changed')}
        </Text>
        <Counts counts={erasure.changed} none="—" />
      </Stack>
    </Section>
  )
}
