import { useQueries } from '@tanstack/react-query'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { useMay, useMe } from '../app/me.ts'
import type { Source } from '../parts/searched-choice.tsx'
import { aside } from '../parts/states.tsx'

const mostShown = 20

/** Active users, by a part of the name or of the address. */
export const activeUsers: Source = {
  key: ['users', 'choice'],
  find: async (search) => {
    const query = { limit: mostShown, status: 'active' as const, ...(search ? { search } : {}) }
    const { users, next_after } = await ask(api.GET('/api/v1/users', { params: { query } }))
    const options = users.map((one) => ({ value: one.id, label: one.display_name || one.email }))
    return { options, hasMore: next_after !== null }
  },
  labelOf: async (id) => {
    const params = { params: { path: { user_id: id } } }
    const one = await ask(api.GET('/api/v1/users/{user_id}', params)).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 404) return null
      throw error
    })
    // Who is gone is known by his identifier alone.
    return one ? one.display_name || one.email : id
  },
}

/** Names of these users; who may not see users reads identifiers. */
export function useUserNames(ids: readonly string[]): (id: string) => string {
  const me = useMe()
  const may = useMay()
  const others = may('user:view') ? [...new Set(ids)].filter((id) => id !== me?.user.id) : []
  const found = useQueries({
    queries: others.map((id) => ({
      queryKey: [...activeUsers.key, 'label', id],
      meta: aside,
      queryFn: async () => ({ value: id, label: await activeUsers.labelOf(id) }),
      staleTime: 60_000,
      retry: false,
    })),
  })
  const names = new Map(found.flatMap(({ data }) => (data ? [[data.value, data.label] as const] : [])))
  if (me) names.set(me.user.id, me.user.display_name || me.user.email)
  return (id) => names.get(id) ?? id
}
