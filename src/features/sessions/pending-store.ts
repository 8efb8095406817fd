import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { mostWrongCodes, pendingLifetimeSeconds } from './rules.ts'

export type PendingSignIn = {
  id: string
  userId: string
  clientUid: string | null
  accessLifetimeSeconds: number
}

export async function insertPending(
  tx: Tx,
  tenantId: string,
  pending: PendingSignIn & { tokenHash: Buffer; ipAddress: string | null; now: Date },
): Promise<void> {
  await tx
    .insertInto('pending_sign_ins')
    .values({
      tenant_id: tenantId,
      id: pending.id,
      token_hash: pending.tokenHash,
      user_id: pending.userId,
      client_id: pending.clientUid,
      access_lifetime_seconds: pending.accessLifetimeSeconds,
      ip_address: pending.ipAddress,
      proven_code_hash: null,
      expires_at: new Date(pending.now.getTime() + pendingLifetimeSeconds * 1000),
    })
    .execute()
}

type Located = { tenant_id: string; id: string }

export async function locateByToken(tx: Tx, tokenHash: Buffer): Promise<Located | null> {
  const found = await sql<Located>`select * from find_pending_sign_in(${tokenHash})`.execute(tx)
  return found.rows[0] ?? null
}

/** The newest pending sign-in of the user that came from the address. */
export async function locateByAddress(tx: Tx, userId: string, address: string | null): Promise<Located | null> {
  if (address === null) return null
  const found = await sql<Located>`select * from find_pending_sign_in_from(${userId}, ${address})`.execute(tx)
  return found.rows[0] ?? null
}

/** Locked until the end of the unit of work: codes for it are judged one after another. @returns null when it has ended */
export async function lockPending(tx: Tx, tenantId: string, id: string): Promise<PendingSignIn | null> {
  const row = await tx
    .selectFrom('pending_sign_ins')
    .select(['id', 'user_id', 'client_id', 'access_lifetime_seconds'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('expires_at', '>', sql<Date>`now()`)
    .where('wrong_codes', '<', mostWrongCodes)
    .forUpdate()
    .executeTakeFirst()
  if (!row) return null
  return {
    id: row.id,
    userId: row.user_id,
    clientUid: row.client_id,
    accessLifetimeSeconds: row.access_lifetime_seconds,
  }
}

export async function countWrongCode(tx: Tx, tenantId: string, id: string): Promise<void> {
  await tx
    .updateTable('pending_sign_ins')
    .set((eb) => ({ wrong_codes: eb('wrong_codes', '+', 1) }))
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
}

export async function keepProvenCode(tx: Tx, tenantId: string, id: string, codeHash: Buffer): Promise<void> {
  await tx
    .updateTable('pending_sign_ins')
    .set({ proven_code_hash: codeHash })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
}

/** Whether this code was proven for a sign-in of the user that is pending from the address; it is used up by this. */
export async function takeProvenCode(
  tx: Tx,
  tenantId: string,
  { userId, address, codeHash }: { userId: string; address: string | null; codeHash: Buffer },
): Promise<boolean> {
  const taken = await tx
    .updateTable('pending_sign_ins')
    .set({ proven_code_hash: null })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('ip_address', '=', address)
    .where('proven_code_hash', '=', codeHash)
    .where('expires_at', '>', sql<Date>`now()`)
    .executeTakeFirst()
  return taken.numUpdatedRows > 0n
}

export async function deletePending(tx: Tx, tenantId: string, id: string): Promise<void> {
  await tx.deleteFrom('pending_sign_ins').where('tenant_id', '=', tenantId).where('id', '=', id).execute()
}
