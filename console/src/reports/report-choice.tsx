import { Checkbox, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Paths } from '../api/schema.ts'
import { ClientChoice } from '../clients/client-choice.tsx'
import { useFormat } from '../parts/format.ts'
import { aside } from '../parts/states.tsx'
import { CategoryChoice } from './category-choice.tsx'
import type { PreviewRequest } from './report-preview.tsx'

export type Template =
  Paths['/api/v1/reports/templates']['get']['responses'][200]['content']['application/json']['templates'][number]
export const formats = ['pdf', 'excel', 'csv', 'html'] as const
export type Format = (typeof formats)[number]

export function useTemplates() {
  return useQuery({
    queryKey: ['report-templates'],
    meta: aside,
    queryFn: () => ask(api.GET('/api/v1/reports/templates')),
  })
}

/** A template's name in the user's language, else the other one. */
export function useTemplateName() {
  const { language } = useFormat()
  return (words: Template['name'] | undefined, otherwise: string) =>
    words?.[language] ?? words?.fr ?? words?.en ?? otherwise
}

const shown = ['period', 'month', 'week', 'from', 'to', 'currency', 'client_uid', 'category', 'time_zone'] as const
const periods = ['last_7_days', 'last_30_days', 'last_90_days', 'last_week', 'last_month', 'current_month'] as const

export type Choice = {
  template: string | null
  format: Format
  language: 'fr' | 'en'
  charts: boolean
  parameters: Record<string, string>
}

export function useFirstChoice(): Choice {
  const { language } = useFormat()
  return { template: null, format: 'pdf', language, charts: true, parameters: {} }
}

/** What is asked of the server; fields that were left empty mean the last complete period. */
export function requestOf({ template, format, language, charts, parameters }: Choice) {
  const given = Object.entries(parameters).filter(([, value]) => value.trim() !== '')
  return {
    template_id: template ?? '',
    format,
    language,
    parameters: { ...Object.fromEntries(given), include_charts: charts },
  }
}

/** The same, to look at first; null: no template is chosen yet. */
export function previewOf(choice: Choice): PreviewRequest | null {
  const { template_id, language, parameters } = requestOf(choice)
  return choice.template === null ? null : { template_id, language, parameters }
}

type Given = { templates: readonly Template[]; choice: Choice; onChange: (choice: Choice) => void; noPeriod?: boolean }

/** Which report, as what, about what. A schedule leaves the period open: each of its reports is about the last one. */
export function ReportChoice({ templates, choice, onChange, noPeriod }: Given) {
  const { t } = useTranslation()
  const nameOf = useTemplateName()
  const template = templates.find((one) => one.id === choice.template)
  const languages = [
    { value: 'fr', label: 'Français' },
    { value: 'en', label: 'English' },
  ]
  return (
    <Stack>
      <Select
        label={t('reports.report')}
        required
        data={templates.map((one) => ({ value: one.id, label: nameOf(one.name, one.id) }))}
        value={choice.template}
        onChange={(id) => onChange({ ...choice, template: id, parameters: {} })}
        data-autofocus
      />
      {template?.description ? (
        <Text size="sm" c="dimmed">
          {nameOf(template.description, '')}
        </Text>
      ) : null}
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Select
          label={t('reports.format')}
          data={formats.map((one) => ({ value: one, label: t(`reports.formats.${one}`) }))}
          value={choice.format}
          allowDeselect={false}
          onChange={(format) => onChange({ ...choice, format: formats.find((one) => one === format) ?? 'pdf' })}
        />
        <Select
          label={t('reports.language')}
          data={languages}
          value={choice.language}
          allowDeselect={false}
          onChange={(language) => onChange({ ...choice, language: language === 'en' ? 'en' : 'fr' })}
        />
        {template ? <Parameters {...{ template, choice, onChange }} noPeriod={noPeriod ?? false} /> : null}
      </SimpleGrid>
      <Checkbox
        label={t('reports.charts')}
        checked={choice.charts}
        onChange={(event) => onChange({ ...choice, charts: event.currentTarget.checked })}
      />
    </Stack>
  )
}

/** What the browser has a calendar for. */
const fieldTypes: Readonly<Record<string, string>> = { from: 'date', to: 'date', month: 'month' }
const ofPeriod = ['period', 'month', 'week', 'from', 'to']

type ParametersGiven = {
  template: Template
  choice: Choice
  onChange: (choice: Choice) => void
  noPeriod: boolean
}

/** The fields that the template knows. */
function Parameters({ template, choice, onChange, noPeriod }: ParametersGiven) {
  const { t } = useTranslation()
  const known = Object.keys((template.parameters as { properties?: object }).properties ?? {})
  const set = (name: string, value: string | null) =>
    onChange({ ...choice, parameters: { ...choice.parameters, [name]: value ?? '' } })
  return shown
    .filter((name) => known.includes(name) && !(noPeriod && ofPeriod.includes(name)))
    .map((name) => {
      const label = t(`reports.parameter.${name}`)
      const value = choice.parameters[name] ?? ''
      if (name === 'period') {
        const data = periods.map((one) => ({ value: one, label: t(`reports.periods.${one}`) }))
        return (
          <Select
            key={name}
            label={label}
            data={data}
            clearable
            value={value || null}
            onChange={(one) => set(name, one)}
          />
        )
      }
      if (name === 'client_uid') {
        return <ClientChoice key={name} label={label} value={value || null} onChange={(one) => set(name, one)} />
      }
      if (name === 'category') return <CategoryChoice key={name} value={value} onChange={(one) => set(name, one)} />
      return (
        <TextInput
          key={name}
          label={label}
          type={fieldTypes[name] ?? 'text'}
          description={name === 'month' ? t('reports.emptyMonth') : null}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          placeholder={name === 'week' ? t('reports.lastComplete') : ''}
          value={value}
          onChange={(event) => set(name, event.currentTarget.value)}
        />
      )
    })
}
