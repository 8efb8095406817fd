import { Anchor, Button, SimpleGrid, Stack, Text, Timeline } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconClock, IconRepeat } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Facts, Page, Payload, Section } from '../parts/page.tsx'
import { Answer, aside } from '../parts/states.tsx'
import { useUserNames } from '../people/user-source.ts'
import { Decision, usersOfDecisions } from './decision.tsx'
import type { Definition, Execution } from './definition.ts'
import { actionTypes, readDefinition } from './definition.ts'
import type { Passed } from './diagram.tsx'
import { Diagram } from './diagram.tsx'
import { ExecutionState, isOpen } from './states.tsx'
import { SubjectLink } from './subject-link.tsx'
import { useWords } from './words.ts'

export function ExecutionScreen() {
  const { t } = useTranslation()
  const { id = '' } = useParams({ strict: false })
  const query = useQuery({
    queryKey: ['executions', id],
    queryFn: () =>
      ask(api.GET('/api/v1/workflows/executions/{execution_id}', { params: { path: { execution_id: id } } })),
    refetchInterval: ({ state }) => (state.data && isOpen(state.data.status) ? 2000 : false),
  })
  return (
    <Page
      title={query.data?.workflow_name ?? t('executions.one')}
      back={{ to: '/executions', title: t('executions.title') }}
      actions={query.data ? <Actions execution={query.data} /> : null}
    >
      <Answer query={query}>{(execution) => <Shown execution={execution} />}</Answer>
    </Page>
  )
}

function Actions({ execution }: { execution: Execution }) {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const params = { params: { path: { execution_id: execution.id } } }
  const refresh = [['executions']]
  const cancel = useAct({
    run: () => ask(api.POST('/api/v1/workflows/executions/{execution_id}/cancel', { ...params, body: {} })),
    done: t('executions.cancelledDone'),
    refresh,
  })
  const resume = useAct({
    run: () => ask(api.POST('/api/v1/workflows/executions/{execution_id}/resume', params)),
    done: t('executions.resumed'),
    refresh,
  })
  if (!may('workflow:operate')) return null
  if (execution.status === 'failed') {
    return (
      <Button loading={resume.isPending} onClick={() => resume.mutate()}>
        {t('executions.resume')}
      </Button>
    )
  }
  if (!isOpen(execution.status)) return null
  return (
    <Button
      variant="default"
      c="var(--mantine-color-error)"
      loading={cancel.isPending}
      onClick={() =>
        confirm({
          title: t('executions.cancelTitle'),
          text: t('executions.cancelText'),
          action: t('executions.cancel'),
          run: () => cancel.mutate(),
        })
      }
    >
      {t('executions.cancel')}
    </Button>
  )
}

function Shown({ execution }: { execution: Execution }) {
  const { t } = useTranslation()
  const { moment } = useFormat()
  const { failureText, stepNames, triggerName } = useWords()
  const definition = useDefinition(execution)
  return (
    <Stack>
      <Section title={t('clients.overview')}>
        <Facts
          facts={[
            [t('common.state'), <ExecutionState key="state" status={execution.status} />],
            ...(execution.error
              ? [[t('executions.error'), failureText(execution.error, stepNames(definition))] as const]
              : []),
            [
              t('workflows.one'),
              <Anchor key="workflow" component={Link} to={`/workflows/${execution.workflow_id}`} size="sm">
                {execution.workflow_name}, {t('executions.ofVersion', { version: execution.version })}
              </Anchor>,
            ],
            [
              t('executions.subject'),
              execution.entity_id ? (
                <SubjectLink key="subject" of={execution}>
                  {execution.entity_id}
                </SubjectLink>
              ) : null,
            ],
            [t('workflows.starts'), triggerName(execution.trigger)],
            [t('executions.began'), moment(execution.started_at)],
            ...(execution.waits_until ? [[t('executions.waitsUntil'), moment(execution.waits_until)] as const] : []),
            ...(execution.finished_at ? [[t('executions.ended'), moment(execution.finished_at)] as const] : []),
          ]}
        />
      </Section>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Section title={t('executions.timeLine')}>
          <Steps execution={execution} definition={definition} />
        </Section>
        {definition ? (
          <Section title={t('workflows.way')}>
            <Diagram definition={definition} passed={passedIn(execution)} />
          </Section>
        ) : null}
      </SimpleGrid>
    </Stack>
  )
}

/** Of the version that it began with; null until it is known. */
function useDefinition(execution: Execution): Definition | null {
  const path = { workflow_id: execution.workflow_id }
  const query = useQuery({
    queryKey: ['workflows', execution.workflow_id],
    meta: aside,
    queryFn: () => ask(api.GET('/api/v1/workflows/{workflow_id}', { params: { path } })),
  })
  const version = query.data?.versions.find((one) => one.version === execution.version)
  return readDefinition(version?.definition)
}

function passedIn({ action_results: steps }: Execution): Passed {
  const passed: Record<string, 'completed' | 'failed' | 'waiting'> = {}
  for (const { action_id: id, status: one } of steps) {
    if (one === 'completed') passed[id] = 'completed'
    else if (one === 'failed' || one === 'lost') passed[id] = 'failed'
    else passed[id] = 'waiting'
  }
  return passed
}

type Step = Execution['action_results'][number]

const icons: Record<string, ReactNode> = {
  completed: <IconCheck size={14} />,
  failed: <IconAlertTriangle size={14} />,
  lost: <IconRepeat size={14} />,
}
const colors: Record<string, string> = { completed: 'teal', failed: 'red', lost: 'yellow' }

function Steps({ execution, definition }: { execution: Execution; definition: Definition | null }) {
  const { t } = useTranslation()
  const userName = useUserNames(usersOfDecisions(execution.action_results))
  if (execution.action_results.length === 0) return <Text size="sm">{t('executions.noSteps')}</Text>
  return (
    <Timeline bulletSize={24} lineWidth={2} active={execution.action_results.length - 1}>
      {execution.action_results.map((step) => (
        <Timeline.Item
          key={`${step.action_id} ${step.started_at} ${step.attempt}`}
          bullet={icons[step.status] ?? <IconClock size={14} />}
          color={colors[step.status] ?? 'indigo'}
          title={<StepTitle step={step} definition={definition} />}
        >
          <StepText step={step} definition={definition} userName={userName} />
        </Timeline.Item>
      ))}
    </Timeline>
  )
}

function StepTitle({ step, definition }: { step: Step; definition: Definition | null }) {
  const { stepNames, typeName } = useWords()
  const type = actionTypes.find((one) => one === step.type)
  return (
    <Text size="sm" fw={600}>
      {stepNames(definition)(step.action_id)}
      <Text span size="sm" fw={400} c="dimmed">
        {' · '}
        {type ? typeName(type) : step.type}
      </Text>
    </Text>
  )
}

type StepGiven = { step: Step; definition: Definition | null; userName: (id: string) => string }

function StepText({ step, definition, userName }: StepGiven) {
  const { t } = useTranslation()
  const { exact, took } = useFormat()
  const known = (['completed', 'failed', 'waiting', 'running', 'lost'] as const).find((one) => one === step.status)
  const line = [
    known ? t(`stepState.${known}`) : step.status,
    exact(step.started_at),
    step.duration_ms === null ? null : took(step.duration_ms),
    step.attempt > 1 ? t('executions.attempt', { attempt: step.attempt }) : null,
  ]
  const details = { input: step.input, outcome: step.outcome }
  return (
    <Stack gap={4}>
      <Text size="xs" c="dimmed">
        {line.filter(Boolean).join(' · ')}
      </Text>
      {step.type === 'condition' ? <Asked step={step} definition={definition} /> : null}
      {step.type === 'approval' ? <Decision step={step} userName={userName} /> : null}
      {step.error ? <Text size="sm">{step.error}</Text> : null}
      {step.input || step.outcome ? (
        <details>
          <summary>
            <Text span size="xs">
              {t('executions.details')}
            </Text>
          </summary>
          <Payload>{JSON.stringify(details, null, 2)}</Payload>
        </details>
      ) : null}
    </Stack>
  )
}

/** What a condition asked, and what came of it. */
function Asked({ step, definition }: { step: Step; definition: Definition | null }) {
  const { condition, exitName } = useWords()
  const { expression } = (step.input ?? {}) as { expression?: unknown }
  const { result } = (step.outcome ?? {}) as { result?: unknown }
  if (typeof expression !== 'string') return null
  const answer = typeof result === 'boolean' ? [exitName(result ? 'on_true' : 'on_false')] : []
  return (
    <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
      {[condition(expression, definition), ...answer].join(' → ')}
    </Text>
  )
}
