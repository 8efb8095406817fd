/** What requests and answers of imports share. */
import { Type } from 'typebox'
import { dataTypes } from '#features/entities/index.ts'
import type { EarlierImport, Finding, ImportView, Mapping, RefusedRows, Report } from '#features/imports/index.ts'
import { encoding, entityName, tableFormat, templateId } from '#features/imports/index.ts'
import { coreError } from '#kernel/errors.ts'
import type { KeptRowFault } from '#kernel/row-faults.ts'
import { lineOfText, nullable } from '#kernel/schemas.ts'
import { valueFault } from '#kernel/value-faults.ts'
import { Moment } from './edge-values.ts'
import { given } from './given.ts'

const field = lineOfText(200)
export const MappingIn = Type.Object({
  source_field: field,
  target_field: field,
  data_type: Type.Optional(Type.Enum(dataTypes)),
  required: Type.Optional(Type.Boolean()),
  default_value: Type.Optional(Type.String({ maxLength: 1000 })),
  values: Type.Optional(Type.Array(lineOfText(200), { minItems: 1, maxItems: 200 })),
})

export const mappingsOf = (mappings: readonly Type.Static<typeof MappingIn>[]): Mapping[] =>
  mappings.map((one) => ({
    sourceField: one.source_field,
    targetField: one.target_field,
    ...given({
      dataType: one.data_type,
      required: one.required,
      defaultValue: one.default_value,
      values: one.values,
    }),
  }))

export const presentMapping = (one: Mapping) => ({
  source_field: one.sourceField,
  target_field: one.targetField,
  ...given({ data_type: one.dataType, required: one.required, default_value: one.defaultValue, values: one.values }),
})

/** How the file is to be read; each member where it is not as the preview found it. */
export const layoutMembers = {
  format: Type.Optional(tableFormat),
  encoding: Type.Optional(encoding),
  delimiter: Type.Optional(Type.Enum([';', ',', '\t', '|', ':', '\\t', 'tab', ''])),
  sheet: Type.Optional(lineOfText(100)),
}

type LayoutMembers = {
  format?: Type.Static<typeof tableFormat>
  encoding?: Type.Static<typeof encoding>
  delimiter?: string
  sheet?: string
}

const tabs: ReadonlySet<string> = new Set(['\\t', 'tab'])

/** An empty one is none: what curl makes of `-F 'delimiter=;'`, where a semicolon ends the value. */
function delimiterOf(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  return tabs.has(text) ? '\t' : text
}

export const layoutOf = (from: LayoutMembers, headerRow?: number) =>
  given({
    format: from.format,
    encoding: from.encoding,
    delimiter: delimiterOf(from.delimiter),
    headerRow,
    sheet: from.sheet,
  }) as never

/** Of a form everything is text. @throws validation_failed */
export function wholeNumberOf(name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^[0-9]{1,7}$/.test(text) && value >= 1 && value <= most) return value
  const details = [{ path: ['body', name], ...valueFault('value_whole_number', { most }), type: 'integer' }]
  throw coreError('validation_failed', { details })
}

const row = Type.Integer({ description: 'Of the file; the header counts' })
const faultMembers = {
  field: nullable(Type.String({ description: 'Of the file; null: the row as a whole' })),
  message: Type.String({ description: 'In French' }),
  code: Type.Optional(
    Type.String({ description: 'Which of the sentences; none of what was kept before there were codes' }),
  ),
  parameters: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'What stands in the sentence' })),
}
const presentFault = ({ field: name, message, code, parameters }: KeptRowFault) => ({
  field: name,
  message,
  ...given({ code, parameters }),
})

export const FindingAnswer = Type.Object({ row, ...faultMembers })
export const presentFinding = ({ row: number, ...fault }: Finding) => ({ row: number, ...presentFault(fault) })

export const RefusedRowsAnswer = Type.Object({
  rows: Type.Array(
    Type.Object({
      row,
      cells: Type.Record(Type.String(), Type.String()),
      faults: Type.Array(Type.Object(faultMembers)),
    }),
  ),
})
export const presentRefusedRows = ({ headers, rows }: RefusedRows) => ({
  rows: rows.map(({ row: number, cells, faults }) => ({
    row: number,
    cells: Object.fromEntries(headers.map((name, i) => [name, cells[i] ?? ''])),
    faults: faults.map(presentFault),
  })),
})

export const planMembers = {
  file_id: Type.String({ minLength: 1, maxLength: 100 }),
  ...layoutMembers,
  header_row: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  entity_type: Type.Optional(entityName),
  template_id: Type.Optional(templateId),
  mappings: Type.Optional(Type.Array(MappingIn, { minItems: 1, maxItems: 4000 })),
}
export const PlanIn = Type.Object(planMembers)

/** What is to be read, and how. */
export const planOf = (body: Type.Static<typeof PlanIn>) => ({
  fileId: body.file_id,
  layout: layoutOf(body, body.header_row),
  ...given({ templateId: body.template_id, entity: body.entity_type }),
  ...(body.mappings ? { mappings: mappingsOf(body.mappings) } : {}),
})

/** Of a validation. */
export const ReportAnswer = Type.Object({
  valid: Type.Boolean(),
  errors: Type.Array(FindingAnswer),
  warnings: Type.Array(FindingAnswer),
  rows: Type.Integer(),
  rows_with_errors: Type.Integer(),
  errors_count: Type.Integer(),
  warnings_count: Type.Integer(),
})
export const presentReport = (report: Report) => ({
  valid: report.errorsCount === 0,
  errors: report.errors.map(presentFinding),
  warnings: report.warnings.map(presentFinding),
  rows: report.rows,
  rows_with_errors: report.rowsWithErrors,
  errors_count: report.errorsCount,
  warnings_count: report.warningsCount,
})

export const NoticeAnswer = Type.Object({ message: Type.String(), import_id: Type.String() })

/** The same content was imported before. */
export const noticesOf = (earlier: readonly EarlierImport[]) =>
  earlier.map(({ id, entity, createdAt, rowsWritten }) => ({
    message: `Ce fichier a déjà été importé le ${createdAt.toISOString().slice(0, 10)} (${entity}, ${rowsWritten} lignes écrites).`,
    import_id: id,
  }))

const count = Type.Integer()
const statuses = ['processing', 'completed', 'failed', 'cancelled'] as const

export const ProgressAnswer = Type.Object({
  import_id: Type.String(),
  status: Type.Enum(statuses),
  queued: Type.Boolean({ description: 'No worker has begun it yet' }),
  entity_type: Type.String(),
  template_id: nullable(Type.String()),
  file_id: Type.String(),
  file_sha256: Type.String(),
  cancel_requested: Type.Boolean(),
  stop_on_error: Type.Boolean(),
  total_rows_estimated: count,
  rows_read: count,
  rows_written: count,
  rows_inserted: count,
  rows_updated: count,
  rows_unchanged: count,
  rows_refused: count,
  percent: Type.Number(),
  rows_per_second: nullable(Type.Number()),
  seconds_left: nullable(Type.Number()),
  attempt: Type.Integer({ description: 'How often it was started: more than once after a worker has died' }),
  error: nullable(Type.String({ description: 'Why it failed, in French' })),
  error_code: nullable(Type.String({ description: 'The same for programs, and for whoever reads another language' })),
  error_parameters: Type.Record(Type.String(), Type.String(), {
    description: 'What stands in the sentence of the code',
  }),
  refused_rows_url: nullable(Type.String()),
  created_by: nullable(Type.String()),
  created_at: Moment,
  started_at: nullable(Moment),
  finished_at: nullable(Moment),
})

export function presentProgress(view: ImportView) {
  const total = Math.max(1, view.rowsEstimated)
  const isOver = view.status === 'completed'
  return {
    import_id: view.id,
    status: view.status === 'queued' ? 'processing' : view.status,
    queued: view.status === 'queued',
    entity_type: view.entity,
    template_id: view.templateId,
    file_id: view.fileId,
    file_sha256: view.fileSha256,
    cancel_requested: view.cancelRequested,
    stop_on_error: view.options.stopOnError,
    total_rows_estimated: view.rowsEstimated,
    rows_read: view.rowsRead,
    rows_written: view.rowsInserted + view.rowsUpdated,
    rows_inserted: view.rowsInserted,
    rows_updated: view.rowsUpdated,
    rows_unchanged: view.rowsUnchanged,
    rows_refused: view.rowsRefused,
    percent: isOver ? 100 : Math.min(99.9, Math.round((view.rowsRead * 1000) / total) / 10),
    rows_per_second: view.rowsPerSecond,
    seconds_left: view.secondsLeft,
    attempt: view.attempt,
    error: view.failure?.message ?? null,
    error_code: view.failure?.code ?? null,
    error_parameters: view.failure?.parameters ?? {},
    refused_rows_url: view.hasRefusedFile ? `/api/v1/import/${view.id}/refused` : null,
    created_by: view.createdBy,
    created_at: view.createdAt.toISOString(),
    started_at: view.startedAt?.toISOString() ?? null,
    finished_at: view.finishedAt?.toISOString() ?? null,
  }
}
