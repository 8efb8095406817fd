import { Type } from 'typebox'
import { dataTypes, entityNames } from '#features/entities/index.ts'
import type { Told } from '#kernel/faults.ts'
import type { KeptRowFault } from '#kernel/row-faults.ts'
import { lineOfText } from '#kernel/schemas.ts'
import type { TableLayout } from '#platform/tabular/index.ts'
import { encodings, tableFormats } from '#platform/tabular/index.ts'

/** A row that was not imported, with all that is wrong with it. */
export type RefusedRow = { row: number; cells: string[]; faults: readonly KeptRowFault[] }

export const entityName = Type.Enum(entityNames)
export const tableFormat = Type.Enum(tableFormats)
export const encoding = Type.Enum(encodings)
const fieldName = lineOfText(200)

export const mapping = Type.Object({
  /** A header of the file. */
  sourceField: fieldName,
  /** A column of the entity; without an entity anything. */
  targetField: fieldName,
  /** The column's own where it is left out. */
  dataType: Type.Optional(Type.Enum(dataTypes)),
  required: Type.Optional(Type.Boolean()),
  /** Taken where the cell is empty. */
  defaultValue: Type.Optional(Type.String({ maxLength: 1000 })),
  /** Of an enum. */
  values: Type.Optional(Type.Array(lineOfText(200), { minItems: 1, maxItems: 200 })),
})
export type Mapping = Type.Static<typeof mapping>
export const mappings = Type.Array(mapping, { minItems: 1, maxItems: 4000 })

/** What becomes of a row whose key is there already. */
export const onExisting = Type.Enum(['update', 'skip', 'refuse'])
export type OnExisting = Type.Static<typeof onExisting>

export const options = Type.Object({
  stopOnError: Type.Boolean(),
  batchSize: Type.Integer({ minimum: 1, maximum: 10_000 }),
  onExisting,
})
export type Options = Type.Static<typeof options>

/** How the file is to be read, where it is not as the preview found it. */
export const layoutWish = Type.Object({
  format: Type.Optional(tableFormat),
  encoding: Type.Optional(encoding),
  delimiter: Type.Optional(Type.Enum([';', ',', '\t', '|', ':'])),
  headerRow: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  sheet: Type.Optional(lineOfText(100)),
})

export const templateId = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,63}$' })
export const templateDefinition = Type.Object({
  entity: entityName,
  name: lineOfText(200),
  mappings,
  onExisting: Type.Optional(onExisting),
})
export type TemplateDefinition = Type.Static<typeof templateDefinition>
export type Template = TemplateDefinition & {
  id: string
  isBuiltIn: boolean
  createdAt: Date | null
  updatedAt: Date | null
}

/** By a template, or by a mapping with its entity. */
export const planRequest = {
  fileId: Type.String({ minLength: 1, maxLength: 100 }),
  templateId: Type.Optional(templateId),
  entity: Type.Optional(entityName),
  mappings: Type.Optional(mappings),
  layout: layoutWish,
}

/** Everything that a run depends on, kept with it. */
export type Plan = {
  entity: (typeof entityNames)[number] | null
  layout: TableLayout
  mappings: Mapping[]
  options: Options
}

export type Finding = KeptRowFault & { row: number }

export const importStatuses = ['queued', 'processing', 'completed', 'failed', 'cancelled'] as const
export type ImportStatus = (typeof importStatuses)[number]

/** The first rows that an import refused; headers are those of the file. */
export type RefusedRows = { headers: readonly string[]; rows: readonly RefusedRow[] }

export type ImportView = {
  id: string
  entity: string
  templateId: string | null
  fileId: string
  fileSha256: string
  status: ImportStatus
  options: Options
  cancelRequested: boolean
  rowsEstimated: number
  rowsRead: number
  rowsInserted: number
  rowsUpdated: number
  rowsUnchanged: number
  rowsRefused: number
  /** Rows a second since it was last started; null: not known yet. */
  rowsPerSecond: number | null
  secondsLeft: number | null
  attempt: number
  /** Of imports that failed when they had no codes the sentence alone. */
  failure: (Pick<Told, 'message' | 'parameters'> & { code: string | null }) | null
  hasRefusedFile: boolean
  createdBy: string | null
  createdAt: Date
  startedAt: Date | null
  finishedAt: Date | null
}

export const importId = Type.Object({ importId: Type.String({ minLength: 1, maxLength: 64 }) })
