/** Makes the file of refused rows from what the batches kept. */

import { Type } from 'typebox'
import { jobCall } from '#platform/jobs/job-call.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import type { RefusedRow } from './refused-rows.ts'
import { openRefused, refusedFile } from './refused-rows.ts'
import { findRefusals } from './run-store.ts'

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
