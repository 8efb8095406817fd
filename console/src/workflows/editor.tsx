import { Alert, Anchor, Button, Checkbox, Group, List, SimpleGrid, Stack, Text, Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { useAct } from '../parts/act.tsx'
import { Page, Section } from '../parts/page.tsx'
import { useProblemText } from '../parts/problem-text.ts'
import { Answer } from '../parts/states.tsx'
import { readDefinition } from './definition.ts'
import { Diagram } from './diagram.tsx'
import { StepForm } from './step-form.tsx'
import { Steps } from './steps.tsx'

/** To begin with: told, asked, decided. */
const example = {
  name: 'Large invoices',
  triggers: ['event:invoice.created', 'manual'],
  entity_type: 'invoice',
  entity_summary: '"Invoice " + entity.number + ", " + string(entity.total_amount) + " " + entity.currency',
  variables: [{ name: 'limit', type: 'number', default: 5000 }],
  actions: [
    { id: 'large', type: 'condition', expression: 'entity.total_amount > variables.limit', on_false: 'end' },
    {
      id: 'ask',
      type: 'approval',
      approvers: ['role:approver'],
      deadline: '3d',
      remind_every: '1d',
      on_approved: 'approve',
      on_rejected: 'reject',
      on_expired: 'fail',
    },
    { id: 'approve', type: 'update', set: { status: 'approved' }, next: 'end' },
    { id: 'reject', type: 'update', set: { status: 'rejected' }, next: 'end' },
  ],
}

const printJson = (value: unknown) => JSON.stringify(value, null, 2)

export function NewWorkflow() {
  const { t } = useTranslation()
  return (
    <Page title={t('workflows.create')} back={{ to: '/workflows', title: t('workflows.title') }}>
      <Editor given={printJson(example)} id={null} />
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

function Editor({ given, id }: { given: string; id: string | null }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [text, setText] = useState(given)
  const [activate, setActivate] = useState(true)
  const [settled] = useDebouncedValue(text, 600)
  const now = parsed(settled)
  const check = useQuery({
    queryKey: ['workflow-check', settled],
    enabled: 'value' in now,
    retry: false,
    queryFn: () =>
      ask(api.POST('/api/v1/workflows/validate', { body: { definition: 'value' in now ? now.value : {} } })),
  })
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
  const definition = 'value' in now ? readDefinition(now.value) : null
  const isSettled = settled === text
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Section title={t('workflows.definition')} about={<Help />}>
        <Stack>
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
          <Verdict fault={'fault' in now ? now.fault : null} error={check.error} isGood={check.data?.valid === true} />
          <Checkbox
            label={t('workflows.activateAtOnce')}
            checked={activate}
            onChange={(event) => setActivate(event.currentTarget.checked)}
          />
          <Group justify="flex-end">
            <Button
              loading={save.isPending}
              disabled={!isSettled || check.data?.valid !== true}
              onClick={() => save.mutate()}
            >
              {t('action.save')}
            </Button>
          </Group>
        </Stack>
      </Section>
      {definition && definition.actions.length > 0 ? (
        <Stack>
          <Section title={t('workflows.way')}>
            <Diagram definition={definition} />
          </Section>
          {isSettled ? (
            <Section title={t('workflows.stepForm')} about={t('workflows.stepFormAbout')}>
              <StepForm
                actions={definition.actions}
                onChange={(actions) => 'value' in now && setText(printJson({ ...now.value, actions }))}
              />
            </Section>
          ) : null}
          <Section title={t('workflows.steps')}>
            <Steps definition={definition} />
          </Section>
        </Stack>
      ) : null}
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

type Judged = { fault: string | null; error: Error | null; isGood: boolean }

/** What the server says about it, each fault at its place. */
function Verdict({ fault, error, isGood }: Judged) {
  const { t } = useTranslation()
  const tell = useProblemText()
  if (fault !== null) {
    return (
      <Alert color="red" variant="light" icon={<IconAlertTriangle />} role="status" title={t('workflows.noJson')}>
        <Text size="sm">{fault}</Text>
      </Alert>
    )
  }
  if (error) {
    const faults = error instanceof Problem ? error.faults : []
    return (
      <Alert color="red" variant="light" icon={<IconAlertTriangle />} role="status" title={t('workflows.notYet')}>
        {faults.length > 0 ? (
          <List size="sm">
            {faults.map((one) => (
              <List.Item key={`${one.field} ${one.message}`}>
                {one.field.replace(/^definition\.?/, '')} {one.message}
              </List.Item>
            ))}
          </List>
        ) : (
          <Text size="sm">{tell(error)}</Text>
        )}
      </Alert>
    )
  }
  if (!isGood) return null
  return (
    <Alert color="teal" variant="light" icon={<IconCheck />} role="status">
      {t('workflows.good')}
    </Alert>
  )
}
