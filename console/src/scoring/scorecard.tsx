import { Alert, Button, Code, List, Stack } from '@mantine/core'
import { IconAlertTriangle, IconCopy, IconEdit } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Facts, Page, Section } from '../parts/page.tsx'
import { useFaultText } from '../parts/problem-text.ts'
import { Answer } from '../parts/states.tsx'
import type { Scorecard } from './definition.ts'
import { RuleList } from './rule-list.tsx'
import { ScorecardForm } from './scorecard-form.tsx'
import { ScorecardState } from './scorecards.tsx'
import { TryOut } from './try-out.tsx'

const keyOf = (version: number) => ['scorecards', 'one', version]

export function ScorecardScreen() {
  const { t } = useTranslation()
  const { language } = useFormat()
  const given = useParams({ strict: false }).version
  const version = Number(given)
  const [editing, setEditing] = useState(false)
  const query = useQuery({
    queryKey: keyOf(version),
    queryFn: () => ask(api.GET('/api/v1/scorecards/{version}/', { params: { path: { version } } })),
  })
  const card = query.data?.data
  return (
    <Page
      title={t('scorecards.one', { version: given })}
      about={card?.definition.title[language]}
      back={{ to: '/scorecards', title: t('scorecards.title') }}
      actions={card && !editing ? <Actions card={card} onEdit={() => setEditing(true)} /> : null}
    >
      <Answer query={query} rows={8}>
        {({ data }) =>
          editing && data.status === 'draft' ? (
            <ScorecardForm card={data} onEnd={() => setEditing(false)} />
          ) : (
            <Shown card={data} />
          )
        }
      </Answer>
    </Page>
  )
}

export function Problems({ problems }: { problems: Scorecard['problems'] }) {
  const { t } = useTranslation()
  const tell = useFaultText()
  if (problems.length === 0) return null
  return (
    <Alert color="yellow" variant="light" icon={<IconAlertTriangle />} title={t('scorecards.problems')}>
      <List size="sm">
        {problems.map((one) => (
          <List.Item key={`${one.path} ${one.code}`}>
            <Code>{one.path}</Code> {tell({ code: `scorecard_${one.code}`, message: one.message, parameters: {} })}
          </List.Item>
        ))}
      </List>
    </Alert>
  )
}

function Shown({ card }: { card: Scorecard }) {
  const { t } = useTranslation()
  const { moment, number, language } = useFormat()
  const { definition, range } = card
  return (
    <Stack>
      <Problems problems={card.problems} />
      <Section title={t('clients.overview')}>
        <Facts
          facts={[
            [t('common.state'), <ScorecardState key="state" status={card.status} />],
            [t('scorecards.base'), number(definition.base)],
            [
              t('scorecards.grades'),
              definition.grades
                .map((one) => `${one.label[language]} (${t('scorecards.from', { score: number(one.from) })})`)
                .join(', '),
            ],
            [' ', t('scorecards.range', { lowest: number(range.lowest), highest: number(range.highest) })],
            [t('common.created'), moment(card.createdAt)],
            [t('scorecards.activated'), moment(card.activatedAt)],
          ]}
        />
      </Section>
      {card.status === 'draft' ? <TryOut version={card.version} rules={definition.rules} /> : null}
      <RuleList rules={definition.rules} />
    </Stack>
  )
}

function Actions({ card, onEdit }: { card: Scorecard; onEdit: () => void }) {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const navigate = useNavigate()
  const { version } = card
  const params = { params: { path: { version } } }
  const refresh = [['scorecards']]
  const copy = useAct({
    run: () => ask(api.POST('/api/v1/scorecards/', { body: { definition: card.definition } })),
    done: t('scorecards.copied'),
    refresh: [['scorecards', 'list']],
    onDone: ({ data }) => void navigate({ to: `/scorecards/${data.version}` }),
  })
  const activate = useAct({
    run: () => ask(api.POST('/api/v1/scorecards/{version}/activate/', params)),
    done: t('scorecards.activatedDone'),
    refresh,
  })
  const retire = useAct({
    run: () => ask(api.POST('/api/v1/scorecards/{version}/retire/', params)),
    done: t('scorecards.retiredDone'),
    refresh,
  })
  if (!may('scorecard:manage')) return null
  const isDraft = card.status === 'draft'
  return (
    <>
      {isDraft ? (
        <>
          <Button
            disabled={card.problems.length > 0}
            onClick={() =>
              confirm({
                title: t('scorecards.activateTitle', { version }),
                text: t('scorecards.activateText'),
                action: t('scorecards.activate'),
                run: () => activate.mutate(),
                harmless: true,
              })
            }
          >
            {t('scorecards.activate')}
          </Button>
          <Button variant="default" leftSection={<IconEdit size={18} />} onClick={onEdit}>
            {t('scorecards.edit')}
          </Button>
        </>
      ) : null}
      <Button
        variant="default"
        leftSection={<IconCopy size={18} />}
        loading={copy.isPending}
        onClick={() => copy.mutate()}
      >
        {t('scorecards.copy')}
      </Button>
      {card.status !== 'retired' && !card.builtIn ? (
        <Button
          variant="default"
          c="var(--mantine-color-error)"
          onClick={() =>
            confirm({
              title: t('scorecards.retireTitle', { version }),
              text: t('scorecards.retireText'),
              action: t('scorecards.retire'),
              run: () => retire.mutate(),
            })
          }
        >
          {t('scorecards.retire')}
        </Button>
      ) : null}
    </>
  )
}
