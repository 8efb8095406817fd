/** Whom a request is about: a user, a customer or the person of a profile. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { useMay } from '../app/me.ts'
import { aside } from '../parts/states.tsx'
import { personOf } from '../profiles/person.ts'

export const personTypes = ['user', 'customer', 'profile'] as const
export type PersonType = (typeof personTypes)[number]
export type Subject = { type: PersonType; id: string }
/** `reach`: how one knows that it is this one; `screen`: its own. */
export type Person = { name: string; reach: string | null; screen: string | null }

export const asPersonType = (text: string | null | undefined) => personTypes.find((one) => one === text)

const places = { user: 'users', customer: 'customers', profile: 'profiles' } as const

export const screenOf = ({ type, id }: Subject) => `/personal-data/${places[type]}/${encodeURIComponent(id)}`

/** Events about somebody; of a user there are also those that he caused, which his identifier finds as well. */
export const auditOf = (id: string) => `/audit?target_id=${encodeURIComponent(id)}`

export const userOf = (one: { email: string; display_name: string }): Person => ({
  name: one.display_name || one.email,
  reach: one.email,
  screen: `/users?search=${encodeURIComponent(one.email)}`,
})

type Customer = { id: string; name: string; code: string; email: string | null }
export const customerOf = (one: Customer): Person => ({
  name: one.name,
  reach: [one.code, one.email].filter(Boolean).join(' · '),
  screen: `/customers/${one.id}`,
})

type Profile = { pk: number; externalReference: string | null; profileattribute_set: Parameters<typeof personOf>[0] }
export function useProfileOf(): (one: Profile) => Person {
  const { t } = useTranslation()
  return (one) => {
    const number = t('profiles.one', { number: one.pk })
    const name = personOf(one.profileattribute_set)
    return {
      name: name || number,
      reach: [name ? number : '', one.externalReference].filter(Boolean).join(' · ') || null,
      screen: `/profiles/${one.pk}`,
    }
  }
}

/** Who may not see such records reads the identifier, and can answer the request all the same. */
export function usePerson({ type, id }: Subject) {
  const mayView = useMay()(`${type}:view`)
  const profileOf = useProfileOf()
  return useQuery({
    queryKey: [places[type], 'person', id, mayView],
    queryFn: async (): Promise<Person> => {
      if (!mayView) return { name: id, reach: null, screen: null }
      if (type === 'user') {
        return userOf(await ask(api.GET('/api/v1/users/{user_id}', { params: { path: { user_id: id } } })))
      }
      if (type === 'customer') {
        const params = { params: { path: { customer_id: id } } }
        return customerOf(await ask(api.GET('/api/v1/customers/{customer_id}', params)))
      }
      return profileOf((await ask(api.GET('/api/v1/profiles/{pk}/', { params: { path: { pk: Number(id) } } }))).data)
    },
  })
}

/**
 * What a list calls somebody: empty for who is gone, also where a pseudonym is kept. A profile by its number: the audit log notes whoever reads one, and a list
 * is no reason to.
 */
export function usePersonName({ type, id }: Subject): string {
  const { t } = useTranslation()
  const may = useMay()
  const found = useQuery({
    queryKey: [places[type], 'name', id],
    meta: aside,
    enabled: type !== 'profile' && may(`${type}:view`),
    staleTime: 60_000,
    queryFn: async (): Promise<string> => {
      try {
        if (type === 'user') {
          return userOf(await ask(api.GET('/api/v1/users/{user_id}', { params: { path: { user_id: id } } }))).name
        }
        const params = { params: { path: { customer_id: id } } }
        const { name, code } = await ask(api.GET('/api/v1/customers/{customer_id}', params))
        return code === `erased-${id}` ? '' : name
      } catch (error) {
        // Erased since, also from what was asked for.
        if (error instanceof Problem && [400, 404, 422].includes(error.status)) return ''
        throw error
      }
    },
  })
  return type === 'profile' ? t('profiles.one', { number: id }) : (found.data ?? '')
}
