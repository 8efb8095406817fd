import { Type } from 'typebox'
import { entityNames } from '#features/entities/index.ts'
import { keepUpload, refuseInfected, uploadedFile } from '#features/files/index.ts'
import { coreError } from '#kernel/errors.ts'
import { newId } from '#kernel/ids.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { holdsPermission } from '#platform/operations/actor.ts'
import { defineOperation, definePhasedOperation } from '#platform/operations/operation.ts'
import type { TableLayout, TableSource } from '#platform/tabular/index.ts'
import { findLayout, readTable } from '#platform/tabular/index.ts'
import { importError } from './errors.ts'
import type { EarlierImport } from './file-store.ts'
import { findEarlierImports, insertFile, keepFileUntil } from './file-store.ts'
import { compileMapping, proposeEntity, proposeMappings } from './mapping.ts'
import type { PlanRequest } from './planning.ts'
import { findParts, readable, sourceOf, toPlan } from './planning.ts'
import { importQueue } from './queue.ts'
import type { ImportView, Plan } from './schemas.ts'
import { entityName, importId, layoutWish, onExisting, planRequest } from './schemas.ts'
import * as store from './store.ts'
import { defaultBatch, writers } from './writing.ts'

const hourMs = 3_600_000
/** From the preview on, and from the request to import on. */
const keptMs = { preview: 24 * hourMs, execute: 7 * 24 * hourMs }

type Seen = { layout: TableLayout; rows: string[][]; rowsEstimated: number }

export const previewImport = definePhasedOperation({
  name: 'import.preview',
  summary: 'Takes a file and shows its first rows, how it is read, and what its columns seem to be.',
  level: 'account',
  permission: 'import:run',
  effect: 'write',
  limit: 'transfer',
  input: Type.Object({
    file: uploadedFile,
    layout: layoutWish,
    entity: Type.Optional(entityName),
    maxRows: Type.Integer({ minimum: 1, maximum: 100 }),
  }),
  prepare: async () => null,
  perform: async ({ services, actor }, { file, layout: wish, maxRows }): Promise<Seen | null> => {
    if (!('id' in file) || actor.kind === 'anonymous') return null
    const source = sourceOf(services, actor.tenantId, file.id)
    return readable(async () => {
      const layout = await findLayout(source, wish)
      const opened = await services.files.open(actor.tenantId, file.id)
      opened?.content.destroy()
      return { layout, ...(await readBeginning(source, layout, { maxRows, size: opened?.file.size ?? 0 })) }
    })
  },
  run: async (context, { file, entity: wanted }, seen) => {
    const refusal = refuseInfected(file)
    if (refusal) return refusal
    if (!seen) throw coreError('unauthenticated')
    const { tx, tenantId, now } = context
    const stored = await keepUpload(context, file)
    const expiresAt = new Date(now.getTime() + keptMs.preview)
    await insertFile(tx, tenantId, stored, { ...seen, expiresAt, now })
    const earlier = await findEarlierImports(tx, tenantId, stored.sha256)
    const entity = wanted ?? proposeEntity(seen.layout.headers)
    return { ...seen, stored, expiresAt, earlier, entity, proposed: proposeMappings(entity, seen.layout.headers) }
  },
  audit: (_input, { stored, layout }) => ({
    description: 'File received for an import',
    target: { type: 'file', id: stored.id },
    context: { bytes: stored.size, sha256: stored.sha256, format: layout.format, columns: layout.headers.length },
  }),
})

/** From so many rows the number of all is estimated; of a workbook, which has no size by the row, so many are counted. */
const mostSampled = { text: 2_000, excel: 50_000 }

/** The first rows, and how many there are of all: exact where the file is small. */
async function readBeginning(
  source: TableSource,
  layout: TableLayout,
  { maxRows, size }: { maxRows: number; size: number },
): Promise<{ rows: string[][]; rowsEstimated: number }> {
  let bytes = 0
  const open = async () => counting(await source(), (more) => (bytes += more))
  const counted = Object.assign(open, { reader: source.reader })
  const rows: string[][] = []
  let read = 0
  let isWhole = true
  for await (const group of readTable(counted, layout)) {
    read += group.length
    rows.push(...group.slice(0, maxRows - rows.length).map(({ cells }) => cells))
    isWhole = read < (layout.format === 'excel' ? mostSampled.excel : mostSampled.text)
    if (!isWhole) break
  }
  const all = isWhole || layout.format === 'excel' ? read : Math.round((read * size) / Math.max(1, bytes))
  return { rows, rowsEstimated: Math.max(read, all) }
}

async function* counting(content: AsyncIterable<Buffer>, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const piece of content) {
    count(piece.length)
    yield piece
  }
}

/** @throws permission_missing: what he could not write one by one, nobody writes by the thousand */
function requirePermissions(actor: Actor, entity: keyof typeof writers, plan: Plan, fields: readonly string[]): void {
  const needed = writers[entity].permissions({ onExisting: plan.options.onExisting, fields })
  const missing = needed.filter((permission) => !holdsPermission(actor, permission))
  if (missing.length === 0) return
  throw coreError('permission_missing', { message: `This import needs the permission ${missing.join(', ')}.` })
}

export const executeImport = definePhasedOperation({
  name: 'import.execute',
  summary: 'Imports a file: as a job, in batches, with progress.',
  level: 'account',
  permission: 'import:run',
  effect: 'write',
  limit: 'transfer',
  input: Type.Object({
    ...planRequest,
    stopOnError: Type.Optional(Type.Boolean()),
    batchSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    onExisting: Type.Optional(onExisting),
  }),
  prepare: (context, request) => findParts(context, request as PlanRequest),
  perform: async ({ services, actor }, request, found) => {
    if (actor.kind === 'anonymous') throw coreError('unauthenticated')
    const planned = await toPlan(services, actor, request, found)
    const { entity, layout, mappings } = planned
    if (entity === null) {
      const message = `Say by entity_type what the rows are: ${entityNames.join(', ')}.`
      throw importError('import_mapping_invalid', { message })
    }
    const options = {
      stopOnError: request.stopOnError ?? false,
      batchSize: request.batchSize ?? defaultBatch,
      onExisting: request.onExisting ?? planned.onExisting,
    }
    const plan: Plan = { entity, layout, mappings, options }
    requirePermissions(actor, entity, plan, compileMapping(entity, mappings, layout.headers).fields)
    return { file: found.file, entity, plan }
  },
  run: async (context, request, { file, entity, plan }) => {
    const { tx, tenantId, now, actor, services } = context
    const until = new Date(now.getTime() + keptMs.execute)
    if (!(await keepFileUntil(tx, tenantId, file.fileId, until))) throw importError('import_file_not_found')
    const earlier: EarlierImport[] = await findEarlierImports(tx, tenantId, file.sha256)
    const id = newId('imp')
    await store.insertImport(tx, tenantId, {
      id,
      entity,
      templateId: request.templateId ?? null,
      fileId: file.fileId,
      fileSha256: file.sha256,
      plan,
      rowsEstimated: file.rowsEstimated,
      createdBy: actor.kind === 'user' ? actor.userId : null,
      now,
    })
    await services.jobs.enqueue(tx, importQueue, { tenantId, importId: id })
    return { id, entity, plan, earlier, sha256: file.sha256 }
  },
  audit: (_input, { id, entity, plan, sha256 }) => ({
    description: 'Import asked for',
    target: { type: 'import', id },
    context: { entity, file_sha256: sha256, ...plan.options, mapped: plan.mappings.map((one) => one.targetField) },
  }),
})

export const viewImport = defineOperation({
  name: 'import.view',
  summary: 'Shows how far an import is.',
  level: 'account',
  permission: 'import:view',
  effect: 'quick read',
  input: importId,
  run: async ({ tx, tenantId }, { importId: id }): Promise<ImportView> => {
    const found = await store.findImport(tx, tenantId, id)
    if (!found) throw importError('import_not_found')
    return found
  },
})

export const listImports = defineOperation({
  name: 'import.list',
  summary: "Lists the account's imports, newest first.",
  level: 'account',
  permission: 'import:view',
  effect: 'read',
  input: Type.Object({
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
    after: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  }),
  run: async ({ tx, tenantId }, { limit, after = null }) => {
    const found = await store.listImports(tx, tenantId, { limit: limit + 1, after })
    const imports = found.slice(0, limit)
    return { imports, next: found.length > limit ? (imports.at(-1)?.id ?? null) : null }
  },
})

export const cancelImport = defineOperation({
  name: 'import.cancel',
  summary: 'Ends an import at the next batch; what was written stays, with stop_on_error nothing does.',
  level: 'account',
  permission: 'import:run',
  effect: 'write',
  input: importId,
  run: async ({ tx, tenantId, now }, { importId: id }) => {
    const before = await store.requestCancel(tx, tenantId, id, now)
    if (!before) throw importError('import_not_found')
    if (before.status !== 'queued' && before.status !== 'processing') throw importError('import_ended')
    return { id, isOver: before.status === 'queued' }
  },
  audit: (input) => ({ description: 'Import cancelled', target: { type: 'import', id: input.importId } }),
})

export const downloadRefusedRows = defineOperation({
  name: 'import.download-refused',
  summary: 'Gives the rows that an import refused, with the reason of each, as a file to mend and import again.',
  level: 'account',
  permission: 'import:run',
  effect: 'read',
  limit: 'transfer',
  input: importId,
  run: async ({ tx, tenantId }, { importId: id }) => {
    const found = await store.findRefused(tx, tenantId, id)
    if (!found) throw importError('import_not_found')
    if (found.fileId === null) throw importError('import_has_no_refusals')
    return { id, fileId: found.fileId, tenantId }
  },
  audit: ({ importId: id }) => ({
    category: 'data_access',
    description: 'Refused rows of an import downloaded',
    target: { type: 'import', id },
  }),
})
