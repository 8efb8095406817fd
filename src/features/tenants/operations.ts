import { Type } from 'typebox'
import { lineOfText } from '#kernel/schemas.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { tenantError } from './errors.ts'
import { findTenant, insertTenant, reactivate, setMfaRequired, suspend } from './store.ts'

/** The caller is the system actor of the tenant that is to be: its id is the new one. */
export const createTenant = defineOperation({
  name: 'tenant.create',
  summary: 'Creates a tenant (an account).',
  level: 'account',
  permission: 'tenant:create',
  effect: 'write',
  input: Type.Object({ name: lineOfText(255) }),
  run: async ({ tx, tenantId }, input) => {
    await insertTenant(tx, { id: tenantId, name: input.name.trim(), selfRegistered: false })
    return { id: tenantId, name: input.name.trim() }
  },
  audit: (input) => ({ category: 'configuration', description: `Tenant "${input.name}" created` }),
})

/** Operators only, as the other way. What the tenant has stays; doing it twice does no harm. */
export const suspendTenant = defineOperation({
  name: 'tenant.suspend',
  summary: 'Keeps everybody of the tenant out, from the next request on: users, API keys and tokens of every kind.',
  level: 'account',
  permission: 'tenant:suspend',
  effect: 'write',
  input: Type.Object({}),
  run: async ({ tx, tenantId }) => {
    await suspend(tx, tenantId)
    return { id: tenantId }
  },
  audit: (_input, { id }) => ({
    category: 'security',
    severity: 'warning',
    description: 'Tenant suspended',
    target: { type: 'tenant', id },
  }),
})

export const reactivateTenant = defineOperation({
  name: 'tenant.reactivate',
  summary: 'Lets a suspended tenant in again; what had not expired meanwhile holds as before.',
  level: 'account',
  permission: 'tenant:suspend',
  effect: 'write',
  input: Type.Object({}),
  run: async ({ tx, tenantId }) => {
    if (!(await reactivate(tx, tenantId))) throw tenantError('tenant_being_erased')
    return { id: tenantId }
  },
  audit: (_input, { id }) => ({
    category: 'security',
    severity: 'warning',
    description: 'Tenant let in again',
    target: { type: 'tenant', id },
  }),
})

/** For a client that registers itself; the unit of work has entered the new tenant. */
export function insertSelfRegisteredTenant(tx: Tx, id: string, name: string): Promise<void> {
  return insertTenant(tx, { id, name, selfRegistered: true })
}

export const viewTenant = defineOperation({
  name: 'tenant.view',
  summary: "Shows the caller's tenant.",
  level: 'account',
  permission: 'tenant:view',
  effect: 'quick read',
  input: Type.Object({}),
  run: ({ tx, tenantId }) => findTenant(tx, tenantId),
})

export const updateTenant = defineOperation({
  name: 'tenant.update',
  summary: 'Demands MFA of every user of the tenant, or no more; who has none can then only set it up.',
  level: 'account',
  permission: 'tenant:update',
  effect: 'write',
  input: Type.Object({ mfaRequired: Type.Boolean() }),
  needsStepUp: () => true,
  run: async ({ tx, tenantId }, input) => {
    await setMfaRequired(tx, tenantId, input.mfaRequired)
    return findTenant(tx, tenantId)
  },
  audit: (input, tenant) => ({
    category: 'security',
    severity: 'warning',
    description: input.mfaRequired ? 'MFA is demanded of every user' : 'MFA is no longer demanded',
    target: { type: 'tenant', id: tenant.id },
  }),
})
