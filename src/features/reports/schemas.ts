/**
 * Shapes of reports. A builder knows figures (datasets: rows of typed columns); a template says which of them a report shows
 * and how (blocks). Built-in templates and tenants' own are the same data, so neither can hold markup or code.
 */
import { Type } from 'typebox'
import { lineOfText, textOf } from '#kernel/schemas.ts'

export const languages = ['fr', 'en'] as const
export const language = Type.Enum(languages)
export type Language = (typeof languages)[number]

export const formats = ['pdf', 'excel', 'csv', 'html'] as const
export type Format = (typeof formats)[number]

export const builderIds = [
  'monthly_sales',
  'weekly_summary',
  'client_activity',
  'audit_summary',
  'analyses_overview',
] as const
export type BuilderId = (typeof builderIds)[number]

/**
 * money: of the report's currency, decimal: two places, score: one; all three canonical text or a number. percent: 12.5 means
 * 12.5 %. day: YYYY-MM-DD. month: YYYY-MM. moment: ISO 8601, UTC. word: one of ours, shown by its name in the language (words.ts).
 */
export type ValueKind =
  | 'text'
  | 'word'
  | 'integer'
  | 'decimal'
  | 'money'
  | 'percent'
  | 'score'
  | 'day'
  | 'month'
  | 'moment'
  | 'boolean'

export type Words = { fr: string; en: string }
export type Cell = string | number | boolean | null
export type Row = Readonly<Record<string, Cell>>

export type DatasetColumn = {
  readonly id: string
  readonly kind: ValueKind
  readonly label: Words
  /** A code or a number: it is not given the room that names need. */
  readonly isShort?: true
}

const id = Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' })
/** One language may stand for both. */
export const words = (maxLength: number) =>
  Type.Object(
    { fr: Type.Optional(lineOfText(maxLength)), en: Type.Optional(lineOfText(maxLength)) },
    { additionalProperties: false, minProperties: 1 },
  )

export const chartKinds = ['bar', 'horizontal_bar', 'stacked_bar', 'line', 'pie'] as const
export type ChartKind = (typeof chartKinds)[number]

/** Rows of a table in a pdf or html; excel and csv have all. */
export const mostTableRows = 2000

export const block = Type.Union([
  Type.Object(
    { type: Type.Literal('tiles'), dataset: id, fields: Type.Array(id, { minItems: 1, maxItems: 12 }) },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      type: Type.Literal('chart'),
      dataset: id,
      chart: Type.Enum(chartKinds),
      category: id,
      values: Type.Array(id, { minItems: 1, maxItems: 4 }),
      title: Type.Optional(words(120)),
      width: Type.Optional(Type.Enum(['full', 'half'])),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      type: Type.Literal('table'),
      dataset: id,
      columns: Type.Optional(Type.Array(id, { minItems: 1, maxItems: 12 })),
      title: Type.Optional(words(120)),
      max_rows: Type.Optional(Type.Integer({ minimum: 1, maximum: mostTableRows })),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      type: Type.Literal('text'),
      text: Type.Object(
        { fr: Type.Optional(textOf(2000)), en: Type.Optional(textOf(2000)) },
        { additionalProperties: false, minProperties: 1 },
      ),
    },
    { additionalProperties: false },
  ),
])
export type Block = Type.Static<typeof block>
export type TableBlock = Extract<Block, { type: 'table' }>

export const templateContent = Type.Object(
  {
    builder: Type.Enum(builderIds),
    name: words(120),
    description: Type.Optional(words(500)),
    blocks: Type.Array(block, { minItems: 1, maxItems: 24 }),
    /** Parameters that hold where a request gives none. */
    parameters: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: 16 })),
  },
  { additionalProperties: false },
)
export type TemplateContent = Type.Static<typeof templateContent>
export const templateId = Type.String({ pattern: '^[a-z][a-z0-9_]{1,63}$' })

export type Template = { id: string; isBuiltIn: boolean; content: TemplateContent; updatedAt: Date | null }

export const csvOptions = Type.Object(
  {
    delimiter: Type.Optional(Type.Enum([',', ';', '\t', '|'])),
    encoding: Type.Optional(Type.Enum(['utf-8', 'utf-8-bom'])),
    decimalMark: Type.Optional(Type.Enum(['.', ','])),
  },
  { additionalProperties: false },
)
export type CsvOptions = Type.Static<typeof csvOptions>

/** Parameters as they were given; each builder checks its own. */
export const givenParameters = Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: 32 })

export const recipients = Type.Array(Type.String({ format: 'email', maxLength: 254 }), { maxItems: 50 })

/** What a builder reads, after its parameters have been checked and everything left open has been decided. */
export type Resolved = {
  /** Days, both included. */
  from: string
  to: string
  timeZone: string
  currency: string
  includeCharts: boolean
  clientUid: string | null
  category: string | null
}

/** All that making a report takes: kept with it, so that what is changed meanwhile does not change it. */
export type ReportRequest = {
  content: TemplateContent
  format: Format
  language: Language
  resolved: Resolved
  csv: CsvOptions
}

export const statuses = ['pending', 'running', 'ready', 'failed', 'cancelled'] as const
export type Status = (typeof statuses)[number]

export type Report = {
  id: string
  templateId: string
  builder: BuilderId
  format: Format
  language: Language
  parameters: Record<string, unknown>
  /** expired: its file has been deleted */
  status: Status | 'expired'
  /** Percent. */
  progress: number
  failure: string | null
  failureDetails: { message: string }[]
  fileName: string
  fileId: string | null
  fileSize: number | null
  scheduleId: string | null
  recipients: string[]
  /** Not listed, and gone within the hour. */
  isPreview: boolean
  createdAt: Date
  startedAt: Date | null
  endedAt: Date | null
  expiresAt: Date | null
}

export type Schedule = {
  id: string
  templateId: string
  name: string
  cron: string
  timeZone: string
  format: Format
  language: Language
  recipients: string[]
  parameters: Record<string, unknown>
  isActive: boolean
  nextRunAt: Date | null
  lastRunAt: Date | null
  lastReportId: string | null
  lastFailure: string | null
  createdAt: Date
  updatedAt: Date
}

export type Logo = { type: 'image/png' | 'image/jpeg'; bytes: Buffer }
export type Settings = {
  language: Language
  timeZone: string
  retentionDays: number
  dailyLimit: number
  storedMegabytes: number
}
export const defaultSettings: Settings = {
  language: 'fr',
  timeZone: 'Europe/Paris',
  retentionDays: 30,
  dailyLimit: 1000,
  storedMegabytes: 2048,
}
