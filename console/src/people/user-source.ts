import { keepPreviousData, useQueries } from '@tanstack/react-query'
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

/** As many as the server tells of at once; what is none of its identifiers would be refused, and all others with it. */
const mostAtOnce = 200
const identifier = /^[!-+\--~]{1,64}$/

/** Names of these users; who may not see users reads identifiers, as everybody does of those who are gone. */
export function useUserNames(ids: readonly string[]): (id: string) => string {
  const me = useMe()
  const may = useMay()
  const others = [...new Set(ids)].filter((id) => id !== me?.user.id && identifier.test(id)).sort()
  const groups = Array.from({ length: Math.ceil(others.length / mostAtOnce) }, (_, i) =>
    others.slice(i * mostAtOnce, (i + 1) * mostAtOnce),
  )
  const found = useQueries({
    queries: groups.map((group) => ({
      queryKey: [...activeUsers.key, 'names', group],
      meta: aside,
      enabled: may('user:view'),
      queryFn: () => ask(api.GET('/api/v1/users', { params: { query: { ids: group.join(','), limit: mostAtOnce } } })),
      staleTime: 60_000,
      // While the next page's are looked for.
      placeholderData: keepPreviousData,
      retry: false,
    })),
  })
  const users = [...found.flatMap(({ data }) => data?.users ?? []), ...(me ? [me.user] : [])]
  const names = new Map(users.map((one) => [one.id, one.display_name || one.email]))
  return (id) => names.get(id) ?? id
}
