/** Invitations and password resets: what a one-time link stands for. */
import { sql } from 'kysely'
import type { Database } from '#platform/db/database.ts'
import { tenantEntrance } from '#platform/db/tenant-table.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { emailKey } from './store.ts'

export type Invitation = {
  id: string
  email: string
  roles: string[]
  invitedBy: string | null
  createdAt: Date
  expiresAt: Date
}

const columns = ['id', 'email', 'roles', 'invited_by', 'created_at', 'expires_at'] as const

type Row = {
  id: string
  email: string
  roles: string[]
  invited_by: string | null
  created_at: Date
  expires_at: Date
}

function toInvitation(row: Row): Invitation {
  return {
    id: row.id,
    email: row.email,
    roles: row.roles,
    invitedBy: row.invited_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}

/** One open invitation an address: another one takes its place, and its link works no more. */
export async function replaceInvitation(
  tx: Tx,
  tenantId: string,
  invitation: {
    id: string
    tokenHash: Buffer
    email: string
    roles: string[]
    invitedBy: string | null
    expiresAt: Date
    now: Date
  },
): Promise<Invitation> {
  const values = {
    id: invitation.id,
    token_hash: invitation.tokenHash,
    email: invitation.email.trim(),
    roles: invitation.roles,
    invited_by: invitation.invitedBy,
    created_at: invitation.now,
    expires_at: invitation.expiresAt,
  }
  const row = await tx
    .insertInto('invitations')
    .values({ tenant_id: tenantId, email_key: emailKey(invitation.email), ...values })
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'email_key']).where('accepted_at', 'is', null).doUpdateSet(values),
    )
    .returning(columns)
    .executeTakeFirstOrThrow()
  return toInvitation(row)
}

export async function listInvitations(tx: Tx, tenantId: string, now: Date): Promise<Invitation[]> {
  const rows = await tx
    .selectFrom('invitations')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('accepted_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('id')
    .execute()
  return rows.map(toInvitation)
}

export async function deleteInvitation(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('invitations')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('accepted_at', 'is', null)
    .executeTakeFirst()
  return deleted.numDeletedRows > 0n
}

type Located = { tenant_id: string; id: string }

export async function locateInvitation(tx: Tx, tokenHash: Buffer): Promise<Located | null> {
  const found = await sql<Located>`select * from find_invitation(${tokenHash})`.execute(tx)
  return found.rows[0] ?? null
}

type Link = { tokenHash: Buffer; now: Date }

/** @returns null when it was used, replaced or has expired */
export async function findOpenInvitation(tx: Tx, tenantId: string, link: Link): Promise<Invitation | null> {
  const row = await tx
    .selectFrom('invitations')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('token_hash', '=', link.tokenHash)
    .where('accepted_at', 'is', null)
    .where('expires_at', '>', link.now)
    .executeTakeFirst()
  return row ? toInvitation(row) : null
}

/** Uses the invitation up. @returns null when it was used, replaced or has expired */
export async function acceptInvitation(
  tx: Tx,
  tenantId: string,
  { id, tokenHash, now }: { id: string; tokenHash: Buffer; now: Date },
): Promise<Invitation | null> {
  const row = await tx
    .updateTable('invitations')
    .set({ accepted_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('token_hash', '=', tokenHash)
    .where('accepted_at', 'is', null)
    .where('expires_at', '>', now)
    .returning(columns)
    .executeTakeFirst()
  return row ? toInvitation(row) : null
}

// ---------------------------------------------------------------- password resets

export async function insertPasswordReset(
  tx: Tx,
  tenantId: string,
  reset: { tokenHash: Buffer; userId: string; expiresAt: Date },
): Promise<void> {
  await tx
    .insertInto('password_resets')
    .values({
      tenant_id: tenantId,
      token_hash: reset.tokenHash,
      user_id: reset.userId,
      expires_at: reset.expiresAt,
    })
    .execute()
}

export async function countRecentResets(tx: Tx, tenantId: string, userId: string, since: Date): Promise<number> {
  const row = await tx
    .selectFrom('password_resets')
    .select(sql<string>`count(*)`.as('count'))
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

export async function locatePasswordReset(
  tx: Tx,
  tokenHash: Buffer,
): Promise<{ tenant_id: string; user_id: string } | null> {
  const found = await sql<{
    tenant_id: string
    user_id: string
  }>`select * from find_password_reset(${tokenHash})`.execute(tx)
  return found.rows[0] ?? null
}

/** @returns whose password it sets; null when it was used or has expired */
export async function findOpenReset(tx: Tx, tenantId: string, link: Link): Promise<string | null> {
  const row = await tx
    .selectFrom('password_resets')
    .select('user_id')
    .where('tenant_id', '=', tenantId)
    .where('token_hash', '=', link.tokenHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', link.now)
    .executeTakeFirst()
  return row?.user_id ?? null
}

/** Uses the link up. @returns whether it could still be used */
export async function usePasswordReset(tx: Tx, tenantId: string, tokenHash: Buffer, now: Date): Promise<boolean> {
  const used = await tx
    .updateTable('password_resets')
    .set({ used_at: now })
    .where('tenant_id', '=', tenantId)
    .where('token_hash', '=', tokenHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return used.numUpdatedRows > 0n
}

/** One that reached nobody; for a job, which is in no unit of work. */
export async function dropPasswordReset(database: Database, tenantId: string, tokenHash: Buffer): Promise<void> {
  await database.batch([
    tenantEntrance(tenantId),
    {
      text: 'delete from password_resets where tenant_id = $1 and token_hash = $2 and used_at is null',
      values: [tenantId, tokenHash],
    },
  ])
}

/** Users of this name, in the tenant or (null) in any, for the job that writes to them. */
export async function findUsersByName(
  database: Database,
  username: string,
  tenantId: string | null,
): Promise<{ tenant_id: string; id: string }[]> {
  return database.platformRead('select tenant_id, id from find_sign_in_candidates($1, $2)', [
    emailKey(username),
    tenantId,
  ])
}
