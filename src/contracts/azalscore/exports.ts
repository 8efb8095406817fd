/** Exports and the FEC; our additions: progress, history, cancelling. */
import { Type } from 'typebox'
import type { Export } from '#features/exports/index.ts'
import {
  archiveTypes,
  cancelExport,
  contentTypeOf,
  createExport,
  createFecExport,
  csvOptions,
  direction,
  downloadExport,
  entityTypes,
  formats,
  listExports,
  viewExport,
} from '#features/exports/index.ts'
import { fecEncoding, fecYear } from '#features/fec/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes, WireAnswer } from '../shared/contract.ts'
import { given } from './given.ts'

const moment = nullable(Type.String({ format: 'date-time' }))
const statuses = ['pending', 'running', 'ready', 'failed', 'cancelled', 'expired'] as const
const kinds = [...entityTypes, 'fec', ...archiveTypes] as const

export const ExportAnswer = Type.Object({
  export_id: Type.String(),
  status: Type.Enum(statuses),
  download_url: nullable(Type.String({ description: 'While there is a file' })),
  file_size: nullable(Type.Integer()),
  expires_at: moment,
  entity_type: Type.String(),
  subject_type: nullable(Type.String({ description: 'Of the archive of a person: user, customer or profile' })),
  subject_id: nullable(Type.String({ description: 'Says nothing any more once the person is erased' })),
  format: Type.String(),
  file_name: Type.String(),
  rows_expected: nullable(Type.Integer({ description: 'Known shortly after a job has begun' })),
  rows_written: Type.Integer(),
  progress_url: Type.String(),
  created_at: Type.String({ format: 'date-time' }),
  started_at: moment,
  ended_at: moment,
  failure: nullable(
    Type.Object({
      code: Type.String(),
      details: Type.Array(Type.Object({ field: Type.Optional(Type.String()), message: Type.String() })),
    }),
  ),
})

function presentExport(one: Export) {
  const url = `/api/v1/export/${one.id}`
  return {
    export_id: one.id,
    status: one.status,
    download_url: one.status === 'ready' ? `${url}/download` : null,
    file_size: one.fileSize,
    expires_at: one.expiresAt,
    entity_type: one.entityType,
    ...presentSubject(one),
    format: one.format,
    file_name: one.fileName,
    rows_expected: one.rowsExpected,
    rows_written: one.rowsWritten,
    progress_url: url,
    created_at: one.createdAt,
    started_at: one.startedAt,
    ended_at: one.endedAt,
    failure: one.failure === null ? null : { code: one.failure, details: one.failureDetails.map(presentDetail) },
  }
}

const presentSubject = ({ request }: Export) =>
  'subjectType' in request
    ? { subject_type: request.subjectType, subject_id: request.subjectId }
    : { subject_type: null, subject_id: null }

const presentDetail = ({ path, message }: Export['failureDetails'][number]) => ({
  ...(path ? { field: path.join('.') } : {}),
  message,
})

/** 202: a job makes it. */
export const presentCreated = (one: Export): WireAnswer => ({
  status: one.status === 'ready' ? 200 : 202,
  body: presentExport(one),
})
const created = { status: 200, description: 'The export, ready or (202) to be made by a job', schema: ExportAnswer }
const path = Type.Object({ export_id: Type.String({ maxLength: 64 }) })

const value = Type.Union([Type.String({ maxLength: 255 }), Type.Number(), Type.Boolean()])
const name = Type.String({ minLength: 1, maxLength: 64 })
const options = Type.Object(
  {
    delimiter: csvOptions.properties.delimiter,
    encoding: csvOptions.properties.encoding,
    decimal_separator: csvOptions.properties.decimalMark,
  },
  { additionalProperties: false },
)

export function exportRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/export',
    operationId: 'createExport',
    operation: createExport,
    request: {
      body: Type.Object({
        entity_type: Type.Enum(entityTypes),
        format: Type.Enum(formats),
        filters: Type.Optional(nullable(Type.Record(name, Type.Union([value, Type.Array(value, { maxItems: 100 })])))),
        columns: Type.Optional(nullable(Type.Array(name, { minItems: 1, maxItems: 100 }))),
        order: Type.Optional(
          nullable(Type.Array(Type.Object({ column: name, direction: Type.Optional(direction) }), { maxItems: 3 })),
        ),
        options: Type.Optional(nullable(options)),
      }),
    },
    input: ({ body }) => ({
      entityType: body.entity_type,
      format: body.format,
      ...given({
        filters: body.filters ?? undefined,
        columns: body.columns ?? undefined,
        order: body.order?.map(({ column, direction: way }) => ({ column, direction: way ?? ('asc' as const) })),
        csv: body.options
          ? given({
              delimiter: body.options.delimiter,
              encoding: body.options.encoding,
              decimalMark: body.options.decimal_separator,
            })
          : undefined,
      }),
    }),
    present: presentCreated,
    success: created,
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/export/fec',
    operationId: 'createFecExport',
    operation: createFecExport,
    request: {
      body: Type.Object({
        fiscal_year: fecYear,
        siren: Type.Optional(nullable(Type.String({ maxLength: 20 }))),
        encoding: Type.Optional(nullable(fecEncoding)),
      }),
    },
    input: ({ body }) => ({
      fiscalYear: body.fiscal_year,
      ...given({ siren: body.siren ?? undefined, encoding: body.encoding ?? undefined }),
    }),
    present: presentCreated,
    success: created,
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/export',
    operationId: 'listExports',
    operation: listExports,
    request: {
      query: Type.Object({
        entity_type: Type.Optional(Type.Enum(kinds)),
        status: Type.Optional(Type.Enum(statuses)),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
        offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
      }),
    },
    input: ({ query }) => ({
      limit: query.limit ?? 100,
      offset: query.offset ?? 0,
      ...given({ entityType: query.entity_type, status: query.status }),
    }),
    present: ({ exports, hasMore }) => ({
      status: 200,
      body: { exports: exports.map(presentExport), has_more: hasMore },
    }),
    success: {
      status: 200,
      description: 'Newest first',
      schema: Type.Object({ exports: Type.Array(ExportAnswer), has_more: Type.Boolean() }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/export/:export_id',
    operationId: 'getExport',
    operation: viewExport,
    request: { path },
    input: ({ path: { export_id } }) => ({ id: export_id }),
    present: (one) => ({ status: 200, body: presentExport(one) }),
    success: { status: 200, description: 'How far it has come', schema: ExportAnswer },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/export/:export_id/download',
    operationId: 'downloadExport',
    operation: downloadExport,
    request: { path },
    input: ({ path: { export_id } }) => ({ id: export_id }),
    present: ({ export: one, fileId, tenantId }) => ({
      status: 200,
      body: null,
      file: { id: fileId, tenantId, name: one.fileName, contentType: contentTypeOf(one.fileName, one.request) },
    }),
    success: { status: 200, description: 'The file; with Range a part of it (206)', isFile: true },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/export/:export_id/cancel',
    operationId: 'cancelExport',
    operation: cancelExport,
    request: { path },
    input: ({ path: { export_id } }) => ({ id: export_id }),
    present: (one) => ({ status: 200, body: presentExport(one) }),
    success: { status: 200, description: 'The export, cancelled', schema: ExportAnswer },
  })
}
