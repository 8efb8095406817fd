import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'

/** Screens of what events are about. */
const screens: Readonly<Record<string, string>> = {
  client: '/clients',
  customer: '/customers',
  entry: '/entries',
  import: '/imports',
  invoice: '/invoices',
  profile: '/profiles',
  webhook: '/webhooks',
  workflow: '/workflows',
  workflow_execution: '/executions',
}

/** What an event is about; it may be gone since, and its screen says so. */
export function TargetLink({ target }: { target: { entity_type: string | null; entity_id: string | null } }) {
  const { entity_type: type, entity_id: id } = target
  if (!id) return type
  const screen = screens[type ?? '']
  const words = `${type ?? ''} ${id}`.trim()
  return screen ? (
    <Anchor component={Link} to={`${screen}/${encodeURIComponent(id)}`} size="sm">
      {words}
    </Anchor>
  ) : (
    words
  )
}
