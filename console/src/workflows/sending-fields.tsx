/** Steps that send something to people: a message, a report. */
import { Select, SimpleGrid, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { printed } from '../parts/given.ts'
import { PeopleChoice } from './people-choice.tsx'
import type { StepGiven } from './step-field.ts'
import { useField, withPresent } from './step-field.ts'

export function NotificationFields(given: StepGiven) {
  const { action, told } = given
  const { t } = useTranslation()
  const may = useMay()
  const { set, textOf } = useField(given)
  const query = useQuery({
    queryKey: ['notification-templates'],
    enabled: may('notification:view'),
    queryFn: () => ask(api.GET('/api/v1/notifications/templates')),
  })
  const names = (query.data?.templates ?? []).map((one) => ({ value: one.id, label: one.id }))
  return (
    <>
      <Select
        label={t('workflows.template')}
        searchable
        allowDeselect={false}
        data={withPresent(names, textOf('template'))}
        value={textOf('template')}
        onChange={(template) => set({ template: template ?? undefined, variables: undefined })}
        error={told('template')}
      />
      <PeopleChoice
        label={t('workflows.recipients')}
        value={action.recipients}
        withSubmitter
        onChange={(recipients) => set({ recipients })}
        error={told('recipients')}
      />
      <Variables
        {...given}
        known={query.data?.templates.find((one) => one.id === textOf('template'))?.variables ?? []}
      />
    </>
  )
}

type Known = { name: string; required?: boolean; description?: string; example?: unknown }

/** What the message says of this execution: the template's variables, and what else is there already. */
function Variables(given: StepGiven & { known: readonly Known[] }) {
  const { action, told, known } = given
  const { t } = useTranslation()
  const { set } = useField(given)
  const values = (typeof action.variables === 'object' ? action.variables : {}) as Record<string, unknown>
  const others = Object.keys(values).filter((name) => !known.some((one) => one.name === name))
  const change = (name: string, text: string) => {
    const kept = Object.entries({ ...values, [name]: text }).filter(([, value]) => value !== '')
    set({ variables: kept.length > 0 ? Object.fromEntries(kept) : undefined })
  }
  const fields: Known[] = [...known, ...others.map((name) => ({ name }))]
  if (fields.length === 0) return null
  return (
    <>
      <Text size="xs" c="dimmed">
        {t('workflows.variablesHint')}
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
        {fields.map(({ name, required, description, example }) => (
          <TextInput
            key={name}
            label={name}
            description={description ?? null}
            withAsterisk={required ?? false}
            placeholder={printed(example)}
            value={values[name] === undefined ? '' : printed(values[name])}
            onChange={(event) => change(name, event.currentTarget.value)}
            error={
              told(`variables.${name}`) ?? (required && values[name] === undefined ? t('form.required') : undefined)
            }
          />
        ))}
      </SimpleGrid>
    </>
  )
}

export function ReportFields(given: StepGiven) {
  const { action, told } = given
  const { t, i18n } = useTranslation()
  const may = useMay()
  const { set, textOf } = useField(given)
  const query = useQuery({
    queryKey: ['report-templates'],
    enabled: may('report:view'),
    queryFn: () => ask(api.GET('/api/v1/reports/templates')),
  })
  const names = (query.data?.templates ?? []).map((one) => ({
    value: one.id,
    label: one.name[i18n.language === 'fr' ? 'fr' : 'en'] ?? one.name.fr ?? one.name.en ?? one.id,
  }))
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
        <Select
          label={t('actionType.report')}
          allowDeselect={false}
          data={withPresent(names, textOf('template'))}
          value={textOf('template')}
          onChange={(template) => set({ template: template ?? undefined })}
          error={told('template')}
        />
        <Select
          label={t('workflows.format')}
          allowDeselect={false}
          data={['pdf', 'excel', 'csv', 'html']}
          value={textOf('format') || 'pdf'}
          onChange={(format) => set({ format: format ?? undefined })}
          error={told('format')}
        />
      </SimpleGrid>
      <PeopleChoice
        label={t('workflows.recipients')}
        value={action.recipients}
        withSubmitter
        onChange={(recipients) => set({ recipients: recipients.length > 0 ? recipients : undefined })}
        error={told('recipients')}
      />
    </>
  )
}
