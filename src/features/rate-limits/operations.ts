import { Type } from 'typebox'
import { nullable } from '#kernel/schemas.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { documentedRateLimits, highestRateLimit } from '#platform/rate-limits/index.ts'
import type { Adjustments, StoredFiles } from './store.ts'
import { findAdjustments, findStorage, saveAdjustments, saveStorageLimit } from './store.ts'

/** Requests a minute. */
export type RateLimits = { user: number; tenant: number; transfer: number }

export type RateLimitsInForce = {
  /** Whether this installation limits at all (CLIENTELE_RATE_LIMITS). */
  enabled: boolean
  inForce: RateLimits
  /** What holds where the tenant has adjusted nothing. */
  platform: RateLimits
  /** Of all files that the tenant has stored, in bytes. */
  storage: { usedBytes: number; limitBytes: number; platformLimitBytes: number }
}

function describe(services: Services, adjusted: Adjustments | null, stored: StoredFiles): RateLimitsInForce {
  const { user, tenant, transfer } = services.rateLimits?.limits ?? documentedRateLimits
  return {
    enabled: services.rateLimits !== null,
    inForce: {
      user: adjusted?.user_limit ?? user,
      tenant: adjusted?.tenant_limit ?? tenant,
      transfer: adjusted?.transfer_limit ?? transfer,
    },
    platform: { user, tenant, transfer },
    storage: {
      usedBytes: stored.usedBytes,
      limitBytes: stored.ownLimitBytes ?? services.files.tenantBytes,
      platformLimitBytes: services.files.tenantBytes,
    },
  }
}

export const viewRateLimits = defineOperation({
  name: 'rate-limit.view',
  summary: "Shows the tenant's limits of requests a minute and of stored files.",
  level: 'account',
  permission: 'rate-limit:view',
  effect: 'quick read',
  input: Type.Object({}),
  run: async ({ tx, tenantId, services }) => {
    const [adjusted, stored] = await Promise.all([findAdjustments(tx, tenantId), findStorage(tx, tenantId)])
    return describe(services, adjusted, stored)
  },
})

/** Low enough, and even the administrator who set it could hardly send the request that raises it again. */
const lowest = 10
const mostStoredBytes = 1024 ** 5
const limit = (minimum: number) => Type.Optional(nullable(Type.Integer({ minimum, maximum: highestRateLimit })))

export const adjustRateLimits = defineOperation({
  name: 'rate-limit.adjust',
  summary:
    "Sets the tenant's limits of requests a minute and of stored files; what is left out or null becomes the platform's again.",
  level: 'account',
  permission: 'rate-limit:manage',
  effect: 'write',
  input: Type.Object({
    user: limit(lowest),
    tenant: limit(lowest),
    transfer: limit(1),
    storedBytes: Type.Optional(nullable(Type.Integer({ minimum: 0, maximum: mostStoredBytes }))),
  }),
  run: async ({ tx, tenantId, services, now }, input) => {
    const adjusted = {
      user_limit: input.user ?? null,
      tenant_limit: input.tenant ?? null,
      transfer_limit: input.transfer ?? null,
    }
    await saveAdjustments(tx, tenantId, adjusted, now)
    await saveStorageLimit(tx, tenantId, input.storedBytes ?? null)
    return describe(services, adjusted, await findStorage(tx, tenantId))
  },
  audit: (_input, result) => ({
    category: 'configuration',
    description: 'Rate limits adjusted',
    context: { in_force: { ...result.inForce, stored_bytes: result.storage.limitBytes } },
  }),
})
