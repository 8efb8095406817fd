import { sql } from 'kysely'
import { administratorRole, ownerRole } from '#features/access/index.ts'
import type { Database } from '#platform/db/database.ts'
import { rowLimit } from '#platform/db/row-limit.ts'
import { tenantEntrance } from '#platform/db/tenant-table.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { userError } from './errors.ts'

export type UserStatus = 'active' | 'deactivated'

export type User = {
  id: string
  email: string
  displayName: string
  roles: string[]
  status: UserStatus
  mfaEnabled: boolean
  createdAt: Date
}

const columns = ['id', 'email', 'display_name', 'roles', 'status', 'mfa_enabled', 'created_at'] as const

type Row = {
  id: string
  email: string
  display_name: string
  roles: string[]
  status: UserStatus
  mfa_enabled: boolean
  created_at: Date
}

function toUser(row: Row): User {
  return {
    id: row.id,
    email: row.email,
    displayName: row.display_name,
    roles: row.roles,
    status: row.status,
    mfaEnabled: row.mfa_enabled,
    createdAt: row.created_at,
  }
}

/** Addresses are compared without case, as mail systems in practice do. */
export function emailKey(email: string): string {
  return email.normalize('NFC').trim().toLowerCase()
}

const taken = { users_email_unique: () => userError('user_email_taken') }

export async function insertUser(
  tx: Tx,
  tenantId: string,
  user: { id: string; email: string; displayName: string; passwordHash: string; roles: string[] },
): Promise<User> {
  const row = await onConstraint(
    tx
      .insertInto('users')
      .values({
        tenant_id: tenantId,
        id: user.id,
        ...addressColumns(user.email),
        display_name: user.displayName,
        password_hash: user.passwordHash,
        roles: user.roles,
      })
      .returning(columns)
      .executeTakeFirstOrThrow(),
    taken,
  )
  return toUser(row)
}

export type UserSearch = {
  search: string | null
  status: User['status'] | null
  /** Of these only. */
  ids: readonly string[] | null
  after: string | null
  limit: number
}

/** In the order of their creation. What is searched is found by an index (users_by_part). */
export async function listUsers(
  tx: Tx,
  tenantId: string,
  { search, status, ids, after, limit }: UserSearch,
): Promise<User[]> {
  let query = tx.selectFrom('users').select(columns).where('tenant_id', '=', tenantId)
  if (ids !== null) query = query.where(sql<boolean>`id = any(${[...ids]}::text[])`)
  if (search !== null) {
    const part = search.trim().toLowerCase()
    // An array, so that each is looked up; a join would be planned for many, and go through all users.
    const fitting = sql`array(select users_by_part(${part}, ${status}, ${after ?? ''}, ${rowLimit(limit)}))`
    query = query.where(sql<boolean>`id = any(${fitting})`)
  } else {
    query = query.where('id', '>', after ?? '')
    if (status !== null) query = query.where('status', '=', status)
  }
  const rows = await query.orderBy('id').limit(rowLimit(limit)).execute()
  return rows.map(toUser)
}

export async function findUser(tx: Tx, tenantId: string, id: string): Promise<User | null> {
  const row = await tx
    .selectFrom('users')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toUser(row) : null
}

/** Until the end of the unit of work nobody else changes the user. */
export async function lockUser(tx: Tx, tenantId: string, id: string): Promise<User | null> {
  const row = await tx
    .selectFrom('users')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row ? toUser(row) : null
}

export async function lockUserByEmail(tx: Tx, tenantId: string, email: string): Promise<User | null> {
  const row = await tx
    .selectFrom('users')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('email_key', '=', emailKey(email))
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row ? toUser(row) : null
}

/**
 * The active owners, locked in one order: two owners who take the role from each other at once follow one another, and
 * the second finds himself the last.
 */
export async function lockActiveOwners(tx: Tx, tenantId: string): Promise<string[]> {
  const found = await sql<{ id: string }>`
    select id from users
     where tenant_id = ${tenantId} and status = 'active' and roles @> array[${ownerRole}]
     order by id for no key update`.execute(tx)
  return found.rows.map((row) => row.id)
}

/** Where the active owners and administrators are written to. */
export async function administratorAddresses(tx: Tx, tenantId: string): Promise<string[]> {
  const found = await sql<{ email: string }>`
    select email from users
     where tenant_id = ${tenantId} and status = 'active' and roles && array[${ownerRole}, ${administratorRole}]
     order by id`.execute(tx)
  return found.rows.map((row) => row.email)
}

/** E-mail addresses of active users, in the order of their ids. */
export async function addressesOf(tx: Tx, tenantId: string, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const found = await sql<{ email: string }>`
    select email from users where tenant_id = ${tenantId} and status = 'active' and id = any(${[...ids]}) order by id`.execute(
    tx,
  )
  return found.rows.map((row) => row.email)
}

export type UserChanges = {
  display_name?: string
  email?: string
  email_key?: string
  roles?: string[]
  status?: UserStatus
  updated_at: Date
}

export function addressColumns(email: string): { email: string; email_key: string } {
  return { email: email.trim(), email_key: emailKey(email) }
}

/** Changes the user; what is remembered of his rights anywhere is outdated by it. */
export async function updateUser(tx: Tx, tenantId: string, id: string, changes: UserChanges): Promise<User> {
  const row = await onConstraint(
    tx
      .updateTable('users')
      .set((eb) => ({ ...changes, access_version: eb('access_version', '+', 1) }))
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .returning(columns)
      .executeTakeFirstOrThrow(),
    taken,
  )
  return toUser(row)
}

/** Ends the user's sessions, all or all but one, and sign-ins that wait for their second factor: their password was the one before. */
export async function endSessions(
  tx: Tx,
  tenantId: string,
  userId: string,
  { reason, now, except }: { reason: string; now: Date; except?: string },
): Promise<void> {
  let query = tx
    .updateTable('sessions')
    .set({ revoked_at: now, revoked_reason: reason })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
  if (except !== undefined) query = query.where('id', '!=', except)
  await query.execute()
  await tx.deleteFrom('pending_sign_ins').where('tenant_id', '=', tenantId).where('user_id', '=', userId).execute()
}

/** Links to reset the password that are still under way work no more. */
export async function withdrawPasswordLinks(tx: Tx, tenantId: string, userId: string, now: Date): Promise<void> {
  await tx
    .updateTable('password_resets')
    .set({ used_at: now })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('used_at', 'is', null)
    .execute()
}

/** Sets the password; links to reset it that are still under way work no more. */
export async function setPassword(
  tx: Tx,
  tenantId: string,
  userId: string,
  { passwordHash, now }: { passwordHash: string; now: Date },
): Promise<void> {
  await tx
    .updateTable('users')
    .set((eb) => ({ password_hash: passwordHash, access_version: eb('access_version', '+', 1), updated_at: now }))
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .execute()
  await withdrawPasswordLinks(tx, tenantId, userId, now)
}

/** Of a user of the tenant that the unit of work has entered. */
export async function findPasswordHash(tx: Tx, tenantId: string, userId: string): Promise<string | null> {
  const row = await tx
    .selectFrom('users')
    .select('password_hash')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .executeTakeFirst()
  return row?.password_hash ?? null
}

/** Where an active user is written to, and in whose name; for a job, which is in no unit of work. */
export async function findRecipient(
  database: Database,
  tenantId: string,
  userId: string,
): Promise<{ to: string; tenantName: string } | null> {
  const [, found] = await database.quickRead([
    tenantEntrance(tenantId),
    {
      text: `select u.email as to, t.name as "tenantName" from users u join tenants t on t.id = u.tenant_id
        where u.tenant_id = $1 and u.id = $2 and u.status = 'active'`,
      values: [tenantId, userId],
    },
  ])
  return (found?.rows[0] as { to: string; tenantName: string } | undefined) ?? null
}
