/** Our addition: roles, and what the tenant demands. */
import { Type } from 'typebox'
import type { Role } from '#features/access/index.ts'
import { createRole, deleteRole, listRoles, updateRole } from '#features/access/index.ts'
import type { Tenant } from '#features/tenants/index.ts'
import { updateTenant, viewTenant } from '#features/tenants/index.ts'
import { nullable, textOf } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'

const name = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,63}$' })
const permissions = Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100, uniqueItems: true })
const moment = Type.String({ format: 'date-time' })

const RoleAnswer = Type.Object({
  name: Type.String(),
  description: Type.String(),
  permissions: Type.Array(Type.String()),
  built_in: Type.Boolean(),
  created_at: nullable(moment),
})

const TenantAnswer = Type.Object({
  id: Type.String(),
  name: Type.String(),
  mfa_required: Type.Boolean(),
  created_at: moment,
})

const presentRole = (role: Role) => ({
  name: role.name,
  description: role.description,
  permissions: role.permissions,
  built_in: role.isBuiltIn,
  created_at: role.createdAt?.toISOString() ?? null,
})

const presentTenant = (tenant: Tenant) => ({
  id: tenant.id,
  name: tenant.name,
  mfa_required: tenant.mfaRequired,
  created_at: tenant.createdAt.toISOString(),
})

export function roleRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/roles',
    operationId: 'listRoles',
    operation: listRoles,
    input: () => ({}),
    present: (found) => ({
      status: 200,
      body: { roles: found.roles.map(presentRole), permissions: found.permissions },
    }),
    success: {
      status: 200,
      description: 'The roles, and every permission that one can give',
      schema: Type.Object({ roles: Type.Array(RoleAnswer), permissions: Type.Array(Type.String()) }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/roles',
    operationId: 'createRole',
    operation: createRole,
    request: { body: Type.Object({ name, description: Type.Optional(textOf(500)), permissions }) },
    input: ({ body }) => body,
    present: (role) => ({ status: 201, body: presentRole(role) }),
    success: { status: 201, description: 'The role', schema: RoleAnswer },
  })

  routes.add({
    method: 'PATCH',
    url: '/api/v1/roles/:role_name',
    operationId: 'updateRole',
    operation: updateRole,
    request: {
      path: Type.Object({ role_name: name }),
      body: Type.Object({ description: Type.Optional(textOf(500)), permissions: Type.Optional(permissions) }),
    },
    input: ({ path, body }) => ({
      name: path.role_name,
      ...(body.description === undefined ? {} : { description: body.description }),
      ...(body.permissions ? { permissions: body.permissions } : {}),
    }),
    present: (role) => ({ status: 200, body: presentRole(role) }),
    success: { status: 200, description: 'The role', schema: RoleAnswer },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/roles/:role_name',
    operationId: 'deleteRole',
    operation: deleteRole,
    request: { path: Type.Object({ role_name: name }) },
    input: ({ path }) => ({ name: path.role_name }),
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'The role is gone', schema: Type.Object({ success: Type.Boolean() }) },
  })
}

export function tenantRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/tenant',
    operationId: 'getTenant',
    operation: viewTenant,
    input: () => ({}),
    present: (tenant) => ({ status: 200, body: presentTenant(tenant) }),
    success: { status: 200, description: "The caller's tenant", schema: TenantAnswer },
  })

  routes.add({
    method: 'PATCH',
    url: '/api/v1/tenant',
    operationId: 'updateTenant',
    operation: updateTenant,
    request: { body: Type.Object({ mfa_required: Type.Boolean() }) },
    input: ({ body }) => ({ mfaRequired: body.mfa_required }),
    present: (tenant) => ({ status: 200, body: presentTenant(tenant) }),
    success: { status: 200, description: 'The tenant', schema: TenantAnswer },
  })
}
