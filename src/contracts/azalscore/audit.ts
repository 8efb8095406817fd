/** The audit log: recording and search; our addition: one event. */
import { Type } from 'typebox'
import type { AuditEvent } from '#features/audit/index.ts'
import { category, mostListed, recordEvent, searchEvents, severity, viewEvent } from '#features/audit/index.ts'
import { lineOfText, nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { given } from './given.ts'
import { spanOf, spanQuery } from './time-span.ts'

const text = Type.String({ minLength: 1, maxLength: 255 })
const open = Type.Record(Type.String(), Type.Unknown())

const Event = Type.Object({
  id: Type.String(),
  timestamp: Type.String({ description: 'ISO 8601, UTC, microseconds' }),
  category: Type.String(),
  action: Type.String(),
  description: Type.String(),
  actor: open,
  target: nullable(Type.Object({ entity_type: nullable(Type.String()), entity_id: nullable(Type.String()) })),
  context: open,
  severity: Type.String(),
  request_id: nullable(Type.String()),
  sequence: nullable(Type.Integer({ description: 'Place in the chain of its category' })),
  event_hash: nullable(Type.String()),
  hash_chain: nullable(Type.String({ description: "The event's link; null in the second before it is sealed" })),
})

const presentEvent = ({ target, requestId, sealed, ...event }: AuditEvent) => ({
  ...event,
  target: target && { entity_type: target.type, entity_id: target.id },
  request_id: requestId,
  sequence: sealed?.sequence ?? null,
  event_hash: sealed?.eventHash ?? null,
  hash_chain: sealed?.linkHash ?? null,
})

const defaultLimit = 100

export function auditRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/audit/events',
    operationId: 'recordAuditEvent',
    operation: recordEvent,
    request: {
      body: Type.Object({
        category,
        action: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_.:-]{0,99}$' }),
        description: lineOfText(500),
        severity: Type.Optional(severity),
        target: Type.Optional(nullable(Type.Object({ entity_type: lineOfText(255), entity_id: lineOfText(255) }))),
        context: Type.Optional(nullable(open)),
      }),
    },
    input: ({ body }) => ({
      category: body.category,
      action: body.action,
      description: body.description,
      ...given({ severity: body.severity, context: body.context ?? undefined }),
      ...(body.target ? { target: { type: body.target.entity_type, id: body.target.entity_id } } : {}),
    }),
    present: ({ id, category: of, action, severity: weight }) => ({
      status: 201,
      body: { id, category: of, action, severity: weight },
    }),
    success: {
      status: 201,
      description: 'The event is in the log; its place in the chain follows within about a second',
      schema: Type.Object({ id: Type.String(), category, action: Type.String(), severity }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/audit/events',
    operationId: 'searchAuditEvents',
    operation: searchEvents,
    request: {
      query: Type.Object({
        category: Type.Optional(category),
        action: Type.Optional(text),
        ...spanQuery,
        user_id: Type.Optional(text),
        severity: Type.Optional(severity),
        target_type: Type.Optional(text),
        target_id: Type.Optional(text),
        client_id: Type.Optional(text),
        request_id: Type.Optional(text),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: mostListed })),
        offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
        cursor: Type.Optional(Type.String({ maxLength: 200, description: 'next_cursor of the page before' })),
      }),
    },
    input: ({ query }) => ({
      filters: {
        ...given({
          category: query.category,
          action: query.action,
          severity: query.severity,
          userId: query.user_id,
          clientUid: query.client_id,
          targetType: query.target_type,
          targetId: query.target_id,
          requestId: query.request_id,
        }),
        ...spanOf('query', query),
      },
      limit: query.limit ?? defaultLimit,
      offset: query.offset ?? 0,
      ...given({ cursor: query.cursor }),
    }),
    present: ({ events, total, totalIsExact, next }) => ({
      status: 200,
      body: {
        events: events.map(presentEvent),
        total,
        total_is_exact: totalIsExact,
        has_more: next !== null,
        next_cursor: next,
      },
    }),
    success: {
      status: 200,
      description: 'Newest first; total is exact up to 10,000, and always for all events or one category',
      schema: Type.Object({
        events: Type.Array(Event),
        total: Type.Integer(),
        total_is_exact: Type.Boolean(),
        has_more: Type.Boolean(),
        next_cursor: nullable(Type.String()),
      }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/audit/events/:event_id',
    operationId: 'getAuditEvent',
    operation: viewEvent,
    request: { path: Type.Object({ event_id: Type.String({ maxLength: 64 }) }) },
    input: ({ path }) => ({ id: path.event_id }),
    present: (event) => ({ status: 200, body: presentEvent(event) }),
    success: { status: 200, description: 'The event', schema: Event },
  })
}
