/** Names for those who did something. */
import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../api/client.ts'
import { useMay, useMe } from '../app/me.ts'
import { printed } from '../parts/given.ts'
import { aside } from '../parts/states.tsx'

/** Who did it, in a few words: a user's name where he is among the first hundred and may be seen, else an identifier. */
export function useWho(): (actor: { [name: string]: unknown }) => string {
  const me = useMe()
  const may = useMay()
  const { data } = useQuery({
    queryKey: ['users', 'home'],
    meta: aside,
    queryFn: () => ask(api.GET('/api/v1/users', { params: { query: { limit: 100 } } })),
    enabled: may('user:view'),
  })
  const users = [...(data?.users ?? []), ...(me ? [me.user] : [])]
  const names = new Map(users.map((one) => [one.id, one.display_name || one.email]))
  return (actor) => {
    const id = actor.user_id ?? actor.oauth_client_id ?? actor.api_key_id ?? actor.name ?? actor.type
    return names.get(String(id)) ?? printed(id)
  }
}
