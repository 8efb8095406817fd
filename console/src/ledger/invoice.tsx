import { Anchor, Box, Button, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { IconEdit } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import { useFormat } from '../parts/format.ts'
import { Listing } from '../parts/listing.tsx'
import { Facts, Page, Section } from '../parts/page.tsx'
import { Answer } from '../parts/states.tsx'
import type { Invoice } from './invoice-form.tsx'
import { InvoiceForm, today } from './invoice-form.tsx'
import { InvoiceState } from './invoice-states.tsx'
import { InvoiceSteps } from './invoice-steps.tsx'
import { InvoiceWorkflows } from './invoice-workflows.tsx'

export function InvoiceScreen() {
  const { t } = useTranslation()
  const { id = '' } = useParams({ strict: false })
  const [editing, setEditing] = useState(false)
  const params = { params: { path: { invoice_id: id } } }
  const query = useQuery({
    queryKey: ['invoices', id],
    queryFn: () => ask(api.GET('/api/v1/invoices/{invoice_id}', params)),
  })
  const title = query.data ? t('invoices.one', { number: query.data.number }) : t('invoices.title')
  const back = { to: '/invoices', title: t('invoices.title') }
  if (editing && query.data) {
    return (
      <Page title={t('invoices.edit')} back={{ to: `/invoices/${id}`, title }}>
        <InvoiceForm
          invoice={query.data}
          save={(body) => ask(api.PATCH('/api/v1/invoices/{invoice_id}', { ...params, body }))}
          done={t('common.saved')}
          onDone={() => setEditing(false)}
          onCancel={() => setEditing(false)}
        />
      </Page>
    )
  }
  return (
    <Page
      title={title}
      back={back}
      actions={query.data ? <Actions invoice={query.data} onEdit={() => setEditing(true)} /> : null}
    >
      <Answer query={query} rows={6}>
        {(invoice) => <Shown invoice={invoice} />}
      </Answer>
    </Page>
  )
}

function Actions({ invoice, onEdit }: { invoice: Invoice; onEdit: () => void }) {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const navigate = useNavigate()
  const remove = useAct({
    run: () => ask(api.DELETE('/api/v1/invoices/{invoice_id}', { params: { path: { invoice_id: invoice.id } } })),
    done: t('invoices.removed'),
    refresh: [['invoices', 'list']],
    onDone: () => void navigate({ to: '/invoices' }),
  })
  const changes = invoice.status === 'draft' || invoice.status === 'rejected'
  return (
    <>
      <InvoiceSteps invoice={invoice} />
      {changes && may('invoice:update') ? (
        <Button variant="default" leftSection={<IconEdit size={18} />} onClick={onEdit}>
          {t('action.edit')}
        </Button>
      ) : null}
      {invoice.status === 'draft' && may('invoice:delete') ? (
        <Button
          variant="default"
          c="var(--mantine-color-error)"
          onClick={() =>
            confirm({
              title: t('invoices.removeTitle'),
              text: t('invoices.removeText'),
              action: t('action.delete'),
              run: () => remove.mutate(),
            })
          }
        >
          {t('action.delete')}
        </Button>
      ) : null}
    </>
  )
}

function Shown({ invoice }: { invoice: Invoice }) {
  const { t } = useTranslation()
  const { date, moment, money, number } = useFormat()
  const may = useMay()
  const figures = [
    [t('invoices.net'), invoice.net_amount],
    [t('invoices.tax'), invoice.tax_amount],
    [t('invoices.total'), invoice.total_amount],
  ] as const
  const isLate = invoice.due_date !== null && invoice.due_date < today() && /sent|overdue/.test(invoice.status)
  return (
    <Stack>
      <Section title={t('clients.overview')}>
        <Stack>
          <SimpleGrid cols={{ base: 1, xs: 3 }}>
            {figures.map(([label, amount]) => (
              <Box key={label}>
                <Text size="sm" c="dimmed">
                  {label}
                </Text>
                <Text fz={22} fw={650} className="figure-number">
                  {money(amount, invoice.currency)}
                </Text>
              </Box>
            ))}
          </SimpleGrid>
          <Facts
            facts={[
              [
                t('common.state'),
                <Group key="state" gap="xs">
                  <InvoiceState status={invoice.status} />
                  {isLate ? (
                    <Text size="xs">{t('invoices.overdueSince', { date: date(invoice.due_date) })}</Text>
                  ) : null}
                </Group>,
              ],
              [
                t('invoices.customer'),
                may('customer:view') ? (
                  <Anchor key="customer" component={Link} to={`/customers/${invoice.customer_id}`} size="sm">
                    {invoice.customer_name} ({invoice.customer_code})
                  </Anchor>
                ) : (
                  invoice.customer_name
                ),
              ],
              [t('invoices.date'), date(invoice.date)],
              [t('invoices.dueDate'), date(invoice.due_date)],
              [t('invoices.note'), invoice.note],
              [t('common.created'), moment(invoice.created_at)],
              [t('common.changed'), moment(invoice.updated_at)],
            ]}
          />
        </Stack>
      </Section>
      <Section title={t('invoices.lines')}>
        <Listing
          label={t('invoices.lines')}
          rows={invoice.lines}
          keyOf={(one) => one.line_number}
          empty={
            <Text size="sm" c="dimmed">
              {t('invoices.noLines')}
            </Text>
          }
          columns={[
            { label: t('invoices.description'), cell: (one) => one.description },
            { label: t('invoices.quantity'), cell: (one) => number(Number(one.quantity)), atEnd: true },
            { label: t('invoices.unitPrice'), cell: (one) => money(one.unit_price, invoice.currency), atEnd: true },
            { label: t('invoices.vatRate'), cell: (one) => number(Number(one.vat_rate)), atEnd: true },
            { label: t('invoices.lineNet'), cell: (one) => money(one.net_amount, invoice.currency), atEnd: true },
          ]}
        />
      </Section>
      {/* Comes last: what is read above stays where it is. */}
      {may('workflow:view') ? <InvoiceWorkflows invoiceId={invoice.id} /> : null}
    </Stack>
  )
}
