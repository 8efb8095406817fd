import { Type } from 'typebox'
import { textOf } from '#kernel/schemas.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { accessError } from './errors.ts'
import { requireCovered } from './grants.ts'
import {
  roles as builtInRoles,
  isBuiltInRole,
  permissions as knownPermissions,
  permissionsOfRoles,
} from './permissions.ts'
import type { OwnRole } from './store.ts'
import * as store from './store.ts'

/** A role as it is shown; createdAt is null for a built-in one. */
export type Role = {
  name: string
  description: string
  permissions: string[]
  isBuiltIn: boolean
  createdAt: Date | null
}

const name = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,63}$' })
const description = textOf(500)
const permissionList = Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100, uniqueItems: true })

function requireKnown(wanted: readonly string[]): void {
  const unknown = wanted.filter((one) => !(knownPermissions as readonly string[]).includes(one))
  if (unknown.length === 0) return
  throw accessError('permission_unknown', {
    message: `Unknown permission ${unknown.join(', ')}. There are: ${knownPermissions.join(', ')}.`,
  })
}

const own = (role: OwnRole): Role => ({
  name: role.name,
  description: role.description,
  permissions: role.permissions,
  isBuiltIn: false,
  createdAt: role.createdAt,
})

const builtIn: readonly Role[] = Object.keys(builtInRoles).map((one) => ({
  name: one,
  description: '',
  // The owner's "everything" as the list that it is today.
  permissions: one === 'owner' ? [...knownPermissions] : [...permissionsOfRoles([one])],
  isBuiltIn: true,
  createdAt: null,
}))

export const listRoles = defineOperation({
  name: 'role.list',
  summary: "Lists the built-in roles and the tenant's own, with their permissions.",
  level: 'account',
  permission: 'role:view',
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId }) => {
    const found = await store.listOwnRoles(tx, tenantId)
    return { roles: [...builtIn, ...found.map(own)], permissions: [...knownPermissions] }
  },
})

export const createRole = defineOperation({
  name: 'role.create',
  summary: 'Creates a role of the tenant; it cannot give more than the caller has.',
  level: 'account',
  permission: 'role:manage',
  effect: 'write',
  input: Type.Object({ name, description: Type.Optional(description), permissions: permissionList }),
  run: async ({ tx, tenantId, actor }, input) => {
    if (isBuiltInRole(input.name)) throw accessError('role_name_taken')
    requireKnown(input.permissions)
    requireCovered(actor, new Set(input.permissions))
    const created = await store.insertRole(tx, tenantId, {
      name: input.name,
      description: input.description ?? '',
      permissions: input.permissions,
    })
    return own(created)
  },
  audit: (input) => ({
    category: 'security',
    description: 'Role created',
    target: { type: 'role', id: input.name },
    context: { permissions: input.permissions },
  }),
})

export const updateRole = defineOperation({
  name: 'role.update',
  summary: "Changes a role of the tenant; its holders' rights change at once.",
  level: 'account',
  permission: 'role:manage',
  effect: 'write',
  input: Type.Object({
    name,
    description: Type.Optional(description),
    permissions: Type.Optional(permissionList),
  }),
  run: async ({ tx, tenantId, actor, now }, input) => {
    if (isBuiltInRole(input.name)) throw accessError('role_built_in')
    const before = await store.lockOwnRole(tx, tenantId, input.name)
    if (!before) throw accessError('role_not_found')
    // A role above the caller is not his to change, in either direction.
    requireCovered(actor, new Set(before.permissions))
    if (input.permissions) {
      requireKnown(input.permissions)
      requireCovered(actor, new Set(input.permissions))
    }
    const updated = await store.updateRole(tx, tenantId, input.name, {
      ...(input.description === undefined ? {} : { description: input.description }),
      ...(input.permissions ? { permissions: input.permissions } : {}),
      updated_at: now,
    })
    return own(updated)
  },
  audit: (input) => ({
    category: 'security',
    severity: 'warning',
    description: 'Role changed',
    target: { type: 'role', id: input.name },
    context: input.permissions ? { permissions: input.permissions } : {},
  }),
})

export const deleteRole = defineOperation({
  name: 'role.delete',
  summary: 'Deletes a role that nobody has.',
  level: 'account',
  permission: 'role:manage',
  effect: 'write',
  input: Type.Object({ name }),
  run: async ({ tx, tenantId, actor }, input) => {
    if (isBuiltInRole(input.name)) throw accessError('role_built_in')
    const role = await store.lockOwnRole(tx, tenantId, input.name)
    if (!role) throw accessError('role_not_found')
    requireCovered(actor, new Set(role.permissions))
    if (await store.isRoleHeld(tx, tenantId, input.name)) throw accessError('role_in_use')
    await store.deleteRole(tx, tenantId, input.name)
    return { name: input.name }
  },
  audit: (input) => ({
    category: 'security',
    severity: 'warning',
    description: 'Role deleted',
    target: { type: 'role', id: input.name },
  }),
})
