import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Search } from '../app/location.ts'
import { useSearchState } from '../app/location.ts'
import { useFormat } from '../parts/format.ts'
import { Listing, NextPage } from '../parts/listing.tsx'
import { Answer, Empty } from '../parts/states.tsx'
import { InvoiceState, invoiceStatuses } from './invoice-states.tsx'

function queryOf(search: Search, customerId: string | undefined) {
  const status = invoiceStatuses.find((one) => one === search.status)
  return {
    ...(customerId ? { customer_id: customerId } : {}),
    ...(status ? { status } : {}),
    ...(search.number ? { number: search.number } : {}),
    ...(search.date_from ? { date_from: search.date_from } : {}),
    ...(search.date_to ? { date_to: search.date_to } : {}),
    ...(search.after ? { after: search.after } : {}),
    order: 'desc' as const,
    page_size: 50,
  }
}

/** Invoices as the address filters them; of one customer where one is given. */
export function InvoiceList({ customerId, action }: { customerId?: string; action?: ReactNode }) {
  const { t } = useTranslation()
  const { date, money } = useFormat()
  const [search] = useSearchState()
  const given = queryOf(search, customerId)
  const query = useQuery({
    queryKey: ['invoices', 'list', given],
    queryFn: () => ask(api.GET('/api/v1/invoices', { params: { query: given } })),
    placeholderData: keepPreviousData,
  })
  const isFiltered = Boolean(search.status || search.number || search.date_from || search.date_to)
  return (
    <Answer query={query} rows={8}>
      {({ invoices, next_after }) => (
        <>
          <Listing
            label={t('invoices.title')}
            rows={invoices}
            keyOf={(one) => one.id}
            link={(one) => `/invoices/${one.id}`}
            empty={
              <Empty title={t('invoices.none')} action={isFiltered ? null : action}>
                {isFiltered ? t('customers.notFound') : t('invoices.noneMore')}
              </Empty>
            }
            columns={[
              { label: t('invoices.number'), cell: (one) => one.number },
              ...(customerId
                ? []
                : [{ label: t('invoices.customer'), cell: (one: { customer_name: string }) => one.customer_name }]),
              { label: t('invoices.date'), cell: (one) => date(one.date) },
              { label: t('invoices.dueDate'), cell: (one) => date(one.due_date) },
              { label: t('common.state'), cell: (one) => <InvoiceState status={one.status} /> },
              { label: t('invoices.total'), cell: (one) => money(one.total_amount, one.currency), atEnd: true },
            ]}
          />
          <NextPage next={next_after} />
        </>
      )}
    </Answer>
  )
}
