import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { userError } from './errors.ts'

export type User = {
  id: string
  email: string
  displayName: string
  roles: string[]
  status: 'active' | 'deactivated'
  createdAt: Date
}

const columns = ['id', 'email', 'display_name', 'roles', 'status', 'created_at'] as const

/** Addresses are compared without case, as mail systems in practice do. */
export function emailKey(email: string): string {
  return email.normalize('NFC').trim().toLowerCase()
}

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
        email: user.email.trim(),
        email_key: emailKey(user.email),
        display_name: user.displayName,
        password_hash: user.passwordHash,
        roles: user.roles,
      })
      .returning(columns)
      .executeTakeFirstOrThrow(),
    { users_email_unique: () => userError('user_email_taken') },
  )
  return {
    id: row.id,
    email: row.email,
    displayName: row.display_name,
    roles: row.roles,
    status: row.status,
    createdAt: row.created_at,
  }
}

/** Sets the password and ends every session of the user. @returns the user's id, or null if there is none */
export async function replacePassword(
  tx: Tx,
  tenantId: string,
  email: string,
  { passwordHash, now }: { passwordHash: string; now: Date },
): Promise<string | null> {
  const updated = await tx
    .updateTable('users')
    .set((eb) => ({
      password_hash: passwordHash,
      access_version: eb('access_version', '+', 1),
      status: 'active',
      updated_at: now,
    }))
    .where('tenant_id', '=', tenantId)
    .where('email_key', '=', emailKey(email))
    .returning('id')
    .executeTakeFirst()
  if (!updated) return null
  await tx
    .updateTable('sessions')
    .set({ revoked_at: now, revoked_reason: 'password_reset' })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', updated.id)
    .where('revoked_at', 'is', null)
    .execute()
  return updated.id
}

export type SignInCandidate = { tenantId: string; userId: string; passwordHash: string; canSignIn: boolean }

/** The user's secret half, in the tenant that the unit of work has entered. */
export async function findCandidate(tx: Tx, tenantId: string, userId: string): Promise<SignInCandidate | null> {
  const row = await tx
    .selectFrom('users')
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .select(['users.password_hash', 'users.status', 'tenants.status as tenant_status'])
    .where('users.tenant_id', '=', tenantId)
    .where('users.id', '=', userId)
    .executeTakeFirst()
  if (!row) return null
  const canSignIn = row.status === 'active' && row.tenant_status === 'active'
  return { tenantId, userId, passwordHash: row.password_hash, canSignIn }
}
