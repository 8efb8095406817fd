import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'

/** Whose second factors. */
export type Owner = { tenantId: string; userId: string }

export type FactorOwner = { email: string; roles: string[]; mfaEnabled: boolean; mfaRequired: boolean }

/** Changes of one user's second factors follow one another: each decides on what the other left. */
export async function lockFactors(tx: Tx, owner: Owner): Promise<FactorOwner> {
  const found = await findAndLockFactors(tx, owner)
  if (!found) throw new Error('a signed-in user is a user')
  return found
}

export async function findAndLockFactors(tx: Tx, { tenantId, userId }: Owner): Promise<FactorOwner | null> {
  const row = await tx
    .selectFrom('users')
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .select(['users.email', 'users.roles', 'users.mfa_enabled', 'tenants.mfa_required'])
    .where('users.tenant_id', '=', tenantId)
    .where('users.id', '=', userId)
    .forNoKeyUpdate(['users'])
    .executeTakeFirst()
  if (!row) return null
  return { email: row.email, roles: row.roles, mfaEnabled: row.mfa_enabled, mfaRequired: row.mfa_required }
}

export async function findEmail(tx: Tx, { tenantId, userId }: Owner): Promise<string> {
  const row = await tx
    .selectFrom('users')
    .select('email')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .executeTakeFirstOrThrow()
  return row.email
}

export async function setMfaEnabled(tx: Tx, { tenantId, userId }: Owner, enabled: boolean): Promise<void> {
  await tx
    .updateTable('users')
    .set({ mfa_enabled: enabled })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .execute()
}

export async function markSteppedUp(tx: Tx, tenantId: string, sessionId: string, now: Date): Promise<void> {
  await tx
    .updateTable('sessions')
    .set({ stepped_up_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', sessionId)
    .execute()
}

export async function endSessions(tx: Tx, { tenantId, userId }: Owner, reason: string, now: Date): Promise<void> {
  await tx
    .updateTable('sessions')
    .set({ revoked_at: now, revoked_reason: reason })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .execute()
}

// ---------------------------------------------------------------- authenticator

export type Totp = { secretCiphertext: string; activatedAt: Date | null }

export async function findTotp(tx: Tx, { tenantId, userId }: Owner): Promise<Totp | null> {
  const row = await tx
    .selectFrom('totp_authenticators')
    .select(['secret_ciphertext', 'activated_at'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row ? { secretCiphertext: row.secret_ciphertext, activatedAt: row.activated_at } : null
}

/** Replaces a set-up that was not completed. */
export async function replaceTotp(tx: Tx, { tenantId, userId }: Owner, secretCiphertext: string): Promise<void> {
  const values = { secret_ciphertext: secretCiphertext, last_used_step: 0, activated_at: null }
  await tx
    .insertInto('totp_authenticators')
    .values({ tenant_id: tenantId, user_id: userId, ...values })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'user_id']).doUpdateSet(values))
    .execute()
}

export async function activateTotp(tx: Tx, { tenantId, userId }: Owner, now: Date): Promise<void> {
  await tx
    .updateTable('totp_authenticators')
    .set({ activated_at: now })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .execute()
}

/** @returns false when this step, or a later one, has been used: a code works once */
export async function useStep(tx: Tx, { tenantId, userId }: Owner, step: number): Promise<boolean> {
  const used = await tx
    .updateTable('totp_authenticators')
    .set({ last_used_step: step })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('last_used_step', '<', String(step))
    .executeTakeFirst()
  return used.numUpdatedRows > 0n
}

export async function deleteTotp(tx: Tx, { tenantId, userId }: Owner): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('totp_authenticators')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return deleted.numDeletedRows > 0n
}

// ---------------------------------------------------------------- backup codes

/** Replaces the codes of the same kind: those in force, or those of a set-up that is not complete. */
export async function replaceBackupCodes(
  tx: Tx,
  { tenantId, userId }: Owner,
  codes: { hashes: readonly Buffer[]; isPending: boolean },
): Promise<void> {
  await deleteBackupCodes(tx, { tenantId, userId }, { isPending: codes.isPending })
  await tx
    .insertInto('backup_codes')
    .values(
      codes.hashes.map((hash) => ({
        tenant_id: tenantId,
        user_id: userId,
        code_hash: hash,
        is_pending: codes.isPending,
      })),
    )
    .execute()
}

/** The codes that the set-up showed take the place of the ones before. */
export async function activatePendingBackupCodes(tx: Tx, { tenantId, userId }: Owner): Promise<void> {
  await deleteBackupCodes(tx, { tenantId, userId }, { isPending: false })
  await tx
    .updateTable('backup_codes')
    .set({ is_pending: false })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .execute()
}

export async function deleteBackupCodes(
  tx: Tx,
  { tenantId, userId }: Owner,
  which: { isPending?: boolean } = {},
): Promise<void> {
  let query = tx.deleteFrom('backup_codes').where('tenant_id', '=', tenantId).where('user_id', '=', userId)
  if (which.isPending !== undefined) query = query.where('is_pending', '=', which.isPending)
  await query.execute()
}

/** @returns whether there was such a code that had not been used */
export async function useBackupCode(tx: Tx, { tenantId, userId }: Owner, hash: Buffer, now: Date): Promise<boolean> {
  const used = await tx
    .updateTable('backup_codes')
    .set({ used_at: now })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('code_hash', '=', hash)
    .where('is_pending', '=', false)
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return used.numUpdatedRows > 0n
}

export async function countBackupCodes(tx: Tx, { tenantId, userId }: Owner): Promise<number> {
  const row = await tx
    .selectFrom('backup_codes')
    .select(sql<string>`count(*)`.as('count'))
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('is_pending', '=', false)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}
