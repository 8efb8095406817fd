/** Our addition: forwarding of the audit log to a SIEM. */
import { Type } from 'typebox'
import type { Forwarding } from '#features/audit/index.ts'
import { category, createForwarding, deleteForwarding, listForwardings } from '#features/audit/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'

const moment = Type.String({ format: 'date-time' })

const ForwardingAnswer = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  host: Type.Optional(Type.String()),
  port: Type.Optional(Type.Integer()),
  tls: Type.Optional(Type.Boolean()),
  url: Type.Optional(Type.String()),
  categories: nullable(Type.Array(Type.String())),
  created_at: moment,
  failures: Type.Integer({ description: 'In a row' }),
  last_error: nullable(Type.String()),
  last_success_at: nullable(moment),
})

const presentForwarding = (forwarding: Forwarding) => {
  const { host, port, tls, url } = forwarding.settings
  return {
    id: forwarding.id,
    kind: forwarding.kind,
    ...(forwarding.kind === 'webhook' ? { url } : { host, port, tls }),
    categories: forwarding.categories,
    created_at: forwarding.createdAt.toISOString(),
    failures: forwarding.failures,
    last_error: forwarding.lastError,
    last_success_at: forwarding.lastSuccessAt?.toISOString() ?? null,
  }
}

const NewForwarding = Type.Object({
  kind: Type.Union([Type.Literal('syslog'), Type.Literal('webhook')]),
  host: Type.Optional(Type.String({ maxLength: 253 })),
  port: Type.Optional(Type.Integer()),
  tls: Type.Optional(Type.Boolean()),
  ca: Type.Optional(Type.String({ maxLength: 65_536, description: 'PEM, beside the public authorities' })),
  url: Type.Optional(Type.String({ maxLength: 2048 })),
  categories: Type.Optional(nullable(Type.Array(category, { minItems: 1, maxItems: 7, uniqueItems: true }))),
  start: Type.Optional(Type.Union([Type.Literal('beginning'), Type.Literal('now')])),
})

export function auditForwardingRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/audit/forwardings',
    operationId: 'listAuditForwardings',
    operation: listForwardings,
    input: () => ({}),
    present: ({ forwardings }) => ({ status: 200, body: { forwardings: forwardings.map(presentForwarding) } }),
    success: {
      status: 200,
      description: 'Where the log goes, and how it went',
      schema: Type.Object({ forwardings: Type.Array(ForwardingAnswer) }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/audit/forwardings',
    operationId: 'createAuditForwarding',
    operation: createForwarding,
    request: { body: NewForwarding },
    input: ({ body: { ca, start, ...same } }) => ({
      ...same,
      ...(ca === undefined ? {} : { certificateAuthority: ca }),
      start: start ?? 'now',
    }),
    present: ({ forwarding, secret }) => ({ status: 201, body: { ...presentForwarding(forwarding), secret } }),
    success: {
      status: 201,
      description: "The forwarding; a webhook's signing secret (Standard Webhooks) is shown this once",
      schema: Type.Intersect([ForwardingAnswer, Type.Object({ secret: nullable(Type.String()) })]),
    },
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/audit/forwardings/:forwarding_id',
    operationId: 'deleteAuditForwarding',
    operation: deleteForwarding,
    request: { path: Type.Object({ forwarding_id: Type.String({ maxLength: 64 }) }) },
    input: ({ path }) => ({ id: path.forwarding_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'It is gone', schema: Type.Object({ success: Type.Boolean() }) },
  })
}
