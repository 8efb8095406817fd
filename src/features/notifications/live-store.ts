import type { Database } from '#platform/db/database.ts'

export type LiveLine = {
  tenantId: string
  userId: string
  id: string
  title: string
  body: string
  category: string
  actionUrl: string | null
  createdAt: Date
  position: string
}

type Row = {
  tenant_id: string
  user_id: string
  id: string
  title: string
  body: string
  category: string
  action_url: string | null
  created_at: Date
  at_position: string
}

/** What stands in these users' lists behind their floors, of all tenants: at most 200 a user. */
export async function readLive(
  database: Database,
  watched: readonly { tenant: string; user: string; floor: string }[],
): Promise<LiveLine[]> {
  const rows = await database.platformRead<Row>('select * from read_live_notifications($1)', [JSON.stringify(watched)])
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    userId: row.user_id,
    id: row.id,
    title: row.title,
    body: row.body,
    category: row.category,
    actionUrl: row.action_url,
    createdAt: row.created_at,
    position: row.at_position,
  }))
}
