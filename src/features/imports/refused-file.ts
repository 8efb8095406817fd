/** Makes the file of refused rows from what the batches kept. */

import { Type } from 'typebox'
import { jobCall } from '#platform/jobs/job-call.ts'
import { defineOperation, definePhasedOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { readTable } from '#platform/tabular/index.ts'
import { importError } from './errors.ts'
import { sourceOf } from './planning.ts'
import { beginningOf, mostShown, openRefused, refusedFile, refusedLayout, refusedRowOf } from './refused-rows.ts'
import { findRefusals } from './run-store.ts'
import type { RefusedRow, RefusedRows } from './schemas.ts'
import { importId } from './schemas.ts'
import { findRefused } from './store.ts'

export const readRefusalsOperation = defineOperation({
  name: 'import.read-refusals',
  summary: 'Reads the refused rows of one batch (for jobs).',
  level: 'account',
  permission: 'import:run',
  effect: 'read',
  input: Type.Object({ importId: Type.String({ maxLength: 64 }), behind: Type.Integer() }),
  run: async ({ tx, tenantId, services }, { importId, behind }) => {
    const found = await findRefusals(tx, tenantId, { id: importId, behind })
    return found && { position: found.position, rows: openRefused(services.secrets, found.ciphertext) }
  },
})

type OfImport = { tenantId: string; id: string; headers: readonly string[] }

async function* batchesOf(services: Services, { tenantId, id }: OfImport): AsyncGenerator<RefusedRow[]> {
  const call = jobCall(tenantId, 'import')
  for (let behind = -1; ; ) {
    const found = await runForResult(services, readRefusalsOperation, { importId: id, behind }, call)
    if (!found) return
    behind = found.position
    yield found.rows
  }
}

/** @returns the file, which nothing owns yet; null where no row was refused */
export async function makeRefusedFile(
  services: Services,
  of: OfImport,
  refused?: readonly RefusedRow[],
): Promise<string | null> {
  const batches = refused ? one(refused) : batchesOf(services, of)
  const first = await batches.next()
  if (first.done) return null
  const all = async function* () {
    yield first.value
    yield* batches
  }
  const maxBytes = 4 * 1024 ** 3
  return (await services.files.write(of.tenantId, refusedFile(of.headers, all()), { maxBytes })).id
}

async function* one(rows: readonly RefusedRow[]): AsyncGenerator<readonly RefusedRow[]> {
  if (rows.length > 0) yield rows
}

export const viewRefusedRows = definePhasedOperation({
  name: 'import.view-refused',
  summary: 'Shows the first rows that an import refused, with the reasons of each.',
  level: 'account',
  permission: 'import:run',
  effect: 'read',
  input: importId,
  prepare: async ({ tx, tenantId, services }, { importId: id }) => {
    const found = await findRefused(tx, tenantId, id)
    if (!found) throw importError('import_not_found')
    if (found.fileId === null) throw importError('import_has_no_refusals')
    const kept = await findRefusals(tx, tenantId, { id, behind: -1 })
    return { ...found, tenantId, fileId: found.fileId, rows: kept && openRefused(services.secrets, kept.ciphertext) }
  },
  // Of an import that ended when nothing but the file was kept.
  perform: async ({ services }, _input, { tenantId, fileId, headers, rows }) => ({
    headers,
    rows: rows ?? (await readBeginning(services, { tenantId, id: fileId, headers })),
  }),
  run: async (_context, _input, found): Promise<RefusedRows> => found,
  audit: ({ importId: id }, { rows }) => ({
    category: 'data_access',
    description: 'Refused rows of an import shown',
    target: { type: 'import', id },
    context: { rows: rows.length },
  }),
})

async function readBeginning(services: Services, { tenantId, id, headers }: OfImport): Promise<RefusedRow[]> {
  const rows: RefusedRow[] = []
  for await (const group of readTable(sourceOf(services, tenantId, id), refusedLayout(headers))) {
    rows.push(...group.map(({ cells }) => refusedRowOf(cells)))
    if (rows.length >= mostShown) break
  }
  return beginningOf(rows)
}
