import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'

/** null: nobody is signed in. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async () => {
    try {
      return await ask(api.GET('/api/v1/auth/me'))
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null
      throw error
    }
  },
  staleTime: 60_000,
})

export function useMe() {
  return useQuery(meQuery).data ?? null
}

/** Whether the signed-in user may do it. */
export function useMay(): (permission: string) => boolean {
  const held = new Set(useMe()?.permissions)
  return (permission) => held.has('*') || held.has(permission)
}
