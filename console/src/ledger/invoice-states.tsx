import { useTranslation } from 'react-i18next'
import type { Tone } from '../parts/controls.tsx'
import { State } from '../parts/controls.tsx'

export const invoiceStatuses = ['draft', 'sent', 'approved', 'rejected', 'overdue', 'paid', 'cancelled'] as const
export type InvoiceStatus = (typeof invoiceStatuses)[number]

const tones: Record<InvoiceStatus, Tone> = {
  draft: 'plain',
  sent: 'info',
  approved: 'good',
  rejected: 'bad',
  overdue: 'waiting',
  paid: 'good',
  cancelled: 'plain',
}

export function InvoiceState({ status }: { status: InvoiceStatus }) {
  const { t } = useTranslation()
  return <State tone={tones[status]}>{t(`invoiceStatus.${status}`)}</State>
}
