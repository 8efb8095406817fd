import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { useSearchState } from '../app/location.ts'
import { Page } from '../parts/page.tsx'
import { InvoiceForm } from './invoice-form.tsx'

export function NewInvoice() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [search] = useSearchState()
  return (
    <Page title={t('invoices.create')} back={{ to: '/invoices', title: t('invoices.title') }}>
      <InvoiceForm
        customerId={search.customer ?? null}
        save={(body) => ask(api.POST('/api/v1/invoices', { body }))}
        done={t('invoices.created')}
        onDone={({ id }) => void navigate({ to: `/invoices/${id}` })}
        onCancel={() => void navigate({ to: '/invoices' })}
      />
    </Page>
  )
}
