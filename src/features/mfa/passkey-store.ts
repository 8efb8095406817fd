import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { mfaError } from './errors.ts'
import type { Owner } from './store.ts'

export type Passkey = { id: string; name: string; transports: string[]; createdAt: Date; lastUsedAt: Date | null }
export type PasskeyKey = { id: string; publicKey: Buffer; signCount: number; transports: string[] }

export async function listPasskeys(tx: Tx, { tenantId, userId }: Owner): Promise<Passkey[]> {
  const rows = await tx
    .selectFrom('passkeys')
    .select(['id', 'name', 'transports', 'created_at', 'last_used_at'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    transports: row.transports,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }))
}

export async function insertPasskey(
  tx: Tx,
  { tenantId, userId }: Owner,
  passkey: PasskeyKey & { name: string; isBackedUp: boolean },
): Promise<void> {
  await onConstraint(
    tx
      .insertInto('passkeys')
      .values({
        tenant_id: tenantId,
        id: passkey.id,
        user_id: userId,
        name: passkey.name,
        public_key: passkey.publicKey,
        sign_count: passkey.signCount,
        transports: passkey.transports,
        is_backed_up: passkey.isBackedUp,
      })
      .execute(),
    { passkeys_pkey: () => mfaError('passkey_known') },
  )
}

export async function findPasskey(tx: Tx, { tenantId, userId }: Owner, id: string): Promise<PasskeyKey | null> {
  const row = await tx
    .selectFrom('passkeys')
    .select(['id', 'public_key', 'sign_count', 'transports'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!row) return null
  return { id: row.id, publicKey: row.public_key, signCount: Number(row.sign_count), transports: row.transports }
}

export async function recordPasskeyUse(
  tx: Tx,
  { tenantId, userId }: Owner,
  use: { id: string; signCount: number; now: Date },
): Promise<void> {
  await tx
    .updateTable('passkeys')
    .set({ sign_count: use.signCount, last_used_at: use.now })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('id', '=', use.id)
    .execute()
}

export async function deletePasskey(tx: Tx, { tenantId, userId }: Owner, id: string): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('passkeys')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .executeTakeFirst()
  return deleted.numDeletedRows > 0n
}

export async function deleteAllPasskeys(tx: Tx, { tenantId, userId }: Owner): Promise<void> {
  await tx.deleteFrom('passkeys').where('tenant_id', '=', tenantId).where('user_id', '=', userId).execute()
}

export type Ceremony = { purpose: 'registration' | 'authentication'; boundTo: string }

const challengeLifetimeSeconds = 300

export async function insertChallenge(
  tx: Tx,
  { tenantId, userId }: Owner,
  { purpose, boundTo, challenge }: Ceremony & { challenge: string },
): Promise<void> {
  await tx
    .insertInto('webauthn_challenges')
    .values({
      tenant_id: tenantId,
      challenge,
      user_id: userId,
      purpose,
      bound_to: boundTo,
      expires_at: sql<Date>`now() + make_interval(secs => ${challengeLifetimeSeconds})`,
    })
    .execute()
}

/** Takes the challenge away: it is answered once, by whom it was made for. @returns whether there was one */
export async function takeChallenge(
  tx: Tx,
  { tenantId, userId }: Owner,
  { purpose, boundTo, challenge }: Ceremony & { challenge: string },
): Promise<boolean> {
  const taken = await tx
    .deleteFrom('webauthn_challenges')
    .where('tenant_id', '=', tenantId)
    .where('challenge', '=', challenge)
    .where('user_id', '=', userId)
    .where('purpose', '=', purpose)
    .where('bound_to', '=', boundTo)
    .where('expires_at', '>', sql<Date>`now()`)
    .executeTakeFirst()
  return taken.numDeletedRows > 0n
}
