/** What roles give in a tenant, and who may give them. */
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { everyPermission } from '#platform/operations/actor.ts'
import { accessError } from './errors.ts'
import { covers, isBuiltInRole, permissionsOfRoles } from './permissions.ts'
import { lockOwnRoles } from './store.ts'

/** The permissions of somebody with these roles, and the names that are no role. The roles stay as they are until the end. */
export async function readGrants(
  tx: Tx,
  tenantId: string,
  names: readonly string[],
): Promise<{ permissions: ReadonlySet<string>; unknown: string[] }> {
  const others = names.filter((name) => !isBuiltInRole(name))
  const own = await lockOwnRoles(tx, tenantId, others)
  const found = new Set(own.map((role) => role.name))
  return {
    permissions: permissionsOfRoles(
      names,
      own.flatMap((role) => role.permissions),
    ),
    unknown: others.filter((name) => !found.has(name)),
  }
}

/** What the caller has, to compare with what he wants to give. Jobs and the operator have everything. */
export function permissionsHeldBy(actor: Actor): ReadonlySet<string> {
  if (actor.kind === 'system') return new Set([everyPermission])
  return actor.kind === 'anonymous' ? new Set() : actor.permissions
}

/** @throws role_exceeds_own */
export function requireCovered(actor: Actor, wanted: ReadonlySet<string>): void {
  if (!covers(permissionsHeldBy(actor), wanted)) throw accessError('role_exceeds_own')
}
