/** Our addition: the document says that limits exist, the notes that they can be changed. */
import { Type } from 'typebox'
import type { RateLimitsInForce } from '#features/rate-limits/index.ts'
import { adjustRateLimits, viewRateLimits } from '#features/rate-limits/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes, WireAnswer } from '../shared/contract.ts'

const Limits = Type.Object(
  { user: Type.Integer(), tenant: Type.Integer(), transfer: Type.Integer() },
  {
    description:
      'Requests a minute: of a user or client, of the whole tenant, of a user or client on imports and exports',
  },
)
const Storage = Type.Object(
  { used_bytes: Type.Integer(), limit_bytes: Type.Integer(), default_limit_bytes: Type.Integer() },
  { description: 'Of all files of the tenant: documents, imports, exports, reports' },
)
const InForce = Type.Object({ enabled: Type.Boolean(), limits: Limits, defaults: Limits, storage: Storage })

const limit = Type.Optional(nullable(Type.Integer()))

function present(result: RateLimitsInForce): WireAnswer {
  const { enabled, inForce, platform, storage } = result
  return {
    status: 200,
    body: {
      enabled,
      limits: inForce,
      defaults: platform,
      storage: {
        used_bytes: storage.usedBytes,
        limit_bytes: storage.limitBytes,
        default_limit_bytes: storage.platformLimitBytes,
      },
    },
  }
}

export function rateLimitRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/rate-limits',
    operationId: 'getRateLimits',
    operation: viewRateLimits,
    input: () => ({}),
    present,
    success: { status: 200, description: 'The limits in force', schema: InForce },
  })
  routes.add({
    method: 'PUT',
    url: '/api/v1/rate-limits',
    operationId: 'putRateLimits',
    operation: adjustRateLimits,
    request: { body: Type.Object({ user: limit, tenant: limit, transfer: limit, stored_bytes: limit }) },
    input: ({ body: { stored_bytes: storedBytes, ...body } }) => ({
      ...body,
      ...(storedBytes === undefined ? {} : { storedBytes }),
    }),
    present,
    success: { status: 200, description: 'The limits in force from now on', schema: InForce },
  })
}
