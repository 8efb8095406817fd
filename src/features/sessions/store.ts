import type { Compilable } from 'kysely'
import { CompiledQuery, sql } from 'kysely'
import { addressKnownForDays } from '#features/throttling/index.ts'
import type { Database } from '#platform/db/database.ts'
import { tenantEntrance } from '#platform/db/tenant-table.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { idleLimitSeconds } from './rules.ts'

/** Sessions last used before this have ended. */
export function idleSince(now: Date): Date {
  return new Date(now.getTime() - idleLimitSeconds * 1000)
}

export type SignInCandidate = {
  tenantId: string
  userId: string
  passwordHash: string
  canSignIn: boolean
  mfaEnabled: boolean
  isKnownAddress: boolean
}

/** Users of this address, in the tenant or (null) in any, and whether they are known at the network that asks. */
export async function findSigners(
  tx: Tx,
  emailKey: string,
  { tenantId, network }: { tenantId: string | null; network: string },
): Promise<SignInCandidate[]> {
  const found = await tx.executeQuery<{
    tenant_id: string
    user_id: string
    password_hash: string
    can_sign_in: boolean
    mfa_enabled: boolean
    is_known_address: boolean
  }>(
    CompiledQuery.raw('select * from find_sign_in($1, $2, $3, $4)', [emailKey, tenantId, network, addressKnownForDays]),
  )
  return found.rows.map((row) => ({
    tenantId: row.tenant_id,
    userId: row.user_id,
    passwordHash: row.password_hash,
    canSignIn: row.can_sign_in,
    mfaEnabled: row.mfa_enabled,
    isKnownAddress: row.is_known_address,
  }))
}

/** Leaves the unit of work in this tenant, whether it exists or not. */
export async function tenantExists(tx: Tx, tenantId: string): Promise<boolean> {
  await sql`select enter_tenant(${tenantId})`.execute(tx)
  const row = await tx.selectFrom('tenants').select('id').where('id', '=', tenantId).executeTakeFirst()
  return row !== undefined
}

export async function clientExists(tx: Tx, tenantId: string, clientUid: string): Promise<boolean> {
  const row = await tx
    .selectFrom('clients')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', clientUid)
    .executeTakeFirst()
  return row !== undefined
}

/** Somebody who is about to sign in, as he stands at this moment. */
export type Signer = { emailKey: string; passwordHash: string; canSignIn: boolean; mfaEnabled: boolean }

/**
 * Locks the user's row: two sign-ins of one user follow one another, else both would count the same sessions; and a
 * change of the password, the status or the second factors is either seen or waits.
 */
export async function lockSigner(tx: Tx, tenantId: string, userId: string): Promise<Signer | null> {
  const row = await tx
    .selectFrom('users')
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .select([
      'users.email_key',
      'users.password_hash',
      'users.status',
      'users.mfa_enabled',
      'tenants.status as tenant_status',
    ])
    .where('users.tenant_id', '=', tenantId)
    .where('users.id', '=', userId)
    .forNoKeyUpdate(['users'])
    .executeTakeFirst()
  if (!row) return null
  return {
    emailKey: row.email_key,
    passwordHash: row.password_hash,
    canSignIn: row.status === 'active' && row.tenant_status === 'active',
    mfaEnabled: row.mfa_enabled,
  }
}

/** What the user can finish a sign-in with: totp, backup_code, passkey. */
export async function listSecondFactors(tx: Tx, tenantId: string, userId: string): Promise<string[]> {
  const found = await sql<{ method: string }>`
    select 'totp' as method from totp_authenticators
     where tenant_id = ${tenantId} and user_id = ${userId} and activated_at is not null
    union all
    select 'passkey' where exists (select 1 from passkeys where tenant_id = ${tenantId} and user_id = ${userId})
    union all
    select 'backup_code' where exists (select 1 from backup_codes
     where tenant_id = ${tenantId} and user_id = ${userId} and not is_pending and used_at is null)`.execute(tx)
  return found.rows.map((row) => row.method)
}

export async function markSteppedUp(tx: Tx, tenantId: string, sessionId: string, now: Date): Promise<void> {
  await tx
    .updateTable('sessions')
    .set({ stepped_up_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', sessionId)
    .execute()
}

export function insertRefreshToken(
  tx: Tx,
  tenantId: string,
  token: { hash: Buffer; sessionId: string; expiresAt: Date },
): Compilable {
  return tx.insertInto('refresh_tokens').values({
    tenant_id: tenantId,
    token_hash: token.hash,
    session_id: token.sessionId,
    expires_at: token.expiresAt,
  })
}

export async function findTenantOfRefreshToken(
  tx: Tx,
  hash: Buffer,
): Promise<{ tenant_id: string; session_id: string } | null> {
  const found = await sql<{ tenant_id: string; session_id: string }>`select * from find_refresh_token(${hash})`.execute(
    tx,
  )
  return found.rows[0] ?? null
}

/** Marks the token used; spent: it had been used before. */
export async function useRefreshToken(
  tx: Tx,
  tenantId: string,
  hash: Buffer,
  now: Date,
): Promise<'used' | 'spent' | 'expired'> {
  const used = await tx
    .updateTable('refresh_tokens')
    .set({ used_at: now })
    .where('tenant_id', '=', tenantId)
    .where('token_hash', '=', hash)
    .where('used_at', 'is', null)
    .returning('expires_at')
    .executeTakeFirst()
  if (!used) return 'spent'
  return used.expires_at > now ? 'used' : 'expired'
}

export type LiveSession = {
  id: string
  user_id: string
  client_id: string | null
  expires_at: Date
  roles: string[]
  access_version: number
}

const liveSession = sql`
  select s.id, s.user_id, s.client_id, s.expires_at, u.roles, u.access_version
    from sessions s
    join users u on u.tenant_id = s.tenant_id and u.id = s.user_id and u.status = 'active'
    join tenants t on t.id = s.tenant_id and t.status = 'active'`

/** The session with its user, if both may still be used. */
export async function findLiveSession(
  tx: Tx,
  tenantId: string,
  sessionId: string,
  now: Date,
): Promise<LiveSession | null> {
  const found = await sql<LiveSession>`${liveSession}
    where s.tenant_id = ${tenantId} and s.id = ${sessionId} and s.revoked_at is null and s.expires_at > ${now}
      and s.last_seen_at > ${idleSince(now)}`.execute(tx)
  return found.rows[0] ?? null
}

export function touchSession(tx: Tx, tenantId: string, sessionId: string, now: Date): Compilable {
  return tx
    .updateTable('sessions')
    .set({ last_seen_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', sessionId)
}

/** @returns whether this call ended it */
export async function endSession(
  tx: Tx,
  tenantId: string,
  sessionId: string,
  { reason, now }: { reason: string; now: Date },
): Promise<boolean> {
  const ended = await tx
    .updateTable('sessions')
    .set({ revoked_at: now, revoked_reason: reason })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', sessionId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return ended.numUpdatedRows > 0n
}

export type AccessOfSession = { roles: string[]; access_version: number; own_permissions: string[] }

/** Roles of the session's user, and what the tenant's own ones give, to build the actor that later entrances confirm. */
export async function findAccess(
  database: Database,
  tenantId: string,
  sessionId: string,
): Promise<AccessOfSession | null> {
  const [, found] = await database.quickRead([
    tenantEntrance(tenantId),
    {
      text: `select u.roles, u.access_version, array(
          select distinct unnest(r.permissions) from roles r where r.tenant_id = u.tenant_id and r.name = any (u.roles)
        ) as own_permissions
        from sessions s
        join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
       where s.tenant_id = $1 and s.id = $2`,
      values: [tenantId, sessionId],
    },
  ])
  return (found?.rows[0] as AccessOfSession | undefined) ?? null
}
