import { ActionIcon, Alert, Button, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconCircleCheck, IconPlus, IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Paths } from '../api/schema.ts'
import { useAct } from '../parts/act.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { useFormat } from '../parts/format.ts'
import { Section } from '../parts/page.tsx'
import { ofCents, shownAmount, toCents, toWire } from './amounts.ts'
import type { Entry } from './entries.tsx'
import { today } from './invoice-form.tsx'

type EntryBody = Paths['/api/v1/accounting-entries']['post']['requestBody']['content']['application/json']
type Line = {
  key: number
  account_number: string
  account_label: string
  auxiliary_number: string
  auxiliary_label: string
  debit: string
  credit: string
}
type Given = {
  entry?: Entry
  save: (body: EntryBody) => Promise<Entry>
  done: string
  onDone: (entry: Entry) => void
  onCancel: () => void
}

const emptyLine = (key: number): Line => ({
  key,
  account_number: '',
  account_label: '',
  auxiliary_number: '',
  auxiliary_label: '',
  debit: '',
  credit: '',
})
const sumOf = (lines: readonly Line[], side: 'debit' | 'credit') =>
  lines.reduce((sum, one) => sum + (toCents(one[side]) ?? 0n), 0n)

/** An entry whose debits and credits are compared while it is typed. */
export function EntryForm({ entry, save, done, onDone, onCancel }: Given) {
  const { t } = useTranslation()
  const { language, money } = useFormat()
  const shown = (amount: string) => (toCents(amount) === 0n ? '' : shownAmount(amount, language))
  const lines = entry?.lines.map(
    (one, key): Line => ({
      key,
      account_number: one.account_number,
      account_label: one.account_label,
      auxiliary_number: one.auxiliary_number ?? '',
      auxiliary_label: one.auxiliary_label ?? '',
      debit: shown(one.debit),
      credit: shown(one.credit),
    }),
  )
  const isAmount = (value: string) => (toCents(value) === null ? t('invoices.amountWrong') : null)
  const form = useForm({
    initialValues: {
      journal_code: entry?.journal_code ?? '',
      journal_label: entry?.journal_label ?? '',
      date: entry?.date ?? today(),
      piece_ref: entry?.piece_ref ?? '',
      piece_date: entry?.piece_date ?? today(),
      label: entry?.lines[0]?.label ?? '',
      lines: lines ?? [emptyLine(0), emptyLine(1)],
    },
    validate: { lines: { debit: isAmount, credit: isAmount } },
  })
  const { values } = form
  const debit = sumOf(values.lines, 'debit')
  const credit = sumOf(values.lines, 'credit')
  const isBalanced = debit === credit && debit !== 0n
  const act = useAct({
    run: (given: typeof form.values) => save(bodyOf(given, entry)),
    done,
    refresh: [['entries']],
    onDone,
  })
  const head = { required: true } as const
  return (
    <form onSubmit={form.onSubmit((given) => act.mutate(given))}>
      <Stack>
        <Section title={t('clients.overview')}>
          <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
            <TextInput
              label={t('entries.journalCode')}
              maxLength={20}
              data-autofocus
              {...head}
              {...form.getInputProps('journal_code')}
            />
            <TextInput
              label={t('entries.journalLabel')}
              maxLength={100}
              {...head}
              {...form.getInputProps('journal_label')}
            />
            <TextInput label={t('entries.date')} type="date" {...head} {...form.getInputProps('date')} />
            <TextInput label={t('entries.label')} maxLength={255} {...head} {...form.getInputProps('label')} />
            <TextInput label={t('entries.pieceRef')} maxLength={100} {...head} {...form.getInputProps('piece_ref')} />
            <TextInput label={t('entries.pieceDate')} type="date" {...head} {...form.getInputProps('piece_date')} />
          </SimpleGrid>
        </Section>
        <Section title={t('entries.lines')}>
          <Stack>
            {values.lines.map((line, at) => (
              <Group key={line.key} gap="xs" align="flex-end">
                <TextInput
                  label={t('entries.account')}
                  required
                  pattern="[0-9]{3}[0-9A-Za-z]*"
                  maxLength={30}
                  flex="1 1 6rem"
                  {...form.getInputProps(`lines.${at}.account_number`)}
                />
                <TextInput
                  label={t('entries.accountLabel')}
                  required
                  maxLength={255}
                  flex="2 1 9rem"
                  {...form.getInputProps(`lines.${at}.account_label`)}
                />
                <TextInput
                  label={t('entries.auxiliary')}
                  maxLength={30}
                  flex="1 1 6rem"
                  {...form.getInputProps(`lines.${at}.auxiliary_number`)}
                />
                <TextInput
                  label={t('entries.auxiliaryLabel')}
                  maxLength={255}
                  flex="1 1 9rem"
                  required={line.auxiliary_number !== ''}
                  {...form.getInputProps(`lines.${at}.auxiliary_label`)}
                />
                <TextInput
                  label={t('entries.debit')}
                  inputMode="decimal"
                  flex="1 1 6rem"
                  {...form.getInputProps(`lines.${at}.debit`)}
                />
                <TextInput
                  label={t('entries.credit')}
                  inputMode="decimal"
                  flex="1 1 6rem"
                  {...form.getInputProps(`lines.${at}.credit`)}
                />
                <ActionIcon
                  variant="subtle"
                  color="red"
                  size="lg"
                  disabled={values.lines.length <= 2}
                  aria-label={t('entries.removeLine', { number: at + 1 })}
                  onClick={() => form.removeListItem('lines', at)}
                >
                  <IconX size={18} />
                </ActionIcon>
              </Group>
            ))}
            <Group justify="space-between">
              <Button
                variant="default"
                leftSection={<IconPlus size={16} />}
                onClick={() =>
                  form.insertListItem('lines', emptyLine(Math.max(...values.lines.map((one) => one.key)) + 1))
                }
              >
                {t('entries.addLine')}
              </Button>
              <Text className="figure-number" fw={600}>
                {t('entries.sums', { debit: money(ofCents(debit), 'EUR'), credit: money(ofCents(credit), 'EUR') })}
              </Text>
            </Group>
            <div aria-live="polite">
              {isBalanced ? (
                <Alert color="teal" variant="light" icon={<IconCircleCheck />}>
                  {t('entries.balanced')}
                </Alert>
              ) : debit === credit ? null : (
                <Alert color="yellow" variant="light">
                  {t('entries.unbalanced', { amount: money(ofCents(debit - credit), 'EUR') })}
                </Alert>
              )}
            </div>
          </Stack>
        </Section>
        <FormEnd onCancel={onCancel} isPending={act.isPending} isDisabled={!isBalanced}>
          {entry ? t('action.save') : t('action.create')}
        </FormEnd>
      </Stack>
    </form>
  )
}

type Values = Omit<EntryBody, 'lines' | 'piece_date'> & { piece_date: string; lines: Line[] }

/** A line's own label and currency are not typed here: those that were there stay. */
function bodyOf({ lines, ...head }: Values, entry: Entry | undefined): EntryBody {
  return {
    ...head,
    lines: lines.map(({ key, debit, credit, auxiliary_number, auxiliary_label, ...line }) => {
      const before = entry?.lines[key]
      const auxiliary = auxiliary_number ? { auxiliary_number, auxiliary_label } : {}
      const currency = before?.currency ? { currency: before.currency, amount_currency: before.amount_currency } : {}
      const hadOwnLabel = before && before.label !== entry?.lines[0]?.label
      return {
        ...line,
        ...auxiliary,
        ...currency,
        ...(hadOwnLabel ? { label: before.label } : {}),
        ...(toCents(debit) ? { debit: toWire(debit) } : {}),
        ...(toCents(credit) ? { credit: toWire(credit) } : {}),
      }
    }),
  }
}
