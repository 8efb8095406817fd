import { sql } from 'kysely'
import { rowLimit } from '#platform/db/row-limit.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'

export type InboxLine = {
  id: string
  title: string
  body: string
  category: string
  actionUrl: string | null
  readAt: Date | null
  createdAt: Date
  position: string
}

/** The user's list, newest first. */
export async function listInbox(
  tx: Tx,
  tenantId: string,
  userId: string,
  page: { unreadOnly: boolean; before: string | null; limit: number },
): Promise<InboxLine[]> {
  let query = tx
    .selectFrom('notifications')
    .select(['id', 'title', 'body', 'category', 'action_url', 'read_at', 'created_at', 'position'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('position', 'is not', null)
  if (page.unreadOnly) query = query.where('read_at', 'is', null)
  if (page.before !== null) query = query.where('position', '<', page.before)
  const rows = await query.orderBy('position', 'desc').limit(rowLimit(page.limit)).execute()
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    body: row.body,
    category: row.category,
    actionUrl: row.action_url,
    readAt: row.read_at,
    createdAt: row.created_at,
    position: row.position ?? '0',
  }))
}

/** Counted up to 10,000. */
export async function countUnread(tx: Tx, tenantId: string, userId: string): Promise<number> {
  const found = await sql<{ number: number }>`
    select count(*)::integer as number from (
      select 1 from notifications
       where tenant_id = ${tenantId} and user_id = ${userId} and position is not null and read_at is null limit 10000) one`.execute(
    tx,
  )
  return found.rows[0]?.number ?? 0
}

/** Where the user's list ends at the moment. */
export async function lastPosition(tx: Tx, tenantId: string, userId: string): Promise<string> {
  const row = await tx
    .selectFrom('notifications')
    .select('position')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('position', 'is not', null)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.position ?? '0'
}

/** One that was read stays read since then. @returns null: the user has no such notification */
export async function markRead(
  tx: Tx,
  tenantId: string,
  userId: string,
  { id, now }: { id: string; now: Date },
): Promise<{ readAt: Date } | null> {
  const found = await sql<{ read_at: Date }>`
    update notifications set read_at = coalesce(read_at, ${now})
     where tenant_id = ${tenantId} and user_id = ${userId} and id = ${id} and position is not null
    returning read_at`.execute(tx)
  const row = found.rows[0]
  return row ? { readAt: row.read_at } : null
}

/** @returns how many were unread */
export async function markAllRead(tx: Tx, tenantId: string, userId: string, now: Date): Promise<number> {
  const updated = await tx
    .updateTable('notifications')
    .set({ read_at: now })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('position', 'is not', null)
    .where('read_at', 'is', null)
    .executeTakeFirst()
  return Number(updated.numUpdatedRows)
}
