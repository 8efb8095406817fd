import { NumberInput, Select, SimpleGrid, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { PeopleChoice } from './people-choice.tsx'
import { NotificationFields, ReportFields } from './sending-fields.tsx'
import { Exits } from './step-exits.tsx'
import type { StepGiven } from './step-field.ts'
import { useField, withPresent } from './step-field.ts'

export function StepFields(given: StepGiven) {
  const { t } = useTranslation()
  const { line } = useField(given)
  return (
    <Stack gap="xs" mt="xs">
      <TextInput label={t('workflows.stepName')} placeholder={given.action.id} maxLength={100} {...line('name')} />
      <OfKind {...given} />
      <Exits {...given} />
    </Stack>
  )
}

function OfKind(given: StepGiven) {
  switch (given.action.type) {
    case 'notification':
      return <NotificationFields {...given} />
    case 'approval':
      return <ApprovalFields {...given} />
    case 'condition':
      return <ConditionFields {...given} />
    case 'delay':
      return <DelayFields {...given} />
    case 'webhook':
      return <CallFields {...given} />
    case 'update':
      return <UpdateFields {...given} />
    case 'report':
      return <ReportFields {...given} />
  }
}

function ApprovalFields(given: StepGiven) {
  const { action, told } = given
  const { t } = useTranslation()
  const { set, line } = useField(given)
  return (
    <>
      <PeopleChoice
        label={t('workflows.approvers')}
        value={action.approvers}
        onChange={(approvers) => set({ approvers })}
        error={told('approvers')}
      />
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="xs">
        <NumberInput
          label={t('workflows.required')}
          min={1}
          max={10}
          allowDecimal={false}
          value={typeof action.required === 'number' ? action.required : 1}
          onChange={(value) => set({ required: typeof value === 'number' && value > 1 ? value : undefined })}
          error={told('required')}
        />
        <TextInput label={t('workflows.deadline')} placeholder="48h" {...line('deadline')} />
        <TextInput label={t('workflows.remindEvery')} placeholder="1d" {...line('remind_every')} />
      </SimpleGrid>
      <Durations />
    </>
  )
}

function Durations() {
  const { t } = useTranslation()
  return (
    <Text size="xs" c="dimmed">
      {t('workflows.durations')}
    </Text>
  )
}

function ConditionFields(given: StepGiven) {
  const { t } = useTranslation()
  const { line } = useField(given)
  return (
    <Textarea
      label={t('workflows.expression')}
      description={t('workflows.expressionHint')}
      autosize
      minRows={1}
      maxLength={500}
      spellCheck={false}
      styles={{ input: { fontFamily: 'monospace' } }}
      {...line('expression')}
    />
  )
}

function DelayFields(given: StepGiven) {
  const { t } = useTranslation()
  const { line } = useField(given)
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
        <TextInput label={t('workflows.waitFor')} placeholder="1d" {...line('for')} />
        <TextInput label={t('workflows.waitUntil')} spellCheck={false} {...line('until')} />
      </SimpleGrid>
      <Durations />
    </>
  )
}

function CallFields(given: StepGiven) {
  const { t } = useTranslation()
  const { line } = useField(given)
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
      <TextInput label={t('workflows.callUrl')} type="url" {...line('url')} />
      <TextInput label={t('workflows.callEvent')} description={t('workflows.callEventHint')} {...line('event')} />
    </SimpleGrid>
  )
}

const invoiceStatuses = ['draft', 'sent', 'approved', 'rejected', 'overdue', 'paid', 'cancelled'] as const

/** Of an invoice, its status; fields of a customer are written in the definition. */
function UpdateFields(given: StepGiven) {
  const { action, entityType, told } = given
  const { t } = useTranslation()
  const { set } = useField(given)
  const { status } = (action.set ?? {}) as { status?: unknown }
  if (entityType !== 'invoice') return <Text size="sm">{t('workflows.updateInJson')}</Text>
  const names = invoiceStatuses.map((one) => ({ value: one as string, label: t(`invoiceStatus.${one}`) }))
  return (
    <Select
      label={t('workflows.becomes')}
      allowDeselect={false}
      data={withPresent(names, typeof status === 'string' ? status : '')}
      value={typeof status === 'string' ? status : null}
      onChange={(value) => set({ set: { status: value } })}
      error={told('set.status') ?? told('set')}
    />
  )
}
