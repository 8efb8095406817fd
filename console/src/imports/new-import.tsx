import { Alert, Anchor, Button, Group, Progress, Stack, Stepper, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { useAct } from '../parts/act.tsx'
import { useFormat } from '../parts/format.ts'
import { Page, Section } from '../parts/page.tsx'
import { Answer, Failure } from '../parts/states.tsx'
import { CheckStep } from './check-step.tsx'
import { ColumnStep } from './column-step.tsx'
import { FileDrop } from './file-drop.tsx'
import type { Choices, Entity, Layout, Preview, Template } from './plan.ts'
import { guess } from './plan.ts'
import { upload } from './upload.ts'

export type Draft = {
  file: File
  preview: Preview
  layout: Layout
  entity: Entity
  /** null: mapped by hand */
  template: Template | null
  choices: Choices
}

const accepted = '.csv,.txt,.tsv,.xlsx,.json,.jsonl,.ndjson,text/csv,application/json'

/** From a file to a running import, in three steps. */
export function NewImport() {
  const { t } = useTranslation()
  const [draft, setDraft] = useState<Draft | null>(null)
  const [step, setStep] = useState(0)
  const templates = useQuery({
    queryKey: ['import-templates'],
    queryFn: () => ask(api.GET('/api/v1/import/templates')),
  })
  const known = templates.data?.templates ?? []
  const sending = useSending(known, (next) => {
    setDraft(next)
    setStep(1)
  })
  return (
    <Page title={t('imports.create')} back={{ to: '/imports', title: t('imports.title') }}>
      <Stepper active={step} onStepClick={setStep} allowNextStepsSelect={false} size="sm" iconSize={32}>
        <Stepper.Step label={t('imports.step1')} allowStepSelect={step > 0} />
        <Stepper.Step label={t('imports.step2')} allowStepSelect={step > 1} />
        <Stepper.Step label={t('imports.step3')} allowStepSelect={false} />
      </Stepper>
      {step === 0 ? (
        <Section title={t('imports.step1')}>
          <Stack>
            <Answer query={templates} rows={5}>
              {() => <FileDrop accept={accepted} onFile={(file) => sending.send(file)} disabled={sending.isPending} />}
            </Answer>
            <Sending file={sending.file} share={sending.share} />
            {sending.error ? <Failure error={sending.error} /> : null}
          </Stack>
        </Section>
      ) : null}
      {draft && step > 0 ? <FileLine draft={draft} onOther={() => setStep(0)} /> : null}
      {draft && step === 1 ? (
        <ColumnStep
          draft={draft}
          templates={known}
          onChange={setDraft}
          onReadAgain={(layout) => sending.send(draft.file, layout, draft.entity)}
          isReading={sending.isPending}
          onNext={() => {
            setStep(2)
            scrollTo({ top: 0 })
          }}
        />
      ) : null}
      {draft && step === 2 ? <CheckStep draft={draft} onBack={() => setStep(1)} /> : null}
    </Page>
  )
}

/** Sends the file for its preview; what a template of the address says is chosen already. */
function useSending(templates: readonly Template[], onDraft: (draft: Draft) => void) {
  const [search] = useSearchState()
  const [file, setFile] = useState<File | null>(null)
  const [share, setShare] = useState(0)
  const ending = useRef(new AbortController())
  useEffect(() => {
    ending.current = new AbortController()
    return () => ending.current.abort()
  }, [])
  const act = useAct({
    silent: true,
    run: async ({ chosen, layout, entity }: { chosen: File; layout: Layout; entity: Entity | null }) => {
      const template = templates.find((one) => one.id === search.template) ?? null
      const form = new FormData()
      for (const [name, value] of Object.entries(layout)) if (value) form.set(name, String(value))
      const wanted = entity ?? (template?.entity_type as Entity | undefined)
      if (wanted) form.set('entity_type', wanted)
      form.set('file', chosen)
      const preview = await upload<Preview>({
        path: '/api/v1/import/preview',
        form,
        onProgress: setShare,
        signal: ending.current.signal,
      })
      const own = template?.built_in ? null : template
      const choices = guess(preview.headers, own ? own.mappings : preview.suggested_mappings)
      const kind = wanted ?? (preview.suggested_entity_type as Entity)
      return { file: chosen, preview, layout, entity: kind, template: own, choices } satisfies Draft
    },
    onDone: onDraft,
  })
  return {
    file: act.isPending ? file : null,
    share,
    isPending: act.isPending,
    error: act.error,
    send: (chosen: File, layout: Layout = {}, entity: Entity | null = null) => {
      setFile(chosen)
      setShare(0)
      act.mutate({ chosen, layout, entity })
    },
  }
}

function Sending({ file, share }: { file: File | null; share: number }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  return (
    <Stack gap={4} mih={40} aria-live="polite">
      {file ? (
        <>
          <Text size="sm">
            {share < 1
              ? t('imports.uploading', { name: file.name, percent: number(Math.floor(share * 100)) })
              : t('imports.reading', { name: file.name })}
          </Text>
          <Progress value={share * 100} animated={share >= 1} aria-label={file.name} />
        </>
      ) : null}
    </Stack>
  )
}

function FileLine({ draft, onOther }: { draft: Draft; onOther: () => void }) {
  const { t } = useTranslation()
  const { number } = useFormat()
  const { preview, file } = draft
  const [earlier] = preview.warnings
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs">
        <Text fw={550} style={{ overflowWrap: 'anywhere' }}>
          {t('imports.found', {
            name: file.name,
            rows: number(preview.total_rows_estimated),
            columns: number(preview.headers.length),
          })}
        </Text>
        <Button variant="subtle" size="compact-sm" onClick={onOther}>
          {t('imports.another')}
        </Button>
      </Group>
      {earlier ? (
        <Alert color="yellow" variant="light">
          {t('imports.earlier')}{' '}
          <Anchor component={Link} to={`/imports/${earlier.import_id}`} c="inherit" underline="always">
            {t('imports.earlierLink')}
          </Anchor>
        </Alert>
      ) : null}
    </Stack>
  )
}
