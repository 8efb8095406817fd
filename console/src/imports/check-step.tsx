import { Alert, Button, Checkbox, Group, Progress, Radio, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import type { Paths } from '../api/schema.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Section } from '../parts/page.tsx'
import { useRowFaultText } from '../parts/problem-text.ts'
import { Answer } from '../parts/states.tsx'
import type { Draft } from './new-import.tsx'
import { idOf, mappingsOf, targetsOf } from './plan.ts'

type Job = Paths['/api/v1/import/validations/{validation_id}']['get']['responses'][200]['content']['application/json']
type Report = NonNullable<Job['result']>
type PlanBody = Paths['/api/v1/import/validate']['post']['requestBody']['content']['application/json']
const manners = ['update', 'skip', 'refuse'] as const

function usePlan(draft: Draft): PlanBody {
  const templates = useQuery({
    queryKey: ['import-templates'],
    queryFn: () => ask(api.GET('/api/v1/import/templates')),
  })
  const ready = targetsOf(templates.data?.templates ?? [], draft.entity).map((one) => one.mapping)
  const known = [...(draft.template?.mappings ?? []), ...ready.map(({ default_value: _, ...one }) => one)]
  return {
    file_id: draft.preview.file_id,
    ...draft.layout,
    entity_type: draft.entity,
    mappings: mappingsOf(draft.choices, known, draft.entity),
  }
}

const lookAgainMs = 1000

/** A large file is checked by a job: its report, once it is there. @throws Problem when it failed */
async function followValidation(
  id: string,
  onPercent: (percent: number) => void,
  signal: AbortSignal,
): Promise<Report> {
  const params = { params: { path: { validation_id: id } } }
  for (;;) {
    const job = await ask(api.GET('/api/v1/import/validations/{validation_id}', params))
    onPercent(job.percent)
    if (job.result) return job.result
    if (job.status !== 'pending' && job.status !== 'running') {
      const { code, message } = job.failure ?? { code: 'cancelled', message: job.status }
      throw new Problem(409, { code, message, faults: [] })
    }
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
    signal.throwIfAborted()
  }
}

/** What would be refused, how it shall be imported, and the start. */
export function CheckStep({ draft, onBack }: { draft: Draft; onBack: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const plan = usePlan(draft)
  const [manner, setManner] = useState<(typeof manners)[number]>(draft.template?.on_existing ?? 'update')
  const [allOrNothing, setAllOrNothing] = useState(false)
  const [percent, setPercent] = useState<number | null>(null)
  const check = useQuery({
    queryKey: ['imports', 'check', plan],
    queryFn: async ({ signal }) => {
      const answer = await ask(api.POST('/api/v1/import/validate', { body: plan }))
      return 'validation_id' in answer ? followValidation(answer.validation_id, setPercent, signal) : answer
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  const start = useAct({
    run: () => {
      const options = { on_existing: manner, stop_on_error: allOrNothing }
      return ask(api.POST('/api/v1/import/execute', { body: { ...plan, options } }))
    },
    done: t('imports.started'),
    refresh: [['imports', 'list']],
    onDone: ({ import_id }) => void navigate({ to: `/imports/${import_id}` }),
  })
  return (
    <Stack>
      <Section title={t('imports.check')} about={t('imports.checking')}>
        <div aria-live="polite">
          {check.isPending && percent !== null ? (
            <Progress value={percent} mb="sm" aria-label={t('imports.checking')} />
          ) : null}
          <Answer query={check} rows={3}>
            {(report) => <Found report={report} />}
          </Answer>
        </div>
      </Section>
      <Section title={t('imports.options')}>
        <Stack>
          <Radio.Group
            label={t('imports.existing')}
            value={manner}
            onChange={(value) => setManner(manners.find((one) => one === value) ?? 'update')}
          >
            <Stack gap={8} mt={8}>
              {manners.map((one) => (
                <Radio key={one} value={one} label={t(`imports.${one}`)} />
              ))}
            </Stack>
          </Radio.Group>
          <Checkbox
            label={t('imports.allOrNothing')}
            description={t('imports.allOrNothingMore')}
            checked={allOrNothing}
            onChange={(event) => setAllOrNothing(event.currentTarget.checked)}
          />
          <Keep draft={draft} plan={plan} manner={manner} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onBack}>
              {t('imports.back')}
            </Button>
            <Button
              onClick={() => start.mutate()}
              loading={start.isPending}
              disabled={!check.data || check.data.rows === 0}
            >
              {t('imports.start')}
            </Button>
          </Group>
        </Stack>
      </Section>
    </Stack>
  )
}

function Found({ report }: { report: Report }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const shownRemarks = report.warnings.slice(0, 20)
  return (
    <Stack>
      {report.valid ? (
        <Alert color="teal" variant="light" icon={<IconCircleCheck />} title={t('imports.valid')}>
          {t('imports.validText', { count: report.rows, shown: number(report.rows) })}
        </Alert>
      ) : (
        <Alert
          color="red"
          variant="light"
          icon={<IconAlertTriangle />}
          title={t('imports.invalid', { count: report.rows_with_errors, shown: number(report.rows_with_errors) })}
        >
          {t('imports.invalidText', { count: report.rows, rows: number(report.rows) })}
        </Alert>
      )}
      {report.errors.length > 0 ? <Findings findings={report.errors} total={report.errors_count} /> : null}
      {report.warnings_count > 0 ? (
        <details>
          <summary>
            <Text span size="sm" c="dimmed">
              {t('imports.remarks', { count: report.warnings_count, shown: number(report.warnings_count) })}.{' '}
              {t('imports.remarksMore')}
            </Text>
          </summary>
          <Findings findings={shownRemarks} total={report.warnings_count} />
        </details>
      ) : null}
    </Stack>
  )
}

const mostShown = 50

function Findings({ findings, total }: { findings: Report['errors']; total: number }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const tell = useRowFaultText()
  const shown = findings.slice(0, mostShown)
  return (
    <Stack gap="xs" mt="xs">
      <Listing
        label={t('imports.reason')}
        rows={shown}
        keyOf={(one) => `${one.row} ${one.field} ${one.message}`}
        empty={null}
        columns={[
          { label: t('imports.row'), cell: (one) => number(one.row) },
          { label: t('imports.column'), cell: (one) => one.field ?? '—' },
          { label: t('imports.reason'), cell: tell },
        ]}
      />
      {total > shown.length ? (
        <Text size="sm" c="dimmed">
          {t('imports.firstFaults', { shown: number(shown.length), total: number(total) })}
        </Text>
      ) : null}
    </Stack>
  )
}

type KeepGiven = { draft: Draft; plan: PlanBody; manner: (typeof manners)[number] }

/** The columns for the next file of this kind. */
function Keep({ draft, plan, manner }: KeepGiven) {
  const { t } = useTranslation()
  const may = useMay()
  const [name, setName] = useState('')
  const keep = useAct({
    run: () =>
      ask(
        api.POST('/api/v1/import/templates', {
          body: {
            id: idOf(name),
            name: name.trim(),
            entity_type: draft.entity,
            mappings: plan.mappings ?? [],
            on_existing: manner,
          },
        }),
      ),
    done: t('imports.kept'),
    refresh: [['import-templates']],
    onDone: () => setName(''),
  })
  if (!may('import-template:manage')) return null
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        keep.mutate()
      }}
    >
      <Group align="flex-end" gap="xs">
        <TextInput
          label={t('imports.keep')}
          placeholder={t('imports.keepName')}
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.currentTarget.value)}
          flex="1 1 14rem"
          maw={420}
        />
        <Button type="submit" variant="default" disabled={name.trim() === ''} loading={keep.isPending}>
          {t('action.save')}
        </Button>
      </Group>
    </form>
  )
}
