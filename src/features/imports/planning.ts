/** From a request to a plan: which file, read how, mapped how. */

import type { EntityName } from '#features/entities/index.ts'
import { entities, findColumn } from '#features/entities/index.ts'
import { decidedStatuses } from '#features/ledger/index.ts'
import type { Actor, AnonymousActor } from '#platform/operations/actor.ts'
import { holdsPermission } from '#platform/operations/actor.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import type { TableLayout, TableSource } from '#platform/tabular/index.ts'
import { findLayout, UnreadableTableError } from '#platform/tabular/index.ts'
import { importError } from './errors.ts'
import type { ImportFile } from './file-store.ts'
import { findFile } from './file-store.ts'
import type { Mapping, OnExisting, Template } from './schemas.ts'
import { findTemplate } from './template-store.ts'
import { builtInTemplates, fitTemplate } from './templates.ts'

export type LayoutWish = Parameters<typeof findLayout>[1]

export type PlanRequest = {
  fileId: string
  templateId?: string
  entity?: EntityName
  mappings?: Mapping[]
  layout: NonNullable<LayoutWish>
}

export type Found = { file: ImportFile; template: Template | null }

/** @throws import_file_not_found, import_template_not_found */
export async function findParts({ tx, tenantId }: OperationContext, request: PlanRequest): Promise<Found> {
  const file = await findFile(tx, tenantId, request.fileId)
  if (!file) throw importError('import_file_not_found')
  if (request.templateId === undefined) return { file, template: null }
  const template = builtInTemplates.get(request.templateId) ?? (await findTemplate(tx, tenantId, request.templateId))
  if (!template) throw importError('import_template_not_found')
  return { file, template }
}

/**
 * @param isLong for jobs
 * @throws import_file_not_found from the stream's beginning
 */
export function sourceOf({ files }: Services, tenantId: string, fileId: string, isLong = false): TableSource {
  const open = async () => {
    const opened = await files.open(tenantId, fileId)
    if (!opened) throw importError('import_file_not_found')
    return opened.content
  }
  return Object.assign(open, { reader: { owner: tenantId, isLong } })
}

/** What the reader of tables says of a file is what its sender hears. */
export async function readable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof UnreadableTableError)) throw error
    throw importError('import_unreadable', {
      message: error.message,
      details: [{ path: ['body', 'file'], ...error.fault }],
      cause: error,
    })
  }
}

export type Planned = { entity: EntityName | null; layout: TableLayout; mappings: Mapping[]; onExisting: OnExisting }

/** The layout of the preview, or another one where the request says how else to read the file. */
export async function toPlan(
  services: Services,
  actor: Exclude<Actor, AnonymousActor>,
  request: PlanRequest,
  { file, template }: Found,
): Promise<Planned> {
  const { tenantId } = actor
  const { layout: wish, fileId } = request
  const differs = Object.entries(wish).some(([name, value]) => file.layout[name as keyof TableLayout] !== value)
  const known = { ...(file.layout.format === 'excel' ? {} : { encoding: file.layout.encoding ?? 'utf-8' }), ...wish }
  const layout = differs ? await readable(() => findLayout(sourceOf(services, tenantId, fileId), known)) : file.layout
  const mappings = request.mappings ?? (template ? fitTemplate(template, layout.headers) : [])
  if (mappings.length === 0) {
    throw importError('import_mapping_invalid', {
      message: 'Say by a template_id, or by mappings, what the columns of the file are.',
    })
  }
  const entity = template?.entity ?? request.entity ?? null
  const allowed = withinRights(actor, entity, mappings)
  return {
    entity,
    layout: withMembers(layout, allowed),
    mappings: allowed,
    onExisting: template?.onExisting ?? 'update',
  }
}

/** Who may not decide on invoices brings none that are decided on: to him those statuses are none. */
function withinRights(actor: Actor, entity: EntityName | null, mappings: readonly Mapping[]): Mapping[] {
  if (entity !== 'invoices' || holdsPermission(actor, 'invoice:approve')) return [...mappings]
  return mappings.map((mapping) => {
    const column = findColumn(entities.invoices, mapping.targetField)
    if (column?.field !== 'status') return mapping
    const values = (mapping.values ?? column.values ?? []).filter(
      (one) => !(decidedStatuses as readonly string[]).includes(one),
    )
    return { ...mapping, dataType: 'enum', values }
  })
}

/** A member that the first objects of a JSON file lack may be in later ones. */
function withMembers(layout: TableLayout, mappings: readonly Mapping[]): TableLayout {
  if (layout.format !== 'json' && layout.format !== 'jsonl') return layout
  return { ...layout, headers: [...new Set([...layout.headers, ...mappings.map(({ sourceField }) => sourceField)])] }
}
