/** What a mapping makes of a row of the file: a record of the entity, or what is wrong with it. */
import type { Entity, EntityName } from '#features/entities/index.ts'
import { columnOfHeader, entities, findColumn } from '#features/entities/index.ts'
import type { ErrorDetail } from '#kernel/errors.ts'
import type { Told } from '#kernel/faults.ts'
import { rowFault } from '#kernel/row-faults.ts'
import type { TableRow } from '#platform/tabular/index.ts'
import { importError } from './errors.ts'
import { mappingFault } from './faults.ts'
import type { Finding, Mapping } from './schemas.ts'
import type { ReadAs } from './value-rules.ts'
import { readValue } from './value-rules.ts'

export type ImportedRecord = Record<string, string | boolean>

type MappedCell = {
  at: number
  sourceField: string
  field: string
  as: ReadAs
  required: boolean
  fallback: string | boolean | null
}

export type Converted = { record: ImportedRecord; faults: Finding[]; warnings: Finding[] }

export type Converter = {
  convert(row: TableRow): Converted
  /** The record's fields that the file gives, as the entity's feature calls them. */
  fields: readonly string[]
  /** What a fault of the record's field is called in the file. */
  sourceOf(field: string): string | null
}

/** Money has two decimals; what is no column of an entity keeps what it has. */
const scaleOf = (entity: Entity | null) => (entity ? 2 : 6)

/** Attributes of profiles are the tenant's own. */
export const attributePrefix = 'attributes.'

/**
 * Checks a mapping against the entity and the file's headers.
 * @throws import_mapping_invalid with every problem
 */
export function compileMapping(
  entityName: EntityName | null,
  mappings: readonly Mapping[],
  headers: readonly string[],
): Converter {
  const entity = entityName === null ? null : entities[entityName]
  const places = new Map(headers.map((header, i) => [header, i]))
  const problems: ErrorDetail[] = []
  const cells: MappedCell[] = []
  mappings.forEach((mapping, i) => {
    const cell = compileCell(entity, mapping, places.get(mapping.sourceField))
    if ('problem' in cell) {
      const path = ['body', 'mappings', String(i), cell.member]
      problems.push({ path, ...cell.problem, type: 'mapping' })
    } else cells.push(cell)
  })
  problems.push(...missingColumns(entity, cells), ...repeatedColumns(cells))
  if (problems.length > 0) throw importError('import_mapping_invalid', { details: problems.slice(0, 50) })
  const sources = new Map(cells.map(({ field, sourceField }) => [field, sourceField]))
  return {
    convert: (row) => convertRow(cells, row),
    fields: cells.map(({ field }) => field),
    sourceOf: (field) => sources.get(field) ?? field,
  }
}

type Problem = { problem: Told; member: string }

function compileCell(entity: Entity | null, mapping: Mapping, at: number | undefined): MappedCell | Problem {
  const { sourceField, targetField } = mapping
  // What is not in the file may come from the mapping alone.
  if (at === undefined && mapping.defaultValue === undefined) {
    return { problem: mappingFault('mapping_no_column', { column: sourceField.slice(0, 100) }), member: 'source_field' }
  }
  const column = entity ? findColumn(entity, targetField) : null
  const isAttribute = entity?.hasOwnAttributes === true && column === null
  if (entity && !isAttribute && (column === null || column.imported === 'never')) {
    return {
      problem: mappingFault('mapping_no_target', { column: targetField.slice(0, 100), entity: entity.name }),
      member: 'target_field',
    }
  }
  const type = mapping.dataType ?? column?.type ?? 'string'
  const values = mapping.values ?? column?.values ?? []
  if (type === 'enum' && values.length === 0) {
    return { problem: mappingFault('mapping_enum_values'), member: 'values' }
  }
  const as: ReadAs = { type, scale: scaleOf(entity), values }
  const given = mapping.defaultValue?.trim() ?? ''
  const fallback = given === '' ? null : readValue(given, as)
  if (fallback && 'fault' in fallback) return { problem: fallback.fault, member: 'default_value' }
  return {
    at: at ?? -1,
    sourceField,
    field: isAttribute ? attributePrefix + targetField : (column?.field ?? targetField),
    as,
    required: mapping.required ?? column?.imported === 'required',
    fallback: fallback?.value ?? null,
  }
}

function missingColumns(entity: Entity | null, cells: readonly MappedCell[]): ErrorDetail[] {
  const mapped = new Set(cells.map(({ field }) => field))
  const missing = entity?.columns.filter((column) => column.imported === 'required' && !mapped.has(column.field)) ?? []
  return missing.map(({ name }) => ({
    path: ['body', 'mappings'],
    ...mappingFault('mapping_needed', { column: name, entity: entity?.name ?? '' }),
    type: 'mapping',
  }))
}

function repeatedColumns(cells: readonly MappedCell[]): ErrorDetail[] {
  const fields = cells.map(({ field }) => field)
  const repeated = fields.filter((field, i) => fields.indexOf(field) !== i)
  return [...new Set(repeated)].map((field) => ({
    path: ['body', 'mappings'],
    ...mappingFault('mapping_twice', { column: field.slice(0, 100) }),
    type: 'mapping',
  }))
}

// Made once: a file may have more empty cells than filled ones.
const needed = rowFault('row_needed')
const empty = rowFault('row_empty')

function convertRow(cells: readonly MappedCell[], { row, cells: texts, fault }: TableRow): Converted {
  const record: ImportedRecord = {}
  const faults: Finding[] = fault === undefined ? [] : [{ row, field: null, ...fault }]
  const warnings: Finding[] = []
  if (fault !== undefined) return { record, faults, warnings }
  for (const { at, sourceField, field, as, required, fallback } of cells) {
    const text = texts[at]?.trim() ?? ''
    if (text === '') {
      if (fallback !== null) record[field] = fallback
      else if (required) faults.push({ row, field: sourceField, ...needed })
      else warnings.push({ row, field: sourceField, ...empty })
      continue
    }
    const reading = readValue(text, as)
    if ('fault' in reading) faults.push({ row, field: sourceField, ...reading.fault })
    else record[field] = reading.value
  }
  return { record, faults, warnings }
}

/** A mapping for the headers that mean a column of the entity; each column once. */
export function proposeMappings(entityName: EntityName, headers: readonly string[]): Mapping[] {
  const taken = new Set<string>()
  return headers.flatMap((header): Mapping[] => {
    const column = columnOfHeader(entities[entityName], header)
    if (!column || taken.has(column.name)) return []
    taken.add(column.name)
    const required = column.imported === 'required'
    return [{ sourceField: header, targetField: column.name, dataType: column.type, ...(required ? { required } : {}) }]
  })
}

/** The entity whose columns most of the headers mean. */
export function proposeEntity(headers: readonly string[]): EntityName {
  const scored = Object.values(entities).map(({ name, columns }) => {
    const proposed = proposeMappings(name, headers)
    const required = columns.filter((column) => column.imported === 'required')
    const met = required.filter((column) => proposed.some((one) => one.targetField === column.name)).length
    return { name, score: proposed.length + (met === required.length ? 10 : 0) }
  })
  // Of equals customers: most files are theirs.
  const best = Math.max(...scored.map(({ score }) => score))
  const found = scored.filter(({ score }) => score === best).map(({ name }) => name)
  return found.includes('customers') ? 'customers' : (found[0] ?? 'customers')
}
