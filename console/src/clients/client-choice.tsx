import { api, ask } from '../api/client.ts'
import type { Source } from '../parts/searched-choice.tsx'
import { SearchedChoice } from '../parts/searched-choice.tsx'

type Given = {
  label: string
  value: string | null
  onChange: (uid: string | null) => void
  required?: boolean
  error?: string | undefined
}

export const activeClients: Source = {
  key: ['clients', 'choice'],
  find: async (search) => {
    const query = { page: 1, pageSize: 20, isActive: true, ...(search ? { search } : {}) }
    const { results, total } = await ask(api.GET('/api/v1/clients', { params: { query } }))
    return { options: results.map((one) => ({ value: one.uid, label: one.name })), hasMore: total > results.length }
  },
  labelOf: async (uid) => (await ask(api.GET('/api/v1/clients/{uid}', { params: { path: { uid } } }))).name,
}

/** One of many active clients: the server looks for a part of the name. */
export function ClientChoice(given: Given) {
  return <SearchedChoice {...given} source={activeClients} autofocus={given.required ?? false} />
}
