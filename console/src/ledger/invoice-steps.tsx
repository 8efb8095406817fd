import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useConfirm } from '../parts/controls.tsx'
import type { Invoice } from './invoice-form.tsx'
import type { InvoiceStatus } from './invoice-states.tsx'

/** What an invoice may become (docs/contracts-ledger.md). */
const next: Record<InvoiceStatus, readonly InvoiceStatus[]> = {
  draft: ['approved', 'rejected', 'sent', 'cancelled'],
  sent: ['paid', 'overdue', 'approved', 'rejected', 'cancelled'],
  approved: ['sent', 'paid', 'overdue', 'cancelled'],
  overdue: ['paid', 'cancelled'],
  rejected: ['draft', 'cancelled'],
  paid: [],
  cancelled: [],
}
const words = {
  draft: 'toDraft',
  sent: 'send',
  approved: 'approve',
  rejected: 'reject',
  overdue: 'overdue',
  paid: 'pay',
  cancelled: 'cancel',
} as const

/** A button for each step that the invoice and the person allow. */
export function InvoiceSteps({ invoice }: { invoice: Invoice }) {
  const { t } = useTranslation()
  const may = useMay()
  const confirm = useConfirm()
  const params = { params: { path: { invoice_id: invoice.id } } }
  const act = useAct({
    run: (status: InvoiceStatus) =>
      status === 'approved' || status === 'rejected'
        ? ask(api.POST('/api/v1/invoices/{invoice_id}/decision', { ...params, body: { decision: status } }))
        : ask(api.POST('/api/v1/invoices/{invoice_id}/status', { ...params, body: { status } })),
    done: ({ status }) => t('invoices.changed', { state: t(`invoiceStatus.${status}`) }),
    refresh: [['invoices']],
  })
  const mayTake = (status: InvoiceStatus) =>
    may(status === 'approved' || status === 'rejected' ? 'invoice:approve' : 'invoice:update')
  const steps = next[invoice.status].filter(mayTake)
  const take = (status: InvoiceStatus) => {
    if (status !== 'cancelled' && status !== 'rejected') return act.mutate(status)
    const asked = status === 'cancelled' ? 'cancel' : 'decide'
    confirm({
      title: t(`invoices.${asked}Title`),
      text: t(`invoices.${asked}Text`),
      action: t(`invoices.${words[status]}`),
      run: () => act.mutate(status),
    })
  }
  return steps.map((status, at) => (
    <Button
      key={status}
      variant={at === 0 ? 'filled' : 'default'}
      disabled={act.isPending}
      {...(status === 'cancelled' ? { c: 'var(--mantine-color-error)' } : {})}
      onClick={() => take(status)}
    >
      {t(`invoices.${words[status]}`)}
    </Button>
  ))
}
