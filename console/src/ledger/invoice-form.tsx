import { SegmentedControl, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { Problem } from '../api/problem.ts'
import type { Paths } from '../api/schema.ts'
import { useAct } from '../parts/act.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { useFormat } from '../parts/format.ts'
import { Section } from '../parts/page.tsx'
import { isAmount, shownAmount, toWire } from './amounts.ts'
import { CustomerChoice } from './customer-choice.tsx'
import type { Line } from './invoice-lines.tsx'
import { InvoiceLines, newLine } from './invoice-lines.tsx'

export type Invoice = Paths['/api/v1/invoices/{invoice_id}']['get']['responses'][200]['content']['application/json']
export type InvoiceBody = Paths['/api/v1/invoices']['post']['requestBody']['content']['application/json']

type Given = {
  invoice?: Invoice
  customerId?: string | null
  save: (body: InvoiceBody) => Promise<Invoice>
  done: string
  onDone: (invoice: Invoice) => void
  onCancel: () => void
}

export function today(): string {
  const now = new Date()
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
}

/** An invoice with lines, or with amounts only; its sums are the server's. */
export function InvoiceForm({ invoice, customerId, save, done, onDone, onCancel }: Given) {
  const { t } = useTranslation()
  const { language } = useFormat()
  const shown = (amount: string) => shownAmount(amount, language)
  const lines = invoice?.lines.map(
    (one, key): Line => ({
      key,
      description: one.description,
      quantity: shown(one.quantity),
      unit_price: shown(one.unit_price),
      vat_rate: shown(one.vat_rate),
    }),
  )
  const form = useForm({
    initialValues: {
      number: invoice?.number ?? '',
      customer: invoice?.customer_id ?? customerId ?? (null as string | null),
      date: invoice?.date ?? today(),
      due_date: invoice?.due_date ?? '',
      currency: invoice?.currency ?? 'EUR',
      note: invoice?.note ?? '',
      kind: invoice && invoice.lines.length === 0 ? 'amounts' : 'lines',
      lines: lines && lines.length > 0 ? lines : [newLine([])],
      net_amount: invoice ? shown(invoice.net_amount) : '',
      tax_amount: invoice ? shown(invoice.tax_amount) : '',
    },
    validate: {
      number: (value) => (value.trim() === '' ? t('form.required') : null),
      customer: (value) => (value ? null : t('form.required')),
      net_amount: (value, { kind }) => (kind === 'lines' || isAmount(value) ? null : t('invoices.amountWrong')),
      tax_amount: (value, { kind }) => (kind === 'lines' || isAmount(value) ? null : t('invoices.amountWrong')),
      lines: {
        description: (value, { kind }) => (kind === 'amounts' || value.trim() !== '' ? null : t('form.required')),
        quantity: (value, { kind }) => (kind === 'amounts' || isAmount(value) ? null : t('invoices.amountWrong')),
        unit_price: (value, { kind }) => (kind === 'amounts' || isAmount(value) ? null : t('invoices.amountWrong')),
        vat_rate: (value, { kind }) => (kind === 'amounts' || isAmount(value) ? null : t('invoices.amountWrong')),
      },
    },
  })
  const act = useAct({
    run: (values: typeof form.values) => save(bodyOf(values)),
    done,
    refresh: [['invoices']],
    onDone,
  })
  const submit = form.onSubmit((values) =>
    act.mutate(values, {
      onError: (error) => {
        if (error instanceof Problem && error.code === 'invoice_number_taken') {
          form.setErrors({ number: t('invoices.numberTaken') })
        }
      },
    }),
  )
  return (
    <form onSubmit={submit}>
      <Stack>
        <Section title={t('clients.overview')}>
          <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
            <TextInput
              label={t('invoices.number')}
              required
              maxLength={64}
              data-autofocus
              {...form.getInputProps('number')}
            />
            <CustomerChoice
              value={form.values.customer}
              onChange={(id) => form.setFieldValue('customer', id)}
              error={typeof form.errors.customer === 'string' ? form.errors.customer : null}
            />
            <TextInput
              label={t('invoices.currency')}
              required
              pattern="[A-Z]{3}"
              title={t('invoices.currencyHint')}
              maxLength={3}
              {...form.getInputProps('currency')}
            />
            <TextInput label={t('invoices.date')} type="date" required {...form.getInputProps('date')} />
            <TextInput label={t('invoices.dueDate')} type="date" {...form.getInputProps('due_date')} />
          </SimpleGrid>
          <Textarea label={t('invoices.note')} mt="md" autosize minRows={2} {...form.getInputProps('note')} />
        </Section>
        <Section
          title={t('invoices.lines')}
          actions={
            <SegmentedControl
              aria-label={t('invoices.lines')}
              data={[
                { value: 'lines', label: t('invoices.asLines') },
                { value: 'amounts', label: t('invoices.asAmounts') },
              ]}
              {...form.getInputProps('kind')}
            />
          }
        >
          {form.values.kind === 'lines' ? (
            <InvoiceLines
              lines={form.values.lines}
              field={(name) => form.getInputProps(name)}
              onAdd={() => form.insertListItem('lines', newLine(form.values.lines))}
              onRemove={(at) => form.removeListItem('lines', at)}
            />
          ) : (
            <SimpleGrid cols={{ base: 1, xs: 2 }} maw={520}>
              <TextInput label={t('invoices.net')} inputMode="decimal" required {...form.getInputProps('net_amount')} />
              <TextInput label={t('invoices.tax')} inputMode="decimal" required {...form.getInputProps('tax_amount')} />
            </SimpleGrid>
          )}
        </Section>
        <FormEnd onCancel={onCancel} isPending={act.isPending}>
          {invoice ? t('action.save') : t('action.create')}
        </FormEnd>
      </Stack>
    </form>
  )
}

type Values = {
  number: string
  customer: string | null
  date: string
  due_date: string
  currency: string
  note: string
  kind: string
  lines: Line[]
  net_amount: string
  tax_amount: string
}

function bodyOf(values: Values): InvoiceBody {
  const head = {
    number: values.number.trim(),
    customer_id: values.customer ?? '',
    date: values.date,
    due_date: values.due_date || null,
    currency: values.currency,
    note: values.note.trim() || null,
  }
  if (values.kind === 'amounts') {
    return { ...head, net_amount: toWire(values.net_amount), tax_amount: toWire(values.tax_amount) }
  }
  const lines = values.lines.map((one) => ({
    description: one.description.trim(),
    quantity: toWire(one.quantity),
    unit_price: toWire(one.unit_price),
    vat_rate: toWire(one.vat_rate),
  }))
  return { ...head, lines }
}
