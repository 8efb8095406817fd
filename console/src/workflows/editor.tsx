import { Anchor, Button, Checkbox, Group, SimpleGrid, Stack, Text, Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { useAct } from '../parts/act.tsx'
import { Page, Section } from '../parts/page.tsx'
import { useFaultText } from '../parts/problem-text.ts'
import { Answer } from '../parts/states.tsx'
import { readDefinition } from './definition.ts'
import { Diagram } from './diagram.tsx'
import { Remarks } from './remarks.tsx'
import { StepForm } from './step-form.tsx'
import { placeOf, Verdict } from './verdict.tsx'
import { useWords } from './words.ts'
import { WorkflowHead } from './workflow-head.tsx'
import { WorkflowVariables } from './workflow-variables.tsx'

/** To begin with: told, asked, decided. */
function useExample() {
  const { t } = useTranslation()
  return {
    name: t('workflows.example'),
    triggers: ['event:invoice.created', 'manual'],
    entity_type: 'invoice',
    entity_summary: `"${t('workflows.of_invoice')} " + entity.number + ", " + string(entity.total_amount) + " " + entity.currency`,
    variables: [{ name: 'limit', type: 'number', default: 5000 }],
    actions: [
      {
        id: 'large',
        type: 'condition',
        name: t('workflows.exampleLarge'),
        expression: 'entity.total_amount > variables.limit',
        on_false: 'end',
      },
      {
        id: 'ask',
        type: 'approval',
        name: t('workflows.exampleAsk'),
        approvers: ['role:approver'],
        deadline: '3d',
        remind_every: '1d',
        on_approved: 'approve',
        on_rejected: 'reject',
        on_expired: 'fail',
      },
      {
        id: 'approve',
        type: 'update',
        name: t('workflows.exampleApprove'),
        set: { status: 'approved' },
        next: 'end',
      },
      { id: 'reject', type: 'update', name: t('workflows.exampleReject'), set: { status: 'rejected' }, next: 'end' },
    ],
  }
}

const printJson = (value: unknown) => JSON.stringify(value, null, 2)

export function NewWorkflow() {
  const { t } = useTranslation()
  return (
    <Page title={t('workflows.create')} back={{ to: '/workflows', title: t('workflows.title') }}>
      <Editor given={printJson(useExample())} id={null} />
    </Page>
  )
}

/** A further version of one that is there. */
export function EditWorkflow() {
  const { t } = useTranslation()
  const { id = '' } = useParams({ strict: false })
  const query = useQuery({
    queryKey: ['workflows', id],
    queryFn: () => ask(api.GET('/api/v1/workflows/{workflow_id}', { params: { path: { workflow_id: id } } })),
  })
  return (
    <Page
      title={t('workflows.newVersion')}
      about={t('workflows.newVersionAbout')}
      back={{ to: `/workflows/${id}`, title: query.data?.name ?? t('workflows.one') }}
    >
      <Answer query={query}>
        {(workflow) => {
          const newest = workflow.versions[0]?.definition ?? workflow.definition
          return <Editor given={printJson(newest)} id={id} />
        }}
      </Answer>
    </Page>
  )
}

function parsed(text: string): { value: Record<string, unknown> } | { fault: string } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { value: value as Record<string, unknown> }
    return { fault: '' }
  } catch (error) {
    return { fault: (error as Error).message }
  }
}

const isNamed = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const variablesOf = ({ variables }: Record<string, unknown>) =>
  Array.isArray(variables) ? variables.filter(isNamed) : []

/** In its place, before the steps; without any there is no such member. */
function withVariables(value: Record<string, unknown>, variables: readonly Record<string, unknown>[]) {
  const { variables: _old, actions, ...rest } = value
  return { ...rest, ...(variables.length > 0 ? { variables } : {}), ...(actions === undefined ? {} : { actions }) }
}

function useCheck(text: string, id: string | null) {
  const [settled] = useDebouncedValue(text, 600)
  const now = parsed(settled)
  const check = useQuery({
    queryKey: ['workflow-check', settled, id],
    enabled: 'value' in now,
    retry: false,
    queryFn: () =>
      ask(
        api.POST('/api/v1/workflows/validate', {
          body: { definition: 'value' in now ? now.value : {}, ...(id === null ? {} : { workflow_id: id }) },
        }),
      ),
  })
  const tellFault = useFaultText()
  const isSettled = settled === text
  const faults = isSettled && check.error instanceof Problem ? check.error.faults : []
  return {
    check,
    isGood: isSettled && check.data?.valid === true,
    told: (place: string) => {
      const fault = faults.find((one) => placeOf(one.field) === place)
      return fault && tellFault(fault)
    },
  }
}

/** The form changes the text, and the text the form: both are the same definition. */
function Editor({ given, id }: { given: string; id: string | null }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [text, setText] = useState(given)
  const [activate, setActivate] = useState(true)
  const { stepName } = useWords()
  const { check, isGood, told } = useCheck(text, id)
  const save = useAct({
    run: () => {
      const body = { definition: JSON.parse(text) as Record<string, unknown>, activate }
      if (id === null) return ask(api.POST('/api/v1/workflows', { body }))
      return ask(api.POST('/api/v1/workflows/{workflow_id}/versions', { params: { path: { workflow_id: id } }, body }))
    },
    done: t('common.saved'),
    refresh: [['workflows']],
    onDone: (workflow) => void navigate({ to: `/workflows/${workflow.id}` }),
  })
  const now = parsed(text)
  const value = 'value' in now ? now.value : null
  const definition = value ? readDefinition(value) : null
  const change = (next: Record<string, unknown>) => setText(printJson(next))
  // What the form could not show it would throw away.
  const isWhole =
    Array.isArray(value?.actions) &&
    value.actions.length === definition?.actions.length &&
    (value.variables === undefined || (Array.isArray(value.variables) && value.variables.every(isNamed)))
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Stack>
        <Section title={t('workflows.stepForm')} about={t('workflows.stepFormAbout')}>
          <Stack>
            {value && definition && isWhole ? (
              <>
                <WorkflowHead frame={value} told={told} onChange={change} />
                <WorkflowVariables
                  variables={variablesOf(value)}
                  told={told}
                  onChange={(variables) => change(withVariables(value, variables))}
                />
                <StepForm
                  definition={definition}
                  actions={definition.actions}
                  frame={{
                    name: definition.name,
                    entityType: typeof value.entity_type === 'string' ? value.entity_type : undefined,
                  }}
                  told={told}
                  onChange={(actions) => change({ ...value, actions })}
                />
              </>
            ) : (
              <Text size="sm" c="dimmed">
                {t('workflows.noForm')}
              </Text>
            )}
            <Verdict
              fault={'fault' in now ? now.fault : null}
              error={check.error}
              isGood={isGood}
              stepNames={isWhole ? (definition?.actions ?? []).map(stepName) : []}
              isPending={check.isFetching}
              retry={() => void check.refetch()}
            />
            {isGood ? <Remarks remarks={check.data?.remarks ?? []} definition={definition} /> : null}
            <Checkbox
              label={t('workflows.activateAtOnce')}
              checked={activate}
              onChange={(event) => setActivate(event.currentTarget.checked)}
            />
            <Group justify="flex-end">
              <Button loading={save.isPending} disabled={!isGood} onClick={() => save.mutate()}>
                {t('action.save')}
              </Button>
            </Group>
          </Stack>
        </Section>
      </Stack>
      <Stack>
        {definition && definition.actions.length > 0 ? (
          <Section title={t('workflows.way')}>
            <Diagram definition={definition} />
          </Section>
        ) : null}
        <Section title={t('workflows.definition')} about={<Help />}>
          <Textarea
            aria-label={t('workflows.definition')}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autosize
            minRows={16}
            maxRows={32}
            spellCheck={false}
            styles={{ input: { fontFamily: 'monospace', fontSize: 'var(--mantine-font-size-sm)' } }}
          />
        </Section>
      </Stack>
    </SimpleGrid>
  )
}

function Help() {
  const { t } = useTranslation()
  return (
    <>
      {t('workflows.definitionAbout')}{' '}
      <Anchor href="/docs/" target="_blank" rel="noopener" underline="always" inherit>
        {t('nav.api')}
      </Anchor>
    </>
  )
}
