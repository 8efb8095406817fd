import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import type { Source } from '../parts/searched-choice.tsx'
import { SearchedChoice } from '../parts/searched-choice.tsx'

type Given = { value: string | null; onChange: (id: string | null) => void; error: string | null }

const labelOf = (one: { name: string; code: string }) => `${one.name} (${one.code})`

const customers: Source = {
  key: ['customers', 'choice'],
  find: async (name) => {
    const query = { ...(name ? { name } : {}), page_size: 20 }
    const answer = await ask(api.GET('/api/v1/customers', { params: { query } }))
    const options = answer.customers
      .filter((one) => one.is_active)
      .map((one) => ({ value: one.id, label: labelOf(one) }))
    return { options, hasMore: answer.next_after !== null }
  },
  labelOf: async (id) =>
    labelOf(await ask(api.GET('/api/v1/customers/{customer_id}', { params: { path: { customer_id: id } } }))),
}

/** One of many customers: the server looks for the beginning of the name. */
export function CustomerChoice(given: Given) {
  const { t } = useTranslation()
  return (
    <SearchedChoice
      {...given}
      source={customers}
      label={t('invoices.customer')}
      placeholder={t('invoices.customerHint')}
      required
    />
  )
}
