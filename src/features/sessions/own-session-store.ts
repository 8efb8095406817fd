import type { Tx } from '#platform/db/unit-of-work.ts'
import { idleSince } from './store.ts'

export type OwnSession = {
  id: string
  ipAddress: string | null
  userAgent: string | null
  createdAt: Date
  lastSeenAt: Date
}

/** Whose sessions: a client-level caller deals with those of his client only. */
export type SessionOwner = { userId: string; clientUid: string | null }

/** Sessions of the user that can still be used, the one used last first; at account level those of clients too. */
export async function listSessions(tx: Tx, tenantId: string, owner: SessionOwner, now: Date): Promise<OwnSession[]> {
  let query = tx
    .selectFrom('sessions')
    .select(['id', 'ip_address', 'user_agent', 'created_at', 'last_seen_at'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', owner.userId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .where('last_seen_at', '>', idleSince(now))
  if (owner.clientUid !== null) query = query.where('client_id', '=', owner.clientUid)
  const rows = await query.orderBy('last_seen_at', 'desc').orderBy('id', 'desc').execute()
  return rows.map((row) => ({
    id: row.id,
    ipAddress: row.ip_address,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
  }))
}

/** @returns whether it can still be used; null when the user has no such session */
export async function isSessionLive(
  tx: Tx,
  tenantId: string,
  owner: SessionOwner & { sessionId: string; now: Date },
): Promise<boolean | null> {
  let query = tx
    .selectFrom('sessions')
    .select(['revoked_at', 'expires_at', 'last_seen_at'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', owner.sessionId)
    .where('user_id', '=', owner.userId)
  if (owner.clientUid !== null) query = query.where('client_id', '=', owner.clientUid)
  const row = await query.executeTakeFirst()
  if (!row) return null
  return row.revoked_at === null && row.expires_at > owner.now && row.last_seen_at > idleSince(owner.now)
}

/** Ends all sessions of the user but this one. @returns how many */
export async function endOtherSessions(
  tx: Tx,
  tenantId: string,
  owner: SessionOwner & { sessionId: string },
  { reason, now }: { reason: string; now: Date },
): Promise<number> {
  let query = tx
    .updateTable('sessions')
    .set({ revoked_at: now, revoked_reason: reason })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', owner.userId)
    .where('id', '!=', owner.sessionId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .where('last_seen_at', '>', idleSince(now))
  if (owner.clientUid !== null) query = query.where('client_id', '=', owner.clientUid)
  return Number((await query.executeTakeFirst()).numUpdatedRows)
}

export type Profile = {
  email: string
  displayName: string
  roles: string[]
  mfaEnabled: boolean
  mfaRequired: boolean
  tenantName: string
  steppedUpAt: Date | null
}

/** Of the session's user, for himself. */
export async function findProfile(tx: Tx, tenantId: string, sessionId: string): Promise<Profile | null> {
  const row = await tx
    .selectFrom('sessions')
    .innerJoin('users', (join) =>
      join.onRef('users.tenant_id', '=', 'sessions.tenant_id').onRef('users.id', '=', 'sessions.user_id'),
    )
    .innerJoin('tenants', 'tenants.id', 'sessions.tenant_id')
    .select([
      'users.email',
      'users.display_name',
      'users.roles',
      'users.mfa_enabled',
      'tenants.mfa_required',
      'tenants.name as tenant_name',
      'sessions.stepped_up_at',
    ])
    .where('sessions.tenant_id', '=', tenantId)
    .where('sessions.id', '=', sessionId)
    .executeTakeFirst()
  if (!row) return null
  return {
    email: row.email,
    displayName: row.display_name,
    roles: row.roles,
    mfaEnabled: row.mfa_enabled,
    mfaRequired: row.mfa_required,
    tenantName: row.tenant_name,
    steppedUpAt: row.stepped_up_at,
  }
}
