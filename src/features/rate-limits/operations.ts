import { Type } from 'typebox'
import { nullable } from '#kernel/schemas.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { documentedRateLimits, highestRateLimit } from '#platform/rate-limits/index.ts'
import type { Adjustments } from './store.ts'
import { findAdjustments, saveAdjustments } from './store.ts'

/** Requests a minute. */
export type RateLimits = { user: number; tenant: number; transfer: number }

export type RateLimitsInForce = {
  /** Whether this installation limits at all (CLIENTELE_RATE_LIMITS). */
  enabled: boolean
  inForce: RateLimits
  /** What holds where the tenant has adjusted nothing. */
  platform: RateLimits
}

function describe(services: Services, adjusted: Adjustments | null): RateLimitsInForce {
  const { user, tenant, transfer } = services.rateLimits?.limits ?? documentedRateLimits
  return {
    enabled: services.rateLimits !== null,
    inForce: {
      user: adjusted?.user_limit ?? user,
      tenant: adjusted?.tenant_limit ?? tenant,
      transfer: adjusted?.transfer_limit ?? transfer,
    },
    platform: { user, tenant, transfer },
  }
}

export const viewRateLimits = defineOperation({
  name: 'rate-limit.view',
  summary: "Shows the tenant's limits of requests a minute.",
  level: 'account',
  permission: 'rate-limit:view',
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId, services }) => describe(services, await findAdjustments(tx, tenantId)),
})

/** Low enough, and even the administrator who set it could hardly send the request that raises it again. */
const lowest = 10
const limit = (minimum: number) => Type.Optional(nullable(Type.Integer({ minimum, maximum: highestRateLimit })))

export const adjustRateLimits = defineOperation({
  name: 'rate-limit.adjust',
  summary: "Sets the tenant's limits of requests a minute; what is left out or null becomes the platform's again.",
  level: 'account',
  permission: 'rate-limit:manage',
  effect: 'write',
  input: Type.Object({ user: limit(lowest), tenant: limit(lowest), transfer: limit(1) }),
  run: async ({ tx, tenantId, services, now }, input) => {
    const adjusted = {
      user_limit: input.user ?? null,
      tenant_limit: input.tenant ?? null,
      transfer_limit: input.transfer ?? null,
    }
    await saveAdjustments(tx, tenantId, adjusted, now)
    return describe(services, adjusted)
  },
  audit: (_input, result) => ({
    category: 'configuration',
    description: 'Rate limits adjusted',
    context: { in_force: result.inForce },
  }),
})
