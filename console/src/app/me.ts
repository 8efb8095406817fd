import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'

type Me = Awaited<ReturnType<typeof readMe>>

const readMe = () => ask(api.GET('/api/v1/auth/me'))

const meKey = ['me']

/** null: nobody is signed in. */
export const meQuery = queryOptions({
  queryKey: meKey,
  queryFn: async ({ client }): Promise<Me | null> => {
    const known = client.getQueryData<Me | null>(meKey) ?? null
    if (known) return readSame(known)
    try {
      return await readMe()
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null
      throw error
    }
  },
  staleTime: 60_000,
})

/**
 * Who is signed in now, where the page belongs to `known`. Never comes to an end when it is somebody else: the page is
 * loaded anew then, and with it goes all that it knows. @throws Problem (401: nobody is)
 */
export async function readSame(known: Me): Promise<Me> {
  const me = await readMe()
  if (me.user.id === known.user.id && me.tenant.id === known.tenant.id) return me
  discardPage('/console/')
  return new Promise<never>(() => undefined)
}

/** The page, what was typed there and all that was read: nothing outlives a load. */
export function discardPage(next: string): void {
  location.replace(next)
}

export function useMe() {
  return useQuery(meQuery).data ?? null
}

/** Whether the signed-in user may do it. */
export function useMay(): (permission: string) => boolean {
  const held = new Set(useMe()?.permissions)
  return (permission) => held.has('*') || held.has(permission)
}

/** What a place is for: a permission, or any of several; null: it is for everybody. */
export type Needs = string | readonly string[] | null

export function useMeets(): (needs: Needs) => boolean {
  const may = useMay()
  return (needs) => needs === null || [needs].flat().some(may)
}

/** Of whoever answers requests of persons. */
export const personalDataNeeds: Needs = ['personal-data:export', 'personal-data:erase']
