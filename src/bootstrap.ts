/** The first start: a tenant, and an administrator who can do everything in it. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { createTenant } from '#features/tenants/index.ts'
import { createUser } from '#features/users/index.ts'
import { DomainError } from '#kernel/errors.ts'
import type { Actor } from '#platform/operations/actor.ts'
import type { Origin } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Runtime } from './runtime.ts'

export const firstTenant = 'tenant_001'
export const firstAdministrator = 'admin@example.com'

const origin: Origin = { requestId: 'bootstrap', ipAddress: null, userAgent: null, via: 'bootstrap' }

/** @returns the password that was generated, to be shown once; null when it was given, or there were users already */
export async function ensureFirstAdministrator(runtime: Runtime): Promise<string | null> {
  if (await hasUsers(runtime)) return null
  const call = { actor: { kind: 'system', tenantId: firstTenant, name: 'bootstrap' } satisfies Actor, origin }
  await unlessThere('tenant_exists', runForResult(runtime.services, createTenant, { name: 'First tenant' }, call))
  const given = runtime.config.adminPassword
  const password = given ?? randomBytes(15).toString('base64url')
  const user = { email: firstAdministrator, displayName: 'Administrator', password, roles: ['owner'] }
  const created = await unlessThere('user_email_taken', runForResult(runtime.services, createUser, user, call))
  return given === null && created ? password : null
}

async function hasUsers(runtime: Runtime): Promise<boolean> {
  const client = new pg.Client({ ...runtime.owner })
  await client.connect()
  try {
    const found = await client.query('select 1 from users limit 1')
    return found.rows.length > 0
  } finally {
    await client.end()
  }
}

/** Another node's first start at the same moment is no fault. @returns whether the work was done here */
async function unlessThere(code: string, work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (error instanceof DomainError && error.code === code) return false
    throw error
  }
}
