/** Asks for a report, in the transaction of whatever wants one: a request, a schedule, the action of a workflow. */
import { newId } from '#kernel/ids.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Services } from '#platform/operations/services.ts'
import { builderOf } from './builders.ts'
import { builtInTemplates } from './built-in-templates.ts'
import { reportError } from './errors.ts'
import { holdLimits, insertReport, usageOf } from './report-store.ts'
import { resolveParameters } from './requests.ts'
import { reportQueue } from './running.ts'
import type {
  BuilderId,
  CsvOptions,
  Format,
  Language,
  Report,
  ReportRequest,
  Template,
  TemplateContent,
} from './schemas.ts'
import { findSettings } from './settings-store.ts'
import { findTemplate } from './template-store.ts'

export type GenerateInput = {
  tenantId: string
  templateId: string
  /** A template that is not saved, or not like this; left out: the one of that name. */
  content?: TemplateContent
  format: Format
  parameters: Record<string, unknown>
  /** Get it by e-mail: attached, or above a size as a link. */
  recipients?: readonly string[]
  /** Left out: the tenant's. */
  language?: Language
  /** Of days and weeks where the parameters name none; left out: the tenant's. */
  timeZone?: string
  csv?: CsvOptions
  requestedBy: Record<string, string>
  scheduleId?: string
  isPreview?: boolean
  now?: Date
}

/** The built-in template of this name, or the tenant's. @throws report_template_unknown */
export async function requireTemplate(tx: Tx, tenantId: string, id: string): Promise<Template> {
  const content = Object.hasOwn(builtInTemplates, id) ? builtInTemplates[id as BuilderId] : undefined
  if (content) return { id, isBuiltIn: true, content, updatedAt: null }
  const own = await findTemplate(tx, tenantId, id)
  if (!own) throw reportError('report_template_unknown')
  return own
}

/** What somebody must be allowed to see who asks for such a report; null: there is no such template. */
export async function permissionsOfTemplate(tx: Tx, tenantId: string, id: string): Promise<readonly string[] | null> {
  const builtIn = Object.hasOwn(builtInTemplates, id) ? builtInTemplates[id as BuilderId] : null
  const content = builtIn ?? (await findTemplate(tx, tenantId, id))?.content
  return content ? builderOf(content.builder).permissions : null
}

const endings: Readonly<Record<Format, string>> = { pdf: 'pdf', excel: 'xlsx', csv: 'csv', html: 'html' }

/** Such as monthly_sales-20240101-20240131.pdf: what it is about. */
function fileNameOf(templateId: string, { resolved, format }: ReportRequest): string {
  const plain = (day: string) => day.replaceAll('-', '')
  return `${templateId}-${plain(resolved.from)}-${plain(resolved.to)}.${endings[format]}`
}

/**
 * Writes the report down and queues its making; nothing happens before the transaction is committed. Who may ask for it is the
 * caller's matter.
 * @throws report_template_unknown, validation_failed, report_limit_reached, report_storage_full
 */
export async function generateReport(
  tx: Tx,
  { jobs, clock }: Pick<Services, 'jobs' | 'clock'>,
  input: GenerateInput,
): Promise<Report> {
  const { tenantId, now = clock.now() } = input
  await holdLimits(tx, tenantId)
  const [content, settings, usage] = await Promise.all([
    input.content ?? requireTemplate(tx, tenantId, input.templateId).then((template) => template.content),
    findSettings(tx, tenantId),
    usageOf(tx, tenantId, now),
  ])
  const resolved = resolveParameters(content, input.parameters, {
    now,
    timeZone: input.timeZone ?? settings.timeZone,
  })
  if (usage.today >= settings.dailyLimit) {
    throw reportError('report_limit_reached', { retryAfterSeconds: secondsUntilMidnight(now) })
  }
  if (usage.storedBytes >= settings.storedMegabytes * 1024 ** 2) throw reportError('report_storage_full')
  const request: ReportRequest = {
    content,
    format: input.format,
    language: input.language ?? settings.language,
    resolved,
    csv: input.csv ?? {},
  }
  const report = await insertReport(tx, tenantId, {
    id: newId('rpt'),
    templateId: input.templateId,
    request,
    parameters: input.parameters,
    requestedBy: input.requestedBy,
    scheduleId: input.scheduleId ?? null,
    recipients: input.recipients ?? [],
    fileName: fileNameOf(input.templateId, request),
    retentionDays: settings.retentionDays,
    isPreview: input.isPreview ?? false,
    now,
  })
  await jobs.enqueue(tx, reportQueue, { tenantId, reportId: report.id })
  return report
}

function secondsUntilMidnight(now: Date): number {
  const midnight = new Date(now)
  midnight.setUTCHours(24, 0, 0, 0)
  return Math.max(1, Math.ceil((midnight.getTime() - now.getTime()) / 1000))
}
