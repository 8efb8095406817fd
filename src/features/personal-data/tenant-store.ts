import { sql } from 'kysely'
import type { Database } from '#platform/db/database.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { personalDataError } from './errors.ts'

export type TenantErasure = {
  tenantId: string
  id: string
  status: 'scheduled' | 'cancelled' | 'running' | 'completed'
  reason: string
  dueAt: Date
  endedAt: Date | null
  receipt: string | null
  signature: string | null
}

/** @throws tenant_erasure_scheduled */
export async function insertTenantErasure(
  tx: Tx,
  tenantId: string,
  { id, reason, requestedBy, dueAt }: { id: string; reason: string; requestedBy: object; dueAt: Date },
): Promise<void> {
  const row = { tenant_id: tenantId, id, reason, requested_by: JSON.stringify(requestedBy), due_at: dueAt }
  await onConstraint(tx.insertInto('tenant_erasures').values(row).execute(), {
    tenant_erasures_one_open: () => personalDataError('tenant_erasure_scheduled'),
  })
}

/** @returns the id of the one that was waiting; null: none was */
export async function cancelScheduled(tx: Tx, tenantId: string): Promise<string | null> {
  const row = await tx
    .updateTable('tenant_erasures')
    .set({ status: 'cancelled' })
    .where('tenant_id', '=', tenantId)
    .where('status', '=', 'scheduled')
    .returning('id')
    .executeTakeFirst()
  return row?.id ?? null
}

/** is_quiet: what was under way when the tenant was closed is over. */
type Started = {
  created_at: Date
  due_at: Date
  started_at: Date
  reason: string
  requested_by: unknown
  is_quiet: boolean
}

/**
 * Begins, or goes on with one that somebody else has begun: nobody signs in any more, and the heads of the audit log's chains are
 * noted. @returns null where it was cancelled or has ended
 */
export async function startTenantErasure(tx: Tx, tenantId: string, id: string): Promise<Started | null> {
  const found = await sql<Started>`
    update tenant_erasures set status = 'running', started_at = coalesce(started_at, now()),
           audit_heads = coalesce(audit_heads, (
             select jsonb_agg(jsonb_build_object('category', category, 'sequence', sequence, 'link_hash', encode(link_hash, 'hex'))
                      order by category) from audit_chains where tenant_id = ${tenantId}), '[]')
     where tenant_id = ${tenantId} and id = ${id} and status in ('scheduled', 'running') and due_at <= now()
    returning created_at, due_at, started_at, reason, requested_by, started_at <= now() - interval '2 minutes' as is_quiet`.execute(
    tx,
  )
  const [started] = found.rows
  if (!started) return null
  await tx.updateTable('tenants').set({ status: 'suspended' }).where('id', '=', tenantId).execute()
  return started
}

/** @returns how many rows went; null: it does not run */
export async function eraseRows(
  tx: Tx,
  tenantId: string,
  { id, limit }: { id: string; limit: number },
): Promise<number | null> {
  const found = await sql<{ gone: Record<string, number> | null }>`
    select erase_tenant_rows(${tenantId}, ${id}, ${limit}::integer) as gone`.execute(tx)
  const gone = found.rows[0]?.gone ?? null
  return gone === null ? null : Object.values(gone).reduce((sum, rows) => sum + rows, 0)
}

export async function findProof(
  tx: Tx,
  tenantId: string,
  id: string,
): Promise<{ audit_heads: unknown; removed: unknown; ended_at: Date }> {
  const found = await sql<{ audit_heads: unknown; removed: unknown; ended_at: Date }>`
    select audit_heads, removed, now() as ended_at from tenant_erasures
     where tenant_id = ${tenantId} and id = ${id} and status = 'running' for update`.execute(tx)
  const [row] = found.rows
  if (!row) throw new Error('the erasure of a tenant does not run')
  return row
}

export async function completeTenantErasure(
  tx: Tx,
  tenantId: string,
  given: { id: string; receipt: string; keyId: string; signature: Buffer; endedAt: Date },
): Promise<void> {
  const { id, receipt, keyId, signature, endedAt } = given
  await tx
    .updateTable('tenant_erasures')
    .set({ status: 'completed', ended_at: endedAt, receipt, key_id: keyId, signature })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
}

export function findDue(database: Database): Promise<{ tenant_id: string; id: string }[]> {
  return database.platformRead<{ tenant_id: string; id: string }>('select tenant_id, id from due_tenant_erasures()')
}

export async function listTenantErasures(tx: Tx, tenantId: string): Promise<TenantErasure[]> {
  const rows = await tx
    .selectFrom('tenant_erasures')
    .select(['tenant_id', 'id', 'status', 'reason', 'due_at', 'ended_at', 'receipt', 'signature'])
    .where('tenant_id', '=', tenantId)
    .orderBy('created_at', 'desc')
    .execute()
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    id: row.id,
    status: row.status,
    reason: row.reason,
    dueAt: row.due_at,
    endedAt: row.ended_at,
    receipt: row.receipt,
    signature: row.signature?.toString('base64') ?? null,
  }))
}
