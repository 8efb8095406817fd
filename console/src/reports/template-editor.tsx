import {
  Alert,
  Button,
  Group,
  List,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { useSearchState } from '../app/location.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useFormat } from '../parts/format.ts'
import { Payload, Section } from '../parts/page.tsx'
import { useCodeText, useFaultText } from '../parts/problem-text.ts'
import { ReportPreview } from './report-preview.tsx'
import type { Whole } from './template-draft.ts'
import { bodyOf, printJson, readBlocks, useDraft, useOwnId, useTold } from './template-draft.ts'
import { TemplateFigures } from './template-figures.tsx'
import { TemplateForm } from './template-form.tsx'
import { TemplateParts } from './template-parts.tsx'

/** Which side is shown stands in the address. */
function SideSwitch({ isJson, disabled }: { isJson: boolean; disabled: boolean }) {
  const { t } = useTranslation()
  const [, change] = useSearchState()
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('reportTemplates.side')}
      data={[
        { value: 'form', label: t('reportTemplates.form') },
        { value: 'json', label: 'JSON' },
      ]}
      value={isJson ? 'json' : 'form'}
      disabled={disabled}
      onChange={(side) => change({ side: side === 'json' ? side : undefined }, { replace: true })}
    />
  )
}

type IdGiven = { ownId: string; fault: string | null; onType: (id: string) => void }

function IdField({ ownId, fault, onType }: IdGiven) {
  const { t } = useTranslation()
  return (
    <TextInput
      label={t('reportTemplates.id')}
      description={t('reportTemplates.idHint')}
      required
      value={ownId}
      onChange={(event) => onType(event.currentTarget.value)}
      error={fault}
      autoComplete="off"
    />
  )
}

/** `id` null: a new one. Who may not change it, and whoever looks at a built-in one, sees it as it is. */
export function TemplateEditor(given: { template: Whole; id: string | null; onSaved: (id: string) => void }) {
  const { template, id, onSaved } = given
  const { t } = useTranslation()
  const { language } = useFormat()
  const may = useMay()
  const [search] = useSearchState()
  const [typedId, setTypedId] = useState<string | null>(null)
  const written = useDraft(template, id)
  const { draft, blocks, refused, setRefused } = written
  const { told, isSound } = useTold(draft, template, refused)
  const { ownId, idFault } = useOwnId(typedId, draft)
  const act = useAct({
    run: () => {
      const body = bodyOf(template, draft)
      const path = { template_id: id ?? ownId }
      return ask(api.PUT('/api/v1/reports/templates/{template_id}', { params: { path }, body }))
    },
    done: t('common.saved'),
    refresh: [['report-templates']],
    onDone: (saved) => onSaved(saved.id),
    silent: true,
  })
  const readOnly = !may('report:manage') || (id !== null && template.built_in)
  const isJson = readOnly || search.side === 'json'
  const isWritten = isSound && blocks !== null
  const isNamed = id !== null || (ownId !== '' && idFault === null)
  const save = () => act.mutate(undefined, { onError: (error) => error instanceof Problem && setRefused(error) })
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Section
        title={t('reportTemplates.layout')}
        about={readOnly ? null : t(isJson ? 'reportTemplates.layoutAbout' : 'reportTemplates.formAbout')}
        actions={readOnly ? null : <SideSwitch isJson={isJson} disabled={blocks === null} />}
      >
        <form
          onSubmit={(event) => {
            event.preventDefault()
            save()
          }}
        >
          <Stack>
            {id === null ? <IdField ownId={ownId} fault={idFault} onType={setTypedId} /> : null}
            <Sides {...{ template, written, told, isJson, readOnly }} />
            {refused ? <Refused error={refused} /> : null}
            {readOnly ? null : (
              <Saving
                told={isJson && !isSound ? told : null}
                loading={act.isPending}
                disabled={!isWritten || !isNamed}
              />
            )}
          </Stack>
        </form>
      </Section>
      <Stack className="beside">
        <Section title={t('reports.preview')}>
          <ReportPreview
            request={isWritten ? { template: bodyOf(template, draft), language } : null}
            onRefused={setRefused}
          />
        </Section>
        {isJson && !readOnly ? <TemplateFigures datasets={template.datasets} /> : null}
      </Stack>
    </SimpleGrid>
  )
}

type SavingGiven = { told: ReadonlyMap<string, string> | null; loading: boolean; disabled: boolean }

/** The button, and before it what keeps it from being pressed, where no field says so. */
function Saving({ told, loading, disabled }: SavingGiven) {
  const { t } = useTranslation()
  return (
    <>
      {told ? <Faults told={told} /> : null}
      <Group justify="flex-end">
        <Button type="submit" loading={loading} disabled={disabled}>
          {t('action.save')}
        </Button>
      </Group>
    </>
  )
}

type SidesGiven = {
  template: Whole
  written: ReturnType<typeof useDraft>
  told: ReadonlyMap<string, string>
  isJson: boolean
  readOnly: boolean
}

/** The form, or the text of the same. */
function Sides({ template, written, told, isJson, readOnly }: SidesGiven) {
  const { draft, text, blocks, isTouched, set } = written
  if (isJson) {
    return (
      <>
        {readOnly ? <TemplateParts blocks={draft.blocks} datasets={template.datasets} /> : null}
        <JsonSide
          text={text ?? printJson(draft.blocks)}
          isBroken={blocks === null}
          readOnly={readOnly}
          onType={(typed) => set({ ...draft, blocks: readBlocks(typed) ?? draft.blocks }, typed)}
        />
      </>
    )
  }
  return (
    <TemplateForm
      draft={draft}
      datasets={template.datasets}
      parameters={template.parameters}
      // Nothing was written yet: that the name is missing is no news.
      told={(place) => (place === 'name' && !isTouched ? undefined : told.get(place))}
      onChange={(next) => set(next)}
    />
  )
}

type JsonGiven = { text: string; isBroken: boolean; readOnly: boolean; onType: (text: string) => void }

/** The parts as programs write them; who may only look finds them behind a line. */
function JsonSide({ text, isBroken, readOnly, onType }: JsonGiven) {
  const { t } = useTranslation()
  if (readOnly) {
    return (
      <details>
        <summary>
          <Text span size="sm">
            {t('reportTemplates.asJson')}
          </Text>
        </summary>
        <Payload>{text}</Payload>
      </details>
    )
  }
  return (
    <Textarea
      label={t('reportTemplates.blocks')}
      value={text}
      onChange={(event) => onType(event.currentTarget.value)}
      error={isBroken ? t('reportTemplates.noJson') : null}
      autosize
      minRows={14}
      maxRows={30}
      spellCheck={false}
      styles={{ input: { fontFamily: 'monospace', fontSize: 'var(--mantine-font-size-sm)' } }}
    />
  )
}

/** What the server says against it; where it is about a field, the field says so as well. */
function Refused({ error }: { error: Problem }) {
  const { t } = useTranslation()
  const tellFault = useFaultText()
  const tellCode = useCodeText()
  const title = tellCode(error.code, t('state.failed'))
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} role="alert" title={title}>
      {error.faults.length > 0 ? <FaultList faults={error.faults.map((one) => [one.field, tellFault(one)])} /> : null}
    </Alert>
  )
}

/** For who writes JSON, where no field can say it. */
function Faults({ told }: { told: ReadonlyMap<string, string> }) {
  const { t } = useTranslation()
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} role="alert" title={t('reportTemplates.notYet')}>
      <FaultList faults={[...told]} />
    </Alert>
  )
}

function FaultList({ faults }: { faults: readonly (readonly [place: string, text: string])[] }) {
  return (
    <List size="sm">
      {faults.map(([place, text]) => (
        <List.Item key={`${place} ${text}`}>
          {place} {text}
        </List.Item>
      ))}
    </List>
  )
}
