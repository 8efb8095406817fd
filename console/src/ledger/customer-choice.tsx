import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'

type Given = { value: string | null; onChange: (id: string | null) => void; error: string | null }

/** One of many customers: the server looks for the beginning of the name. */
export function CustomerChoice({ value, onChange, error }: Given) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const [wanted] = useDebouncedValue(typed.trim(), 250)
  const chosen = useQuery({
    queryKey: ['customers', value],
    queryFn: () => ask(api.GET('/api/v1/customers/{customer_id}', { params: { path: { customer_id: value ?? '' } } })),
    enabled: value !== null,
  })
  const label = chosen.data ? `${chosen.data.name} (${chosen.data.code})` : ''
  // What was chosen stands in the field: it is not searched for again.
  const name = wanted === label ? '' : wanted
  const found = useQuery({
    queryKey: ['customers', 'choice', name],
    queryFn: () =>
      ask(api.GET('/api/v1/customers', { params: { query: { ...(name ? { name } : {}), page_size: 20 } } })),
    placeholderData: keepPreviousData,
  })
  const options = new Map(
    (found.data?.customers ?? []).filter((one) => one.is_active).map((one) => [one.id, `${one.name} (${one.code})`]),
  )
  if (chosen.data && value) options.set(value, label)
  return (
    <Select
      label={t('invoices.customer')}
      placeholder={t('invoices.customerHint')}
      required
      searchable
      error={error}
      data={[...options].map(([id, text]) => ({ value: id, label: text }))}
      // The server has looked already.
      filter={({ options: all }) => all}
      value={value}
      onChange={onChange}
      onSearchChange={setTyped}
      nothingFoundMessage={t('invoices.noCustomer')}
    />
  )
}
