import { Type } from 'typebox'
import { fecEncoding, fecFileName, fecYear, hasMoreLinesThan, sirenOf } from '#features/fec/index.ts'
import { findCompany, fiscalYear as fiscalYearNamed } from '#features/ledger/index.ts'
import { coreError } from '#kernel/errors.ts'
import { newId } from '#kernel/ids.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { describeActor, entranceOf, holdsPermission } from '#platform/operations/actor.ts'
import type { AuditFields, OperationContext } from '#platform/operations/operation.ts'
import { defineOperation, definePhasedOperation } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { archivePermission } from './archive-operations.ts'
import { entities } from './entity-store.ts'
import { exportError } from './errors.ts'
import type { Wanted } from './making.ts'
import { makeFile, Turns } from './making.ts'
import { hasMoreRowsThan } from './rows-store.ts'
import { checkRequest, fileNameOf, mostRowsAtOnce } from './rules.ts'
import { exportQueue } from './running.ts'
import type { CheckedRequest, Export, FecRequest } from './schemas.ts'
import { archiveTypes, entityTypes, exportRequest } from './schemas.ts'
import type { MadeFile } from './store.ts'
import * as store from './store.ts'

const turns = new Turns(2)

const permissionOf = (entityType: string) => {
  if (entityType === 'fec') return 'entry:export'
  if (entityType === 'person' || entityType === 'tenant') return archivePermission
  return entities[entityType as keyof typeof entities]?.permission ?? null
}

/** Who may export may not therefore see everything. @throws permission_missing */
function mustSee(actor: Actor, entityType: string): void {
  if (!holdsPermission(actor, permissionOf(entityType))) throw coreError('permission_missing')
}

function entranceFor(actor: Actor) {
  const entrance = entranceOf(actor, { inactiveClientMay: false, withoutMfaMay: false, needsStepUp: false })
  if (actor.kind === 'anonymous' || !entrance) throw new Error('an export is made for somebody')
  return { entrance, tenantId: actor.tenantId }
}

type Prepared = Wanted & { format: string; fileName: string; isLarge: boolean }
type Performed = Prepared & { made: MadeFile | null }

async function perform(services: Services, actor: Actor, prepared: Prepared): Promise<Performed> {
  if (prepared.isLarge) return { ...prepared, made: null }
  const { database } = services
  const making = { database, ...entranceFor(actor), progress: { expected: null, written: 0 }, counts: false }
  return { ...prepared, made: await turns.take(() => makeFile(services, making, prepared)) }
}

async function record({ tx, tenantId, actor, services, now }: OperationContext, performed: Performed): Promise<Export> {
  const { entityType, format, fileName, made, request } = performed
  const id = newId('exp')
  if (made) {
    const kept = await services.files.keep(tx, tenantId, made.fileId, made.expiresAt)
    if (!kept) throw new Error('the file of an export went before it was kept')
  }
  const asked = { entityType, format, asked: request as CheckedRequest }
  const given = { id, request: asked, requestedBy: describeActor(actor), fileName, made, now }
  const created = await store.insertExport(tx, tenantId, given)
  if (!made) await services.jobs.enqueue(tx, exportQueue, { tenantId, exportId: id })
  return created
}

const audited = (created: Export): AuditFields => ({
  category: 'data_access',
  severity: 'warning',
  description: 'Data exported',
  target: { type: 'export', id: created.id },
  // Not the filters' values: a name may be among them.
  context: {
    entity_type: created.entityType,
    format: created.format,
    rows: created.rowsWritten,
    status: created.status,
  },
})

export const createExport = definePhasedOperation({
  name: 'export.create',
  summary: 'Exports rows of an entity: up to 5,000 at once, more by a job.',
  level: 'account',
  permission: 'export:create',
  effect: 'write',
  limit: 'transfer',
  input: exportRequest,
  prepare: async ({ tx, tenantId, actor, now }, input): Promise<Prepared> => {
    mustSee(actor, input.entityType)
    const request = checkRequest(entities[input.entityType], input)
    const isLarge = await hasMoreRowsThan(tx, { tenantId, rows: mostRowsAtOnce }, request)
    const { entityType, format } = request
    return { entityType, format, request, fileName: fileNameOf(request, now), isLarge }
  },
  perform: ({ services, actor }, _input, prepared) => perform(services, actor, prepared),
  run: (context, _input, performed) => record(context, performed),
  audit: (_input, created) => audited(created),
})

export const createFecExport = definePhasedOperation({
  name: 'export.create-fec',
  summary: 'Makes the legal file of a fiscal year after all its checks, or lists what is wrong and makes nothing.',
  level: 'account',
  permission: 'entry:export',
  effect: 'write',
  limit: 'transfer',
  input: Type.Object({
    fiscalYear: fecYear,
    siren: Type.Optional(Type.String({ maxLength: 20 })),
    encoding: Type.Optional(fecEncoding),
  }),
  prepare: async ({ tx, tenantId }, input): Promise<Prepared> => {
    const company = await findCompany(tx, tenantId)
    const siren = sirenOf(company, input.siren)
    const { startsOn, endsOn } = fiscalYearNamed(company, input.fiscalYear)
    const request: FecRequest = {
      fiscalYear: input.fiscalYear,
      siren,
      encoding: input.encoding ?? 'iso-8859-15',
      startsOn,
      endsOn,
    }
    const isLarge = await hasMoreLinesThan(tx, { tenantId, fiscalYear: input.fiscalYear, lines: mostRowsAtOnce })
    return { entityType: 'fec', format: 'fec', request, fileName: fecFileName(siren, endsOn), isLarge }
  },
  perform: ({ services, actor }, _input, prepared) => perform(services, actor, prepared),
  run: (context, _input, performed) => record(context, performed),
  audit: (_input, created) => ({ ...audited(created), category: 'compliance', description: 'FEC exported' }),
})

const byId = Type.Object({ id: Type.String({ maxLength: 64 }) })

/** @throws export_not_found, also for what the caller may not see */
async function visible({ tx, tenantId, actor, now }: OperationContext, id: string): Promise<Export> {
  const found = await store.findExport(tx, tenantId, id, now)
  if (!found || !holdsPermission(actor, permissionOf(found.entityType))) throw exportError('export_not_found')
  return found
}

export const viewExport = defineOperation({
  name: 'export.view',
  summary: 'Shows how far an export has come.',
  level: 'account',
  permission: 'export:view',
  effect: 'quick read',
  input: byId,
  run: (context, { id }) => visible(context, id),
})

export const listExports = defineOperation({
  name: 'export.list',
  summary: 'Lists the exports of the last 90 days, newest first, of what the caller may see.',
  level: 'account',
  permission: 'export:view',
  effect: 'read',
  input: Type.Object({
    limit: Type.Integer({ minimum: 1, maximum: 500 }),
    offset: Type.Integer({ minimum: 0, maximum: 100_000 }),
    entityType: Type.Optional(Type.Enum([...entityTypes, 'fec', ...archiveTypes])),
    status: Type.Optional(Type.Enum(['pending', 'running', 'ready', 'failed', 'cancelled', 'expired'])),
  }),
  run: async ({ tx, tenantId, actor, now }, { limit, offset, entityType, status }) => {
    const seen = [...entityTypes, 'fec', ...archiveTypes].filter((one) => holdsPermission(actor, permissionOf(one)))
    const wanted = seen.filter((one) => entityType === undefined || one === entityType)
    if (wanted.length === 0) return { exports: [], hasMore: false }
    const page = { limit: limit + 1, offset, entityTypes: wanted, status }
    const found = await store.listExports(tx, tenantId, page, now)
    return { exports: found.slice(0, limit), hasMore: found.length > limit }
  },
})

export const cancelExport = defineOperation({
  name: 'export.cancel',
  summary: 'Cancels an export that has not ended; what there is of its file goes.',
  level: 'account',
  permission: 'export:cancel',
  effect: 'write',
  input: byId,
  run: async (context, { id }) => {
    await visible(context, id)
    const cancelled = await store.cancelExport(context.tx, context.tenantId, id, context.now)
    if (!cancelled) throw exportError('export_ended')
    return cancelled
  },
  audit: (_input, { id, entityType }) => ({
    category: 'data_access',
    description: 'Export cancelled',
    target: { type: 'export', id },
    context: { entity_type: entityType },
  }),
})

export const downloadExport = defineOperation({
  name: 'export.download',
  summary: 'Gives the file of an export, whole or a range of it.',
  level: 'account',
  permission: 'export:download',
  effect: 'read',
  input: byId,
  run: async (context, { id }) => {
    const found = await visible(context, id)
    if (found.status === 'expired') throw exportError('export_expired')
    if (found.status !== 'ready' || found.fileId === null) throw exportError('export_not_ready')
    return { export: found, fileId: found.fileId, tenantId: context.tenantId }
  },
  audit: (_input, { export: { id, entityType, format } }) => ({
    category: 'data_access',
    description: 'Export downloaded',
    target: { type: 'export', id },
    context: { entity_type: entityType, format },
  }),
})
