/** The steps of a run, as operations of the tenant's system actor: each is one transaction with its proof. */
import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import type { RowOutcome } from '#features/ledger/index.ts'
import type { KeptRowFault, RowFault } from '#kernel/row-faults.ts'
import { rowFault } from '#kernel/row-faults.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { Converter, ImportedRecord } from './mapping.ts'
import { beginningOf, mostShown, openRefused, sealRefused } from './refused-rows.ts'
import type { Counts, Ending, Place, Started } from './run-store.ts'
import * as store from './run-store.ts'
import type { Plan, RefusedRow } from './schemas.ts'
import { writers } from './writing.ts'

/** A row on its way in: its record, or what is wrong with it. */
export type BatchRow = {
  row: number
  cells: string[]
  record: ImportedRecord
  faults: readonly KeptRowFault[]
}
export type Batch = { place: Place; rows: BatchRow[]; plan: Plan; converter: Converter }

const own = { level: 'account', permission: 'import:run', effect: 'write' } as const
const importId = Type.String({ maxLength: 64 })

export const startImportOperation = defineOperation({
  name: 'import.start',
  summary: 'Starts an import, or goes on with it where it stopped (for jobs).',
  ...own,
  input: Type.Object({ importId }),
  run: ({ tx, tenantId, now }, input): Promise<Started | null> => store.startAttempt(tx, tenantId, input.importId, now),
  audit: (input, started) =>
    started && {
      description: started.attempt === 1 ? 'Import started' : 'Import resumed',
      target: { type: 'import', id: input.importId },
      context: { attempt: started.attempt, position: started.position },
    },
})

export type Written = { counts: Counts; refused: RefusedRow[]; sha256: string }

/** Rows into the tables, in the order given. */
export async function writeRows(context: OperationContext, batch: Batch): Promise<Written> {
  const { rows, plan, converter } = batch
  const { onExisting } = plan.options
  const sound = rows.filter(({ faults }) => faults.length === 0)
  const records = sound.map(({ record }) => record)
  const writer = plan.entity === null ? null : writers[plan.entity]
  const outcomes =
    writer && records.length > 0 ? await writer.write(context, records, { onExisting, fields: converter.fields }) : []
  const counts: Counts = { read: rows.length, inserted: 0, updated: 0, unchanged: 0, refused: 0 }
  const refused: RefusedRow[] = []
  let next = 0
  for (const { row, cells, faults } of rows) {
    const found = faults.length > 0 ? faults : refusalOf(outcomes[next++], counts, { plan, converter })
    if (found.length > 0) refused.push({ row, cells, faults: found })
  }
  counts.refused = refused.length
  const sha256 = createHash('sha256').update(JSON.stringify(records)).digest('hex')
  return { counts, refused, sha256 }
}

function refusalOf(
  outcome: RowOutcome | undefined,
  counts: Counts,
  { plan, converter }: Pick<Batch, 'plan' | 'converter'>,
): RowFault[] {
  if (outcome?.outcome === 'inserted') counts.inserted++
  else if (outcome?.outcome === 'updated') counts.updated++
  else if (outcome?.outcome === 'refused') {
    const { outcome: _refused, field, ...told } = outcome
    return [{ field: field === null ? null : converter.sourceOf(field), ...told }]
  } else if (plan.options.onExisting === 'refuse') return [{ field: null, ...rowFault('row_exists') }]
  else counts.unchanged++
  return []
}

type BatchResult = { state: 'go' | 'cancelled' | 'lost'; written: Written | null }

export const writeBatchOperation = defineOperation({
  name: 'import.write-batch',
  summary: 'Writes one batch of an import, with its new position, its refused rows and its proof (for jobs).',
  ...own,
  input: Type.Object({ batch: Type.Unsafe<Batch>(Type.Object({ place: Type.Object({ id: importId }) })) }),
  run: async (context, { batch }): Promise<BatchResult> => {
    const { tx, tenantId, now } = context
    const { place } = batch
    const state = await store.lockPosition(tx, tenantId, place)
    if (state !== 'go') return { state, written: null }
    const written = await writeRows(context, batch)
    const { counts, refused } = written
    await Promise.all([
      store.movePosition(tx, tenantId, place, { counts, now }),
      ...(refused.length > 0 ? [keepRefused(context, place, refused)] : []),
    ])
    return { state, written }
  },
  // One event a batch: who can make the same records of the file finds their hash here (docs/decisions/0015).
  audit: ({ batch }, { written }) =>
    written && {
      description: 'Rows imported',
      target: { type: 'import', id: batch.place.id },
      context: {
        entity: batch.plan.entity,
        position: batch.place.position,
        first_row: batch.rows[0]?.row ?? null,
        last_row: batch.rows.at(-1)?.row ?? null,
        ...written.counts,
        records_sha256: written.sha256,
      },
    },
})

export const tellImportProgress = defineOperation({
  name: 'import.tell-progress',
  summary: 'Tells how far a run is whose rows are not committed yet (for jobs).',
  ...own,
  input: Type.Object({ place: Type.Unsafe<Place>(Type.Object({ id: importId })), read: Type.Integer() }),
  run: ({ tx, tenantId, now }, { place, read }) => store.tellProgress(tx, tenantId, place, { read, now }),
  audit: () => null,
})

/** Fails where a stopped run is to leave nothing behind. */
export class StoppedByRowError extends Error {
  override readonly name = 'StoppedByRowError'
  readonly refused: readonly RefusedRow[]
  constructor(refused: readonly RefusedRow[]) {
    super('a row was refused')
    this.refused = refused
  }
}
export class RunEndedError extends Error {
  override readonly name = 'RunEndedError'
  readonly state: 'cancelled' | 'lost'
  constructor(state: 'cancelled' | 'lost') {
    super(`the run was ${state}`)
    this.state = state
  }
}

export type Whole = {
  place: Place
  plan: Plan
  batches: () => AsyncIterable<Batch>
  /** @returns whether to go on */
  tell: (read: number) => Promise<'go' | 'cancelled' | 'lost'>
}

export const writeWholeOperation = defineOperation({
  name: 'import.write-whole',
  summary: 'Writes a whole import in one transaction: all of it, or nothing (for jobs).',
  ...own,
  input: Type.Object({ whole: Type.Unsafe<Whole>(Type.Object({ place: Type.Object({ id: importId }) })) }),
  run: async (context, { whole }) => {
    const { tx, tenantId, now } = context
    const all: Counts = { read: 0, inserted: 0, updated: 0, unchanged: 0, refused: 0 }
    const hash = createHash('sha256')
    for await (const batch of whole.batches()) {
      const { counts, refused, sha256 } = await writeRows(context, batch)
      if (refused.length > 0) throw new StoppedByRowError(refused)
      for (const name of Object.keys(all) as (keyof Counts)[]) all[name] += counts[name]
      hash.update(sha256)
      const state = await whole.tell(all.read)
      if (state !== 'go') throw new RunEndedError(state)
    }
    const ending: Ending = { status: 'completed', failure: null, refusedFileId: null, counts: all, now }
    const ended = await store.endRun(tx, tenantId, whole.place, ending)
    if (!ended) throw new RunEndedError('cancelled')
    context.emit({ type: 'import.completed', clientId: null, data: { import_id: whole.place.id, ...ended } })
    return { counts: all, sha256: hash.digest('hex') }
  },
  audit: ({ whole }, { counts, sha256 }) => ({
    description: 'Rows imported, all in one transaction',
    target: { type: 'import', id: whole.place.id },
    context: { entity: whole.plan.entity, ...counts, records_sha256: sha256 },
  }),
})

export const mostToldOfFailure = 2000

const ending = Type.Object({
  importId,
  attempt: Type.Integer(),
  status: Type.Enum(['completed', 'failed', 'cancelled']),
  failure: Type.Union([
    Type.Object({
      code: Type.String({ maxLength: 64 }),
      message: Type.String({ maxLength: mostToldOfFailure }),
      parameters: Type.Record(Type.String(), Type.String()),
    }),
    Type.Null(),
  ]),
  refusedFileId: Type.Union([Type.String(), Type.Null()]),
  /** Of a run that was undone; those of others are kept batch by batch. */
  refused: Type.Optional(Type.Unsafe<readonly RefusedRow[]>(Type.Array(Type.Object({ row: Type.Integer() })))),
})

function keepRefused(
  { tx, tenantId, services }: OperationContext,
  place: Pick<Place, 'id' | 'position'>,
  rows: readonly RefusedRow[],
): Promise<void> {
  const kept = { refused: rows.length, ciphertext: sealRefused(services.secrets, rows) }
  return store.insertRefusals(tx, tenantId, place, kept)
}

async function firstRefused({ tx, tenantId, services }: OperationContext, id: string): Promise<RefusedRow[]> {
  const rows: RefusedRow[] = []
  for (let behind = -1; rows.length < mostShown; ) {
    const found = await store.findRefusals(tx, tenantId, { id, behind })
    if (!found) break
    behind = found.position
    rows.push(...openRefused(services.secrets, found.ciphertext))
  }
  return rows
}

export const endImportOperation = defineOperation({
  name: 'import.end',
  summary: 'Ends an import, with the file of its refused rows (for jobs).',
  ...own,
  input: ending,
  run: async (context, { importId: id, attempt, refusedFileId, refused, ...how }) => {
    const { tx, tenantId, services, now } = context
    const ended = await store.endRun(tx, tenantId, { id, attempt }, { ...how, refusedFileId, now })
    if (!ended) return null
    if (refusedFileId !== null) await services.files.keep(tx, tenantId, refusedFileId)
    const shown = refusedFileId === null ? [] : beginningOf(refused ?? (await firstRefused(context, id)))
    await store.deleteRefusals(tx, tenantId, id)
    if (shown.length > 0) await keepRefused(context, { id, position: 0 }, shown)
    context.emit({ type: `import.${how.status}`, clientId: null, data: { import_id: id, ...ended } })
    return ended
  },
  audit: (input, ended) =>
    ended && {
      severity: input.status === 'completed' ? 'info' : 'warning',
      description: `Import ${input.status}`,
      target: { type: 'import', id: input.importId },
      context: { ...ended, status: input.status },
    },
})
