/**
 * How an import runs. A job names it; whoever takes the job starts the next attempt, reads the file from its beginning,
 * passes over what is committed already, and writes batch after batch. Each batch commits its rows together with the
 * position behind them, and only while position and attempt are those that it began with: a worker that was killed leaves
 * whole batches, one that was taken for dead writes nothing any more (docs/decisions/0015-imports.md).
 */
import type { EntityName } from '#features/entities/index.ts'
import { DomainError } from '#kernel/errors.ts'
import type { Told } from '#kernel/faults.ts'
import type { JobCall } from '#platform/jobs/job-call.ts'
import { jobCall } from '#platform/jobs/job-call.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { attemptsForKey, isContentLost } from '#platform/secrets/secret-box.ts'
import type { TableRow } from '#platform/tabular/index.ts'
import { readTable, UnreadableTableError } from '#platform/tabular/index.ts'
import { importFault } from './faults.ts'
import type { Converter } from './mapping.ts'
import { compileMapping } from './mapping.ts'
import { sourceOf } from './planning.ts'
import type { ImportJob } from './queue.ts'
import { importQueue } from './queue.ts'
import { makeRefusedFile } from './refused-file.ts'
import { reasonOf } from './refused-rows.ts'
import type { Batch, BatchRow } from './run-operations.ts'
import {
  endImportOperation,
  mostToldOfFailure,
  RunEndedError,
  StoppedByRowError,
  startImportOperation,
  tellImportProgress,
  writeBatchOperation,
  writeWholeOperation,
} from './run-operations.ts'
import type { Place, Started } from './run-store.ts'
import type { RefusedRow } from './schemas.ts'
import { belongTogether, longestBatch } from './writing.ts'

type Run = {
  services: Services
  call: JobCall
  tenantId: string
  id: string
  started: Started
  converter: Converter
  signal: AbortSignal
}

/** Runs the job's import to its end. @throws for a fault that another attempt may not meet */
export async function runImport(services: Services, job: ImportJob, signal: AbortSignal): Promise<void> {
  const { tenantId, importId: id } = job
  const call = jobCall(tenantId, 'import')
  const started = await runForResult(services, startImportOperation, { importId: id }, call)
  if (!started) return
  const { plan } = started
  const converter = compileMapping(plan.entity, plan.mappings, plan.layout.headers)
  const run: Run = { services, call, tenantId, id, started, converter, signal }
  try {
    if (started.cancelRequested) return await end(run, 'cancelled', null)
    if (plan.options.stopOnError) await runWhole(run)
    else await runBatches(run)
  } catch (error) {
    await endWith(run, error)
  }
}

/** What a failure means for the import; what is not the file's fault is thrown on, and the queue tries again. */
async function endWith(run: Run, error: unknown): Promise<void> {
  if (error instanceof RunEndedError) {
    if (error.state === 'cancelled') await end(run, 'cancelled', null)
    return
  }
  if (error instanceof StoppedByRowError) {
    const [first] = error.refused
    const { field, reason } = reasonOf(first?.faults ?? [])
    const where = `Ligne ${first?.row}${field ? `, ${field}` : ''} : ${reason}`
    const message = `${where}. Rien n'a été importé.`.slice(0, mostToldOfFailure)
    const failure = { ...importFault('import_stopped', { row: first?.row ?? 0 }), message }
    return end(run, 'failed', failure, error.refused)
  }
  const failure = mayFindKeyLater(run, error) ? null : faultOfFile(error)
  if (failure === null) throw error
  await end(run, 'failed', { ...failure, message: failure.message.slice(0, mostToldOfFailure) })
}

function mayFindKeyLater({ started }: Run, error: unknown): boolean {
  return isContentLost(error) && started.attempt < attemptsForKey
}

/** null: it is not the file's fault. */
function faultOfFile(error: unknown): Told | null {
  if (error instanceof UnreadableTableError) return error.fault
  if (!(error instanceof DomainError)) return null
  const { code, message } = error
  return code === 'import_file_not_found' || code === 'content_lost' ? { code, message, parameters: {} } : null
}

async function runBatches(run: Run): Promise<void> {
  const { services, call } = run
  // The next batch is read and converted while the database writes this one.
  let writing: Promise<unknown> = Promise.resolve()
  try {
    for await (const batch of batchesOf(run, run.started.position)) {
      await writing
      run.signal.throwIfAborted()
      writing = runForResult(services, writeBatchOperation, { batch }, call).then(({ state }) => {
        if (state !== 'go') throw new RunEndedError(state)
      })
      // Awaited before the next one; until then its failure is nobody's.
      writing.catch(() => {})
    }
  } finally {
    await writing
  }
  await end(run, 'completed', null)
}

/** How often the progress of what is not committed yet is told. */
const tellEveryMs = 500

async function runWhole(run: Run): Promise<void> {
  const { services, call, started } = run
  const place = placeOf(run, 0)
  let toldAtMs = 0
  const tell = async (read: number) => {
    run.signal.throwIfAborted()
    if (Math.abs(Date.now() - toldAtMs) < tellEveryMs) return 'go'
    toldAtMs = Date.now()
    return runForResult(services, tellImportProgress, { place, read }, call)
  }
  const whole = { place, plan: started.plan, batches: () => batchesOf(run, 0), tell }
  await runForResult(services, writeWholeOperation, { whole }, call)
}

function placeOf({ id, started }: Run, position: number): Place {
  return { id, attempt: started.attempt, position }
}

/** The rows behind a position, in batches; lines of one entry stay together. */
async function* batchesOf(run: Run, from: number): AsyncGenerator<Batch> {
  const { plan } = run.started
  const { batchSize } = plan.options
  let position = 0
  let rows: BatchRow[] = []
  const flush = (): Batch => {
    const batch = { place: placeOf(run, position - rows.length), rows, plan, converter: run.converter }
    rows = []
    return batch
  }
  for await (const group of readTable(sourceOf(run.services, run.tenantId, run.started.fileId, true), plan.layout)) {
    if (position + group.length <= from) {
      position += group.length
      continue
    }
    for (const one of group) {
      if (position < from) {
        position++
        continue
      }
      const row = toBatchRow(run.converter, one)
      if (rows.length >= batchSize && mayEndBefore(plan.entity, rows, row)) yield flush()
      rows.push(row)
      position++
    }
  }
  if (rows.length > 0) yield flush()
}

function mayEndBefore(entity: EntityName | null, rows: readonly BatchRow[], next: BatchRow): boolean {
  return rows.length >= longestBatch || entity === null || !belongTogether(entity, rows.at(-1)?.record, next.record)
}

function toBatchRow(converter: Converter, one: TableRow): BatchRow {
  const { record, faults } = converter.convert(one)
  return { row: one.row, cells: one.cells, record, faults }
}

/** Ends the import once: with the file of its refused rows. */
async function end(
  run: Run,
  status: 'completed' | 'failed' | 'cancelled',
  failure: Told | null,
  refused?: readonly RefusedRow[],
): Promise<void> {
  const { services, call, tenantId, id, started } = run
  const { headers } = started.plan.layout
  const file = await makeRefusedFile(services, { tenantId, id, headers }, refused).catch((error: unknown) => {
    // What has been imported is there, and counted; only the list of what was not finds no room, or opens no more.
    if (!(error instanceof DomainError && ['storage_full', 'content_lost'].includes(error.code))) throw error
    if (mayFindKeyLater(run, error)) throw error
    services.logger.warn({ import: id, tenant: tenantId, reason: error.code }, 'no file of refused rows')
    return null
  })
  const told = refused ? { refused } : {}
  const input = { importId: id, attempt: started.attempt, status, failure, refusedFileId: file, ...told }
  const ended = await runForResult(services, endImportOperation, input, call)
  if (ended) return
  if (file !== null) await services.files.discard(tenantId, file)
  // Cancelled after its last batch: it is so all the same.
  if (status === 'completed') await end(run, 'cancelled', null)
}

/** The queue has given up: the import has failed, if it has not ended after all. */
export async function failAbandonedImport(services: Services, { tenantId, importId: id }: ImportJob): Promise<void> {
  const call = jobCall(tenantId, 'import')
  const started = await runForResult(services, startImportOperation, { importId: id }, call)
  if (!started) return
  const { plan } = started
  const converter = compileMapping(plan.entity, plan.mappings, plan.layout.headers)
  const run: Run = { services, call, tenantId, id, started, converter, signal: new AbortController().signal }
  services.logger.error({ queue: importQueue, import: id }, 'an import was given up')
  await end(run, 'failed', importFault('import_given_up'))
}
