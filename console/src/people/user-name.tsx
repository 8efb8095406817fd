import { useQuery } from '@tanstack/react-query'
import { useMay, useMe } from '../app/me.ts'
import { aside } from '../parts/states.tsx'
import { activeUsers } from './user-source.ts'

/** A user by name; whoever may not see users reads the identifier. */
export function UserName({ id }: { id: string }) {
  const me = useMe()
  const may = useMay()
  const isMe = id === me?.user.id
  const { data } = useQuery({
    queryKey: [...activeUsers.key, 'name', id],
    meta: aside,
    queryFn: () => activeUsers.labelOf(id),
    enabled: !isMe && may('user:view'),
    staleTime: 60_000,
    retry: false,
  })
  return isMe ? me.user.display_name || me.user.email : (data ?? id)
}
