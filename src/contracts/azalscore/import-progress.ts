/** How far imports are. Our additions to the document: history, cancelling, the live progress, the refused rows. */
import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { ImportView } from '#features/imports/index.ts'
import {
  cancelImport,
  downloadRefusedRows,
  listImports,
  viewImport,
  viewRefusedRows,
  watchImport,
} from '#features/imports/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { given } from './given.ts'
import { ProgressAnswer, presentProgress, presentRefusedRows, RefusedRowsAnswer } from './import-models.ts'

const importPath = Type.Object({ import_id: Type.String({ minLength: 1, maxLength: 64 }) })
const text = Type.String()
const defaultListed = 20

const eventOf = (view: ImportView | null): string =>
  view ? `event: progress\ndata: ${JSON.stringify(presentProgress(view))}\n\n` : ': quiet\n\n'

async function* eventsOf(views: AsyncGenerator<ImportView | null>): AsyncGenerator<string> {
  for await (const view of views) yield eventOf(view)
}

export function importProgressRoutes(routes: ContractRoutes): void {
  const progress = { status: 200, schema: ProgressAnswer } as const

  routes.add({
    method: 'GET',
    url: '/api/v1/import',
    operationId: 'listImports',
    operation: listImports,
    request: {
      query: Type.Object({
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
        after: Type.Optional(
          Type.String({ minLength: 1, maxLength: 64, description: 'next_after of the page before' }),
        ),
      }),
    },
    input: ({ query }) => ({ limit: query.limit ?? defaultListed, ...given({ after: query.after }) }),
    present: ({ imports, next }) => ({
      status: 200,
      body: { imports: imports.map(presentProgress), next_after: next },
    }),
    success: {
      status: 200,
      description: 'Newest first',
      schema: Type.Object({ imports: Type.Array(ProgressAnswer), next_after: nullable(text) }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/import/:import_id/progress',
    operationId: 'getImportProgress',
    operation: viewImport,
    request: { path: importPath },
    input: ({ path }) => ({ importId: path.import_id }),
    present: (view) => ({ status: 200, body: presentProgress(view) }),
    success: { ...progress, description: 'How far it is' },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/import/:import_id/live',
    operationId: 'watchImport',
    operation: watchImport,
    request: { path: importPath },
    input: ({ path }) => ({ importId: path.import_id }),
    present: ({ views }) => ({
      status: 200,
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
      body: Readable.from(eventsOf(views())),
    }),
    success: {
      status: 200,
      description: 'Server-sent events "progress", each with the progress, until the import has ended',
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/import/:import_id/cancel',
    operationId: 'cancelImport',
    operation: cancelImport,
    request: { path: importPath },
    input: ({ path }) => ({ importId: path.import_id }),
    present: ({ id, isOver }) => ({
      status: 202,
      body: { import_id: id, status: isOver ? 'cancelled' : 'processing', cancel_requested: true },
    }),
    success: {
      status: 202,
      description: 'It ends behind the batch that is being written',
      schema: Type.Object({ import_id: text, status: text, cancel_requested: Type.Boolean() }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/import/:import_id/refused',
    operationId: 'downloadRefusedRows',
    operation: downloadRefusedRows,
    request: { path: importPath },
    input: ({ path }) => ({ importId: path.import_id }),
    present: ({ id, fileId, tenantId }) => ({
      status: 200,
      body: null,
      file: { id: fileId, tenantId, name: `${id}-refused` },
    }),
    success: { status: 200, description: 'CSV: the columns of the file, then row, column and reason', isFile: true },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/import/:import_id/refused-rows',
    operationId: 'listRefusedRows',
    operation: viewRefusedRows,
    request: { path: importPath },
    input: ({ path }) => ({ importId: path.import_id }),
    present: (found) => ({ status: 200, body: presentRefusedRows(found) }),
    success: { status: 200, description: 'The first 50', schema: RefusedRowsAnswer },
  })
}
