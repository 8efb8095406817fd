/** Imports: from the file to the run (import-progress.ts has what follows). */
import { Type } from 'typebox'
import { encoding, entityName, executeImport, onExisting, previewImport, tableFormat } from '#features/imports/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { Moment } from './edge-values.ts'
import { given } from './given.ts'
import {
  layoutMembers,
  layoutOf,
  MappingIn,
  NoticeAnswer,
  noticesOf,
  planMembers,
  planOf,
  presentMapping,
  wholeNumberOf,
} from './import-models.ts'

const text = Type.String()
const short = Type.String({ maxLength: 10 })

const defaultPreviewRows = 10
const mostPreviewRows = 100

export function importRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/import/preview',
    operationId: 'previewImport',
    operation: previewImport,
    request: {
      body: Type.Object({
        ...layoutMembers,
        header_row: Type.Optional(short),
        max_rows: Type.Optional(short),
        entity_type: Type.Optional(entityName),
      }),
    },
    upload: {
      part: 'file',
      description: 'CSV, XLSX, JSON or JSON Lines',
      maxBytes: ({ settings }) => settings.maxImportBytes,
    },
    input: ({ body, file }) => ({
      file,
      layout: layoutOf(body, wholeNumberOf('header_row', body.header_row, 1000)),
      maxRows: wholeNumberOf('max_rows', body.max_rows, mostPreviewRows) ?? defaultPreviewRows,
      ...given({ entity: body.entity_type }),
    }),
    present: ({ layout, rows, rowsEstimated, stored, expiresAt, earlier, entity, proposed }) => ({
      status: 200,
      body: {
        headers: layout.headers,
        preview_rows: rows.map((cells) => Object.fromEntries(layout.headers.map((name, i) => [name, cells[i] ?? '']))),
        total_rows_estimated: rowsEstimated,
        file_id: stored.id,
        file_size: stored.size,
        sha256: stored.sha256,
        format: layout.format,
        encoding: layout.encoding,
        delimiter: layout.delimiter,
        header_row: layout.headerRow,
        suggested_entity_type: entity,
        suggested_mappings: proposed.map(presentMapping),
        warnings: noticesOf(earlier),
        expires_at: expiresAt.toISOString(),
      },
    }),
    success: {
      status: 200,
      description: 'The first rows, and how the file was read',
      schema: Type.Object({
        headers: Type.Array(text),
        preview_rows: Type.Array(Type.Record(Type.String(), text)),
        total_rows_estimated: Type.Integer(),
        file_id: text,
        file_size: Type.Integer(),
        sha256: text,
        format: tableFormat,
        encoding: nullable(encoding),
        delimiter: nullable(text),
        header_row: Type.Integer(),
        suggested_entity_type: text,
        suggested_mappings: Type.Array(MappingIn),
        warnings: Type.Array(NoticeAnswer),
        expires_at: Moment,
      }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/import/execute',
    operationId: 'executeImport',
    operation: executeImport,
    request: {
      body: Type.Object({
        ...planMembers,
        options: Type.Optional(
          Type.Object({
            stop_on_error: Type.Optional(Type.Boolean()),
            batch_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
            on_existing: Type.Optional(onExisting),
          }),
        ),
      }),
    },
    input: ({ body }) => ({
      ...planOf(body),
      ...given({
        stopOnError: body.options?.stop_on_error,
        batchSize: body.options?.batch_size,
        onExisting: body.options?.on_existing,
      }),
    }),
    present: ({ id, earlier }) => ({
      status: 202,
      body: {
        import_id: id,
        status: 'processing',
        progress_url: `/api/v1/import/${id}/progress`,
        live_url: `/api/v1/import/${id}/live`,
        warnings: noticesOf(earlier),
      },
    }),
    success: {
      status: 202,
      description: 'A worker takes it within a second',
      schema: Type.Object({
        import_id: text,
        status: Type.Literal('processing'),
        progress_url: text,
        live_url: text,
        warnings: Type.Array(NoticeAnswer),
      }),
    },
  })
}
