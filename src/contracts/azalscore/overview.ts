/** Our addition: figures for the first screen of whoever signs in, in one request. */
import { Type } from 'typebox'
import { invoiceStatus } from '#features/ledger/index.ts'
import { mostCounted, mostDays, viewOverview } from '#features/overview/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'

const day = Type.String({ format: 'date' })
const count = Type.Integer({ minimum: 0 })

const Overview = Type.Object({
  most_counted: Type.Integer({ description: 'Counts end here: of a day, of a status' }),
  events: nullable(
    Type.Array(Type.Object({ day, total: count, notable: Type.Integer({ description: 'Warnings, and worse' }) })),
  ),
  deliveries: nullable(
    Type.Object({
      days: Type.Array(Type.Object({ day, succeeded: count, failed: count })),
      is_complete: Type.Boolean({ description: 'false: only the newest were counted' }),
    }),
  ),
  executions_failed: nullable(count),
  messages: nullable(
    Type.Object({
      failed: Type.Integer({ minimum: 0, description: 'Given up' }),
      retrying: Type.Integer({ minimum: 0, description: 'Tried again' }),
    }),
  ),
  invoices: nullable(Type.Array(Type.Object({ status: invoiceStatus, count }))),
})

export function overviewRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/overview',
    operationId: 'getOverview',
    operation: viewOverview,
    request: {
      query: Type.Object({
        days: Type.Optional(Type.Integer({ minimum: 1, maximum: mostDays, default: 14 })),
        utc_offset: Type.Optional(
          Type.Integer({
            minimum: -840,
            maximum: 840,
            default: 0,
            description: 'Minutes ahead of UTC: where days begin',
          }),
        ),
      }),
    },
    input: ({ query }) => ({ days: query.days ?? 14, offsetMinutes: query.utc_offset ?? 0 }),
    present: ({ events, deliveries, failedExecutions, invoices, messages }) => ({
      status: 200,
      body: {
        most_counted: mostCounted,
        events,
        deliveries: deliveries && { days: deliveries.days, is_complete: deliveries.isComplete },
        executions_failed: failedExecutions,
        messages,
        invoices,
      },
    }),
    success: { status: 200, description: 'What the caller may not look at is null', schema: Overview },
  })
}
