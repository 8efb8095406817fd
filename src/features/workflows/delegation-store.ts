import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'

export type Delegation = { id: string; fromUser: string; toUser: string; startsAt: Date; endsAt: Date; createdAt: Date }

/** Given and received, those that have not ended. */
export async function listDelegations(tx: Tx, tenantId: string, userId: string): Promise<Delegation[]> {
  const found = await sql<{
    id: string
    from_user: string
    to_user: string
    starts_at: Date
    ends_at: Date
    created_at: Date
  }>`
    select id, from_user, to_user, starts_at, ends_at, created_at from workflow_delegations
     where tenant_id = ${tenantId} and (from_user = ${userId} or to_user = ${userId}) and ends_at > now()
     order by id limit 1000`.execute(tx)
  return found.rows.map((row) => ({
    id: row.id,
    fromUser: row.from_user,
    toUser: row.to_user,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    createdAt: row.created_at,
  }))
}

export async function insertDelegation(tx: Tx, tenantId: string, one: Delegation): Promise<void> {
  await tx
    .insertInto('workflow_delegations')
    .values({
      tenant_id: tenantId,
      id: one.id,
      from_user: one.fromUser,
      to_user: one.toUser,
      starts_at: one.startsAt,
      ends_at: one.endsAt,
      created_at: one.createdAt,
    })
    .execute()
}

export async function deleteDelegation(
  tx: Tx,
  tenantId: string,
  { id, fromUser }: { id: string; fromUser: string },
): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('workflow_delegations')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('from_user', '=', fromUser)
    .executeTakeFirst()
  return deleted.numDeletedRows > 0n
}
