import { sql } from 'kysely'
import { rowLimit } from '#platform/db/row-limit.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Channel, DeliveryStatus, Language } from './schemas.ts'

export type Delivery = {
  id: string
  /** null: a digest. */
  notificationId: string | null
  channel: Channel
  status: DeliveryStatus
  reason: string | null
  userId: string | null
  address: string | null
  category: string | null
  attempts: number
  dueAt: Date | null
  provider: string | null
  providerMessageId: string | null
  lastError: string | null
  createdAt: Date
  finishedAt: Date | null
}

type Row = {
  id: string
  notification_id: string | null
  channel: Channel
  status: string
  reason: string | null
  user_id: string | null
  address: string | null
  category: string | null
  attempts: number
  due_at: Date | null
  provider: string | null
  provider_message_id: string | null
  last_error: string | null
  created_at: Date
  finished_at: Date | null
}

const columns = [
  'id',
  'notification_id',
  'channel',
  'status',
  'reason',
  'user_id',
  'address',
  'category',
  'attempts',
  'due_at',
  'provider',
  'provider_message_id',
  'last_error',
  'created_at',
  'finished_at',
] as const

const toDelivery = (row: Row): Delivery => ({
  id: row.id,
  notificationId: row.notification_id,
  channel: row.channel,
  status: row.status as DeliveryStatus,
  reason: row.reason,
  userId: row.user_id,
  address: row.address,
  category: row.category,
  attempts: row.attempts,
  dueAt: row.due_at,
  provider: row.provider,
  providerMessageId: row.provider_message_id,
  lastError: row.last_error,
  createdAt: row.created_at,
  finishedAt: row.finished_at,
})

/** Newest first. */
export async function listDeliveries(
  tx: Tx,
  tenantId: string,
  page: { status: string | null; notificationId: string | null; before: string | null; limit: number },
): Promise<Delivery[]> {
  let query = tx.selectFrom('notification_deliveries').select(columns).where('tenant_id', '=', tenantId)
  if (page.status !== null) query = query.where('status', '=', page.status)
  if (page.notificationId !== null) query = query.where('notification_id', '=', page.notificationId)
  if (page.before !== null) query = query.where('id', '<', page.before as never)
  const rows = await query.orderBy('id', 'desc').limit(rowLimit(page.limit)).execute()
  return rows.map(toDelivery)
}

export async function findDelivery(tx: Tx, tenantId: string, id: string): Promise<Delivery | null> {
  const row = await tx
    .selectFrom('notification_deliveries')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id as never)
    .executeTakeFirst()
  return row ? toDelivery(row) : null
}

export type Attempt = {
  number: number
  startedAt: Date
  finishedAt: Date | null
  outcome: string | null
  response: string | null
}

export async function listAttempts(tx: Tx, tenantId: string, deliveryId: string): Promise<Attempt[]> {
  const rows = await tx
    .selectFrom('notification_attempts')
    .select(['number', 'started_at', 'finished_at', 'outcome', 'response'])
    .where('tenant_id', '=', tenantId)
    .where('delivery_id', '=', deliveryId)
    .orderBy('number')
    .execute()
  return rows.map((row) => ({
    number: row.number,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    outcome: row.outcome,
    response: row.response,
  }))
}

export type SettingChanges = {
  daily_limit: number | null
  retention_days: number | null
  language: Language | null
  time_zone: string | null
}

export async function saveSettings(tx: Tx, tenantId: string, changes: SettingChanges & { now: Date }): Promise<void> {
  const { now, ...fields } = changes
  await tx
    .insertInto('notification_settings')
    .values({ tenant_id: tenantId, ...fields, updated_at: now })
    .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet({ ...fields, updated_at: now }))
    .execute()
}

/** What is kept shorter from now on goes at the next housekeeping; what is kept longer, is. */
export async function applyRetention(tx: Tx, tenantId: string, days: number): Promise<void> {
  await sql`
    update notifications set expires_at = created_at + make_interval(days => ${days})
     where tenant_id = ${tenantId} and expires_at <> created_at + make_interval(days => ${days})`.execute(tx)
}

export async function usedToday(tx: Tx, tenantId: string): Promise<number> {
  const found = await sql<{ used: number }>`
    select coalesce(sum(used), 0)::integer as used from notification_usage
     where tenant_id = ${tenantId} and day = (now() at time zone 'UTC')::date`.execute(tx)
  return found.rows[0]?.used ?? 0
}

export type Suppression = { address: string; category: string; reason: string; source: string; createdAt: Date }

/** By address. */
export async function listSuppressions(
  tx: Tx,
  tenantId: string,
  page: { after: string; limit: number },
): Promise<Suppression[]> {
  const rows = await tx
    .selectFrom('notification_suppressions')
    .select(['address_key', 'category', 'reason', 'source', 'created_at'])
    .where('tenant_id', '=', tenantId)
    .where('address_key', '>', page.after)
    .orderBy('address_key')
    .orderBy('category')
    .limit(rowLimit(page.limit))
    .execute()
  return rows.map((row) => ({
    address: row.address_key,
    category: row.category,
    reason: row.reason,
    source: row.source,
    createdAt: row.created_at,
  }))
}

export async function addSuppression(
  tx: Tx,
  tenantId: string,
  suppression: {
    addressKey: string
    category: string
    reason: 'bounce' | 'complaint' | 'unsubscribe' | 'manual'
    source: string
  },
): Promise<void> {
  const { addressKey, ...fields } = suppression
  await tx
    .insertInto('notification_suppressions')
    .values({ tenant_id: tenantId, address_key: addressKey, ...fields })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** @returns whether there was one */
export async function deleteSuppressions(tx: Tx, tenantId: string, addressKey: string): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('notification_suppressions')
    .where('tenant_id', '=', tenantId)
    .where('address_key', '=', addressKey)
    .executeTakeFirst()
  return deleted.numDeletedRows > 0n
}
