import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useMay } from '../app/me.ts'

const screens: Readonly<Record<string, { to: string; permission: string }>> = {
  invoice: { to: '/invoices', permission: 'invoice:view' },
  customer: { to: '/customers', permission: 'customer:view' },
}

type Subject = { entity_type: string | null; entity_internal_id: string | null }

/** What an execution or an approval is about, as a way to it; who may not see it reads the words alone. */
export function SubjectLink({ of, children }: { of: Subject; children: ReactNode }) {
  const may = useMay()
  const screen = screens[of.entity_type ?? '']
  if (!screen || !of.entity_internal_id || !may(screen.permission)) return children
  return (
    <Anchor component={Link} to={`${screen.to}/${of.entity_internal_id}`} inherit>
      {children}
    </Anchor>
  )
}
