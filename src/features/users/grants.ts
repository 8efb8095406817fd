/** Whom a caller may change, and what he may give. */
import { covers, ownerRole, permissionsHeldBy, readGrants, requireCovered, roles } from '#features/access/index.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { userError } from './errors.ts'
import type { User } from './store.ts'
import { findUser, lockActiveOwners, lockUser } from './store.ts'

type Caller = { tx: Tx; tenantId: string; actor: Actor }

/** @throws user_role_unknown, role_exceeds_own */
export async function requireGrantable({ tx, tenantId, actor }: Caller, names: readonly string[]): Promise<void> {
  const { permissions, unknown } = await readGrants(tx, tenantId, names)
  if (unknown.length > 0) {
    throw userError('user_role_unknown', {
      message: `Unknown role ${unknown.join(', ')}. Built in are: ${Object.keys(roles).join(', ')}.`,
    })
  }
  requireCovered(actor, permissions)
}

/** @throws user_above_caller */
export async function requireNotAbove({ tx, tenantId, actor }: Caller, target: User): Promise<void> {
  const { permissions } = await readGrants(tx, tenantId, target.roles)
  if (!covers(permissionsHeldBy(actor), permissions)) throw userError('user_above_caller')
}

/** Before this user stops being an active owner. @throws last_owner */
export async function requireAnotherOwner(tx: Tx, tenantId: string, userId: string): Promise<void> {
  const owners = await lockActiveOwners(tx, tenantId)
  if (owners.every((id) => id === userId)) throw userError('last_owner')
}

export function isActiveOwner(user: Pick<User, 'roles' | 'status'>): boolean {
  return user.status === 'active' && user.roles.includes(ownerRole)
}

/** Before this user goes for good; there is none: nothing to refuse. @throws user_above_caller, last_owner */
export async function requireRemovable(caller: Caller, userId: string): Promise<void> {
  const { tx, tenantId } = caller
  await lockActiveOwners(tx, tenantId)
  const user = await lockUser(tx, tenantId, userId)
  if (!user) return
  await requireNotAbove(caller, user)
  if (isActiveOwner(user)) await requireAnotherOwner(tx, tenantId, user.id)
}

/** Whether somebody may still do this on his own: he is active, and has the rights. For what goes on in his name. */
export async function stillMay(tx: Tx, tenantId: string, userId: string, wanted: readonly string[]): Promise<boolean> {
  const user = await findUser(tx, tenantId, userId)
  if (user?.status !== 'active') return false
  const { permissions } = await readGrants(tx, tenantId, user.roles)
  return covers(permissions, new Set(wanted))
}
