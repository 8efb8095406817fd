import { Type } from 'typebox'
import { coreError } from '#kernel/errors.ts'
import { describeActor, holdsPermission } from '#platform/operations/actor.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { fileOf, maySee, mustSee } from './access.ts'
import { reportError } from './errors.ts'
import { reportFault } from './faults.ts'
import { generateReport, requireTemplate } from './generate.ts'
import * as store from './report-store.ts'
import { checkTemplate } from './requests.ts'
import type { Report } from './schemas.ts'
import {
  builderIds,
  csvOptions,
  formats,
  givenParameters,
  language,
  recipients,
  templateContent,
  templateId,
} from './schemas.ts'

export const createReport = defineOperation({
  name: 'report.generate',
  summary: 'Asks for a report; a job makes it.',
  level: 'account',
  permission: 'report:generate',
  effect: 'write',
  limit: 'transfer',
  input: Type.Object({
    templateId,
    format: Type.Enum(formats),
    parameters: givenParameters,
    language: Type.Optional(language),
    recipients: Type.Optional(recipients),
    csv: Type.Optional(csvOptions),
  }),
  run: async ({ tx, tenantId, actor, services, now }, { csv, format, ...input }): Promise<Report> => {
    const { content } = await requireTemplate(tx, tenantId, input.templateId)
    mustSee(actor, content.builder)
    // Beyond the tenant's own people it goes as far as the addresses are from: that is a schedule's right.
    if ((input.recipients?.length ?? 0) > 0 && !holdsPermission(actor, 'report:schedule')) {
      throw coreError('permission_missing')
    }
    if (csv && format !== 'csv') {
      const details = [{ path: ['body', 'options'], ...reportFault('report_options_csv') }]
      throw coreError('validation_failed', { details })
    }
    const requestedBy = describeActor(actor)
    return generateReport(tx, services, { ...input, ...(csv ? { csv } : {}), format, tenantId, requestedBy, now })
  },
  audit: (_input, { id, templateId: template, format, recipients: to }) => ({
    category: 'data_access',
    description: 'Report asked for',
    target: { type: 'report', id },
    context: { template, format, recipients: to.length },
  }),
})

export const previewReport = defineOperation({
  name: 'report.preview',
  summary:
    'Asks for a report as a web page to look at: of a template as it is, or as it would be saved. It is not listed, and goes within the hour.',
  level: 'account',
  permission: 'report:generate',
  effect: 'write',
  limit: 'transfer',
  input: Type.Object({
    templateId: Type.Optional(templateId),
    content: Type.Optional(templateContent),
    parameters: givenParameters,
    language: Type.Optional(language),
  }),
  run: async ({ tx, tenantId, actor, services, now }, { content: given, ...input }): Promise<Report> => {
    const name = input.templateId ?? given?.builder
    if (name === undefined) {
      const details = [{ path: ['body', 'template_id'], ...reportFault('report_template_needed') }]
      throw coreError('validation_failed', { details })
    }
    const content = given ?? (await requireTemplate(tx, tenantId, name)).content
    mustSee(actor, content.builder)
    if (given) checkTemplate(given, ['template'])
    return generateReport(tx, services, {
      ...input,
      templateId: name,
      content,
      format: 'html',
      isPreview: true,
      tenantId,
      requestedBy: describeActor(actor),
      now,
    })
  },
  audit: (_input, { id, templateId: template }) => ({
    category: 'data_access',
    description: 'Preview of a report asked for',
    target: { type: 'report', id },
    context: { template },
  }),
})

const byId = Type.Object({ id: Type.String({ maxLength: 64 }) })

/** @throws report_not_found, also for what the caller may not see */
async function visible({ tx, tenantId, actor, now }: OperationContext, id: string): Promise<Report> {
  const found = await store.findReport(tx, tenantId, id, now)
  if (!found || !maySee(actor, found.builder)) throw reportError('report_not_found')
  return found
}

export const viewReport = defineOperation({
  name: 'report.view',
  summary: 'Shows how far a report has come.',
  level: 'account',
  permission: 'report:view',
  effect: 'quick read',
  input: byId,
  run: (context, { id }) => visible(context, id),
})

export const listReports = defineOperation({
  name: 'report.list',
  summary: 'Lists the reports of the last 90 days, newest first, of what the caller may see.',
  level: 'account',
  permission: 'report:view',
  effect: 'read',
  input: Type.Object({
    limit: Type.Integer({ minimum: 1, maximum: 500 }),
    offset: Type.Integer({ minimum: 0, maximum: 100_000 }),
    templateId: Type.Optional(Type.String({ maxLength: 64 })),
    scheduleId: Type.Optional(Type.String({ maxLength: 64 })),
    status: Type.Optional(Type.Enum(['pending', 'running', 'ready', 'failed', 'cancelled', 'expired'])),
  }),
  run: async ({ tx, tenantId, actor, now }, { limit, ...page }) => {
    const builders = builderIds.filter((one) => maySee(actor, one))
    if (builders.length === 0) return { reports: [], hasMore: false }
    const found = await store.listReports(tx, tenantId, { ...page, builders, limit: limit + 1 }, now)
    return { reports: found.slice(0, limit), hasMore: found.length > limit }
  },
})

export const cancelReport = defineOperation({
  name: 'report.cancel',
  summary: 'Cancels a report that has not ended.',
  level: 'account',
  permission: 'report:generate',
  effect: 'write',
  input: byId,
  run: async (context, { id }) => {
    await visible(context, id)
    const cancelled = await store.cancelReport(context.tx, context.tenantId, id, context.now)
    if (!cancelled) throw reportError('report_ended')
    return cancelled
  },
  audit: (_input, { id, templateId: template }) => ({
    category: 'data_access',
    description: 'Report cancelled',
    target: { type: 'report', id },
    context: { template },
  }),
})

export const downloadReport = defineOperation({
  name: 'report.download',
  summary: 'Gives the file of a report, whole or a range of it.',
  level: 'account',
  permission: 'report:download',
  effect: 'read',
  input: byId,
  run: async (context, { id }) => {
    const found = await visible(context, id)
    return { report: found, fileId: fileOf(found), tenantId: context.tenantId }
  },
  audit: (_input, { report: { id, templateId: template, format } }) => ({
    category: 'data_access',
    description: 'Report downloaded',
    target: { type: 'report', id },
    context: { template, format },
  }),
})

export const deleteReport = defineOperation({
  name: 'report.delete',
  summary: 'Deletes the file of a report now; that there was one stays in the list.',
  level: 'account',
  permission: 'report:generate',
  effect: 'write',
  input: byId,
  run: async (context, { id }) => {
    const found = await visible(context, id)
    await context.services.files.remove(context.tx, context.tenantId, fileOf(found))
    return { ...found, status: 'expired' as const, fileId: null }
  },
  audit: (_input, { id, templateId: template }) => ({
    category: 'data_access',
    description: 'File of a report deleted',
    target: { type: 'report', id },
    context: { template },
  }),
})
