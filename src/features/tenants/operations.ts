import { Type } from 'typebox'
import { lineOfText } from '#kernel/schemas.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { insertTenant } from './store.ts'

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

/** For a client that registers itself; the unit of work has entered the new tenant. */
export function insertSelfRegisteredTenant(tx: Tx, id: string, name: string): Promise<void> {
  return insertTenant(tx, { id, name, selfRegistered: true })
}
