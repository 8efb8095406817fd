/** The audit log's proof: verification; our additions: checkpoints, export, retention. */
import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Checkpoint, Verification } from '#features/audit/index.ts'
import {
  category,
  configureAudit,
  createCheckpoints,
  exportLog,
  listCheckpoints,
  verifyIntegrity,
  viewAuditSettings,
} from '#features/audit/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { given } from './given.ts'
import { spanOf, spanQuery } from './time-span.ts'

const moment = Type.String({ format: 'date-time' })

const CheckpointAnswer = Type.Object({
  id: Type.String(),
  category: Type.String(),
  number: Type.Integer(),
  sequence: Type.Integer(),
  link_hash: Type.String(),
  kind: Type.String({ description: 'hourly, demand, export or retention' }),
  created_at: moment,
  key_id: Type.String(),
  payload: Type.String({ description: 'What is signed (RFC 8785)' }),
  signature: Type.String({ description: 'Ed25519, base64' }),
})
const Checkpoints = Type.Object({ checkpoints: Type.Array(CheckpointAnswer) })

const presentCheckpoint = ({ linkHash, createdAt, keyId, ...same }: Checkpoint) => ({
  ...same,
  link_hash: linkHash,
  created_at: createdAt,
  key_id: keyId,
})

const Breach = Type.Object({
  category: Type.String(),
  sequence: nullable(Type.Integer()),
  event_id: nullable(Type.String()),
  reason: Type.String({ description: 'altered, missing, reordered, rewritten, inserted or checkpoint_altered' }),
  message: Type.String(),
})

const VerificationAnswer = Type.Object({
  valid: Type.Boolean(),
  events_verified: Type.Integer({ description: 'In the span' }),
  verification_time_ms: Type.Integer(),
  events_checked: Type.Integer({ description: 'With what stands before and after the span' }),
  checkpoints_verified: Type.Integer(),
  first_breach: nullable(Breach),
  breaches: Type.Array(Breach, { description: 'The first one of each chain' }),
  chains: Type.Array(
    Type.Object({
      category: Type.String(),
      first_sequence: Type.Integer(),
      last_sequence: Type.Integer(),
      link_hash: Type.String(),
    }),
  ),
})

function presentVerification(report: Verification) {
  const breaches = report.breaches.map(({ eventId, ...breach }) => ({ ...breach, event_id: eventId }))
  return {
    valid: report.valid,
    events_verified: report.eventsVerified,
    verification_time_ms: report.durationMs,
    events_checked: report.eventsChecked,
    checkpoints_verified: report.checkpointsVerified,
    first_breach: breaches[0] ?? null,
    breaches,
    chains: report.chains.map((chain) => ({
      category: chain.category,
      first_sequence: chain.firstSequence,
      last_sequence: chain.lastSequence,
      link_hash: chain.linkHash,
    })),
  }
}

const Settings = Type.Object({ retention_days: nullable(Type.Integer()) })
const defaultLimit = 100

export function auditIntegrityRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/audit/verify-integrity',
    operationId: 'verifyAuditIntegrity',
    operation: verifyIntegrity,
    request: { body: Type.Object({ category: Type.Optional(category), ...spanQuery }) },
    input: ({ body }) => ({ ...given({ category: body.category }), ...spanOf('body', body) }),
    present: (report) => ({ status: 200, body: presentVerification(report) }),
    success: { status: 200, description: 'Whether the log is what was written', schema: VerificationAnswer },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/audit/checkpoints',
    operationId: 'listAuditCheckpoints',
    operation: listCheckpoints,
    request: {
      query: Type.Object({
        category: Type.Optional(category),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
        offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
      }),
    },
    input: ({ query }) => ({
      ...given({ category: query.category }),
      limit: query.limit ?? defaultLimit,
      offset: query.offset ?? 0,
    }),
    present: ({ checkpoints, hasMore }) => ({
      status: 200,
      body: { checkpoints: checkpoints.map(presentCheckpoint), has_more: hasMore },
    }),
    success: {
      status: 200,
      description: 'Newest first',
      schema: Type.Object({ checkpoints: Type.Array(CheckpointAnswer), has_more: Type.Boolean() }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/audit/checkpoints',
    operationId: 'createAuditCheckpoints',
    operation: createCheckpoints,
    input: () => ({}),
    present: (checkpoints) => ({ status: 201, body: { checkpoints: checkpoints.map(presentCheckpoint) } }),
    success: { status: 201, description: 'One for each chain that has grown', schema: Checkpoints },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/audit/export',
    operationId: 'exportAuditLog',
    operation: exportLog,
    request: { query: Type.Object({ category: Type.Optional(category), ...spanQuery }) },
    input: ({ query }) => ({ ...given({ category: query.category }), ...spanOf('query', query) }),
    present: ({ exportedAt, lines }) => ({
      status: 200,
      headers: {
        'content-type': 'application/x-ndjson',
        'content-disposition': `attachment; filename="audit-${exportedAt.toISOString().slice(0, 10)}.jsonl"`,
      },
      body: Readable.from(lines()),
    }),
    success: { status: 200, description: 'JSON Lines for tools/verify-audit.mjs, streamed' },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/audit/settings',
    operationId: 'getAuditSettings',
    operation: viewAuditSettings,
    input: () => ({}),
    present: ({ retentionDays }) => ({ status: 200, body: { retention_days: retentionDays } }),
    success: { status: 200, description: 'null: kept for ever', schema: Settings },
  })

  routes.add({
    method: 'PUT',
    url: '/api/v1/audit/settings',
    operationId: 'putAuditSettings',
    operation: configureAudit,
    request: { body: Type.Object({ retention_days: nullable(Type.Integer({ minimum: 30, maximum: 36_500 })) }) },
    input: ({ body }) => ({ retentionDays: body.retention_days }),
    present: ({ retentionDays }) => ({ status: 200, body: { retention_days: retentionDays } }),
    success: { status: 200, description: 'What is in force now', schema: Settings },
  })
}
