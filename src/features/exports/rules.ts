/** Whether a request fits what it wants to export. */
import { parseCalendarDate } from '#kernel/calendar-date.ts'
import type { ErrorDetail } from '#kernel/errors.ts'
import { coreError } from '#kernel/errors.ts'
import type { Told } from '#kernel/faults.ts'
import { isUuid } from '#kernel/ids.ts'
import { exportFault } from './faults.ts'
import type { CheckedRequest, Described, ExportRequest, FilterKind } from './schemas.ts'

/** Files are deleted so long after they have been made. */
export const fileLifeMs = 24 * 3600 * 1000

/** Up to so many rows the file is made in the request; what has more is a job. */
export const mostRowsAtOnce = 5000

type Given = string | number | boolean

/** @throws validation_failed with everything that does not fit */
export function checkRequest(entity: Described, request: ExportRequest): CheckedRequest {
  const problems: ErrorDetail[] = []
  const entityType = request.entityType
  const refuse = (path: readonly string[], told: Told) =>
    problems.push({ path: ['body', ...path], ...told, type: 'export_request' })
  const known = Object.keys(entity.columns)
  const columns = request.columns ?? known
  for (const [i, column] of columns.entries()) {
    const at = ['columns', String(i)]
    if (!known.includes(column)) {
      refuse(at, exportFault('export_column_unknown', { entity: entityType, columns: known.join(', ') }))
    } else if (columns.indexOf(column) !== i) refuse(at, exportFault('export_column_twice'))
  }
  const order = request.order ?? []
  for (const [i, { column }] of order.entries()) {
    if (!known.includes(column) || entity.columns[column]?.kind === 'json') {
      refuse(['order', String(i), 'column'], exportFault('export_order_unknown', { entity: entityType }))
    }
  }
  const filters = Object.entries(request.filters ?? {}).flatMap(([name, value]) => {
    const filter = Object.hasOwn(entity.filters, name) ? entity.filters[name] : undefined
    if (!filter) {
      const known = Object.keys(entity.filters).join(', ')
      refuse(['filters', name], exportFault('export_filter_unknown', { entity: entityType, filters: known }))
      return []
    }
    const given: readonly Given[] = Array.isArray(value) ? value : [value]
    if (given.length === 0) refuse(['filters', name], exportFault('export_filter_empty'))
    if (filter.kind === 'day' && given.length > 1) refuse(['filters', name], exportFault('export_filter_one_day'))
    const values = given.map((one) => canonical(filter.kind, one))
    if (values.includes(null)) refuse(['filters', name], expected(filter.kind))
    return [{ name, values: values.filter((one) => one !== null) }]
  })
  if (request.csv && request.format !== 'csv') refuse(['options'], exportFault('export_options_csv'))
  if (problems.length > 0) throw coreError('validation_failed', { details: problems.slice(0, 50) })
  const { delimiter = ',', encoding = 'utf-8', decimalMark = '.' } = request.csv ?? {}
  const csv = { delimiter, encoding, decimalMark }
  return { entityType, format: request.format, columns: [...columns], filters, order, csv }
}

/** The value as the database compares it, null where it is none. */
function canonical(kind: FilterKind, given: Given): string | null {
  if (kind === 'boolean') return ['true', 'false'].includes(String(given)) ? String(given) : null
  if (kind === 'integer') return /^-?[0-9]{1,9}$/.test(String(given)) ? String(given) : null
  if (typeof given !== 'string') return null
  if (kind === 'uuid') return isUuid(given) ? given.toLowerCase() : null
  if (kind === 'day') return parseCalendarDate(given)
  if (kind === 'text') return given === '' || given.includes('\0') || !given.isWellFormed() ? null : given
  return kind.includes(given) ? given : null
}

function expected(kind: FilterKind): Told {
  if (typeof kind !== 'string') return exportFault('export_filter_one_of', { values: kind.join(', ') })
  return exportFault(`export_filter_${kind}`)
}

const endings: Readonly<Record<CheckedRequest['format'], string>> = {
  csv: 'csv',
  excel: 'xlsx',
  json: 'json',
  jsonl: 'jsonl',
}

/** Such as customers-20240131-101500.csv (UTC). */
export function fileNameOf({ entityType, format }: CheckedRequest, now: Date): string {
  const [day = '', time = ''] = now.toISOString().replaceAll(/[-:]/g, '').split(/[T.]/)
  return `${entityType}-${day}-${time}.${endings[format]}`
}

export function contentTypeOf(fileName: string, request: object): string {
  const encoding = 'encoding' in request ? String(request.encoding) : ''
  switch (fileName.slice(fileName.lastIndexOf('.') + 1)) {
    case 'csv': {
      const { csv } = request as CheckedRequest
      return `text/csv; charset=${csv.encoding === 'windows-1252' ? 'windows-1252' : 'utf-8'}; header=present`
    }
    case 'xlsx':
      return 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
    case 'json':
      return 'application/json'
    case 'zip':
      return 'application/zip'
    case 'jsonl':
      return 'application/x-ndjson'
    default:
      return `text/plain; charset=${encoding}`
  }
}
