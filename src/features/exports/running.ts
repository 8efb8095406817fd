/**
 * How an export runs that is too large for its request. A job names it; whoever takes the job starts it (with the next number
 * of attempt), makes the file, and ends it, if the attempt is still its own. A worker that was killed leaves it running: the
 * queue misses its heartbeat and gives the job to another one, who starts again. Cancelling takes it away from its worker,
 * who learns of it with the next progress, and drops what there is of the file.
 */
import { Type } from 'typebox'
import { DomainError } from '#kernel/errors.ts'
import { newUuid } from '#kernel/ids.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import type { Progress } from './content.ts'
import { makeFile } from './making.ts'
import type { Export } from './schemas.ts'
import type { Ending } from './store.ts'
import { endExport, saveProgress, startExport } from './store.ts'
import { inTenant } from './unit-store.ts'

export const exportQueue = 'export'
/** Jobs that were tried as often as they may be. */
export const abandonedExportQueue = 'export-abandoned'
export type ExportJob = { tenantId: string; exportId: string }

const progressEveryMs = 500

export const endExportOperation = defineOperation({
  name: 'export.end',
  summary: 'Records what became of an export that nobody has cancelled or started again meanwhile (for jobs).',
  level: 'account',
  permission: 'export:run',
  effect: 'write',
  input: Type.Object({
    id: Type.String({ maxLength: 64 }),
    attempt: Type.Union([Type.Integer(), Type.Null()]),
    ending: Type.Unsafe<Ending>(Type.Object({ status: Type.Enum(['ready', 'failed']) })),
  }),
  run: async ({ tx, tenantId, services, now, emit }, { id, attempt, ending }): Promise<Export | null> => {
    const ended = await endExport(tx, tenantId, { id, attempt, ending, now })
    if (!ended) return null
    if (ending.status === 'ready') {
      const { fileId, expiresAt } = ending.made
      const kept = await services.files.keep(tx, tenantId, fileId, expiresAt)
      if (!kept) throw new Error('the file of an export went before it was kept')
    }
    const data = { id, entity_type: ended.entityType, rows: ended.rowsWritten }
    emit({ type: ending.status === 'ready' ? 'export.ready' : 'export.failed', clientId: null, data })
    return ended
  },
  audit: ({ id }, ended) =>
    ended && {
      category: 'data_access',
      action: `export.${ended.status}`,
      severity: ended.status === 'failed' ? 'warning' : 'info',
      description: ended.status === 'failed' ? 'An export failed' : 'An export was made',
      target: { type: 'export', id },
      context: { entity_type: ended.entityType, rows: ended.rowsWritten, failure: ended.failure },
    },
})

class TakenAwayError extends Error {
  override readonly name = 'TakenAwayError'
}

export async function runExport(services: Services, { tenantId, exportId: id }: ExportJob): Promise<void> {
  const started = await inTenant(services, tenantId, (tx) => startExport(tx, tenantId, id, services.clock.now()))
  if (!started) return
  const { attempt } = started
  const progress: Progress = { expected: null, written: 0 }
  let toldAtMs = 0
  const watch = async () => {
    if (Math.abs(Date.now() - toldAtMs) < progressEveryMs) return
    toldAtMs = Date.now()
    const isOurs = await inTenant(services, tenantId, (tx) => saveProgress(tx, tenantId, { id, attempt }, progress))
    if (!isOurs) throw new TakenAwayError('the export was cancelled, or another worker has it')
  }
  const making = {
    tenantId,
    entrance: { text: 'select enter_tenant($1)', values: [tenantId] },
    progress,
    counts: true,
    watch,
  }
  try {
    const made = await makeFile(services, making, started.export)
    const ended = await end(services, tenantId, { id, attempt, ending: { status: 'ready', made } })
    if (!ended) await services.files.discard(tenantId, made.fileId)
  } catch (error) {
    if (error instanceof TakenAwayError) return
    if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error
    await end(services, tenantId, { id, attempt, ending: failureOf(error) })
  }
}

const mostDetails = 100

function failureOf(error: DomainError): Ending {
  const details = error.details
    .slice(0, mostDetails)
    .map(({ message, path }) => ({ message, ...(path ? { path: [...path] } : {}) }))
  return { status: 'failed', failure: error.code, details: details.length > 0 ? details : [{ message: error.message }] }
}

/** The queue has given up on these jobs. */
export async function failAbandonedExports(services: Services, jobs: readonly { data: ExportJob }[]): Promise<void> {
  for (const { data } of jobs) {
    const ending: Ending = {
      status: 'failed',
      failure: 'internal',
      details: [{ message: 'The export could not be made after several attempts: try again later' }],
    }
    await end(services, data.tenantId, { id: data.exportId, attempt: null, ending })
  }
}

function end(services: Services, tenantId: string, input: { id: string; attempt: number | null; ending: Ending }) {
  const actor = { kind: 'system', tenantId, name: 'export' } as const
  const origin = { requestId: newUuid(), ipAddress: null, userAgent: null, via: 'job' }
  return runForResult(services, endExportOperation, input, { actor, origin })
}
