import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { accessError } from './errors.ts'

export type OwnRole = { name: string; description: string; permissions: string[]; createdAt: Date; updatedAt: Date }

const columns = ['name', 'description', 'permissions', 'created_at', 'updated_at'] as const

type Row = { name: string; description: string; permissions: string[]; created_at: Date; updated_at: Date }

function toRole(row: Row): OwnRole {
  return {
    name: row.name,
    description: row.description,
    permissions: row.permissions,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export async function listOwnRoles(tx: Tx, tenantId: string): Promise<OwnRole[]> {
  const rows = await tx.selectFrom('roles').select(columns).where('tenant_id', '=', tenantId).orderBy('name').execute()
  return rows.map(toRole)
}

/** Of these names, those that are the tenant's own roles; they cannot be changed or deleted before the unit of work ends. */
export async function lockOwnRoles(tx: Tx, tenantId: string, names: readonly string[]): Promise<OwnRole[]> {
  if (names.length === 0) return []
  const rows = await tx
    .selectFrom('roles')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where(sql<boolean>`name = any (${[...names]}::text[])`)
    .orderBy('name')
    .forShare()
    .execute()
  return rows.map(toRole)
}

/** @returns null if there is none */
export async function lockOwnRole(tx: Tx, tenantId: string, name: string): Promise<OwnRole | null> {
  const row = await tx
    .selectFrom('roles')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst()
  return row ? toRole(row) : null
}

export async function insertRole(
  tx: Tx,
  tenantId: string,
  role: { name: string; description: string; permissions: string[] },
): Promise<OwnRole> {
  const row = await onConstraint(
    tx
      .insertInto('roles')
      .values({ tenant_id: tenantId, ...role })
      .returning(columns)
      .executeTakeFirstOrThrow(),
    { roles_name_unique: () => accessError('role_name_taken') },
  )
  return toRole(row)
}

/** Changes the role and makes what is remembered of its holders' rights outdated, everywhere at once. */
export async function updateRole(
  tx: Tx,
  tenantId: string,
  name: string,
  changes: { description?: string; permissions?: string[]; updated_at: Date },
): Promise<OwnRole> {
  const row = await tx
    .updateTable('roles')
    .set(changes)
    .where('tenant_id', '=', tenantId)
    .where('name', '=', name)
    .returning(columns)
    .executeTakeFirstOrThrow()
  await tx
    .updateTable('users')
    .set((eb) => ({ access_version: eb('access_version', '+', 1) }))
    .where('tenant_id', '=', tenantId)
    .where(sql<boolean>`roles @> array[${name}]`)
    .execute()
  return toRole(row)
}

/** Whether a user, or somebody invited, has the role. */
export async function isRoleHeld(tx: Tx, tenantId: string, name: string): Promise<boolean> {
  const found = await sql<{ held: boolean }>`select exists (
      select 1 from users where tenant_id = ${tenantId} and roles @> array[${name}]
      union all
      select 1 from invitations
       where tenant_id = ${tenantId} and roles @> array[${name}] and accepted_at is null and expires_at > now()
    ) as held`.execute(tx)
  return found.rows[0]?.held ?? false
}

export async function deleteRole(tx: Tx, tenantId: string, name: string): Promise<void> {
  await tx.deleteFrom('roles').where('tenant_id', '=', tenantId).where('name', '=', name).execute()
}
