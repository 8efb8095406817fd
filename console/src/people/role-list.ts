import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../api/client.ts'
import { useMay } from '../app/me.ts'
import { aside } from '../parts/states.tsx'

/** The names of all roles; for who may not list them, the built-in ones. */
export function useRoleNames(): string[] {
  const may = useMay()
  const { data } = useQuery({
    queryKey: ['roles'],
    meta: aside,
    queryFn: () => ask(api.GET('/api/v1/roles')),
    enabled: may('role:view'),
  })
  return data?.roles.map((one) => one.name) ?? ['viewer', 'operator', 'approver', 'auditor', 'admin']
}
