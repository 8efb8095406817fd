/** The audit log's proof, our additions: checkpoints, export, retention (audit-verifications.ts has the verification). */
import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Checkpoint } from '#features/audit/index.ts'
import {
  category,
  configureAudit,
  createCheckpoints,
  exportLog,
  listCheckpoints,
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

const Settings = Type.Object({ retention_days: nullable(Type.Integer()) })
const defaultLimit = 100

export function auditIntegrityRoutes(routes: ContractRoutes): void {
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
