import { Anchor } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMay } from '../app/me.ts'
import { aside } from '../parts/states.tsx'
import { activeClients } from './client-choice.tsx'

/** A client by its name; whoever may not see clients reads the identifier. */
export function ClientLink({ uid }: { uid: string }) {
  const maySee = useMay()('client:view')
  const { data } = useQuery({
    queryKey: [...activeClients.key, 'name', uid],
    meta: aside,
    queryFn: () => activeClients.labelOf(uid),
    enabled: maySee,
    staleTime: 60_000,
    retry: false,
  })
  if (!maySee) return uid
  return (
    <Anchor component={Link} to={`/clients/${uid}`} size="sm">
      {data ?? uid}
    </Anchor>
  )
}
