/** Reports; our additions: list, progress, cancelling, deleting. */
import { Type } from 'typebox'
import type { Report } from '#features/reports/index.ts'
import {
  cancelReport,
  contentTypeOf,
  createReport,
  deleteReport,
  downloadReport,
  listReports,
  previewReport,
  reportCsvOptions,
  reportFormats,
  reportLanguage,
  reportParameters,
  reportRecipients,
  reportTemplateId,
  templateContent,
  viewReport,
} from '#features/reports/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { given } from './given.ts'

const moment = nullable(Type.String({ format: 'date-time' }))
const statuses = ['generating', 'ready', 'failed', 'cancelled', 'expired'] as const

const ReportAnswer = Type.Object({
  report_id: Type.String(),
  status: Type.Enum(statuses),
  estimated_time_seconds: nullable(Type.Integer({ description: 'While it is being made' })),
  progress: Type.Integer({ description: 'Percent' }),
  template_id: Type.String(),
  format: Type.Enum(reportFormats),
  language: Type.String(),
  parameters: Type.Record(Type.String(), Type.Unknown()),
  recipients: Type.Array(Type.String()),
  schedule_id: nullable(Type.String()),
  file_name: Type.String(),
  file_size: nullable(Type.Integer()),
  download_url: nullable(Type.String({ description: 'While there is a file' })),
  progress_url: Type.String(),
  created_at: Type.String({ format: 'date-time' }),
  started_at: moment,
  ended_at: moment,
  expires_at: moment,
  failure: nullable(Type.Object({ code: Type.String(), details: Type.Array(Type.Object({ message: Type.String() })) })),
  warnings: Type.Array(Type.Object({ message: Type.String() }), {
    description: 'Such as: why its recipients were not told',
  }),
})

/** The document's own example says 30; nearly all take a second or two, once a worker has them. */
const estimatedSeconds = 30

const wireStatus = ({ status }: Report) => (status === 'pending' || status === 'running' ? 'generating' : status)

function presentReport(one: Report) {
  const url = `/api/v1/reports/${one.id}`
  const status = wireStatus(one)
  return {
    report_id: one.id,
    status,
    estimated_time_seconds:
      status === 'generating' ? Math.max(1, Math.ceil((estimatedSeconds * (100 - one.progress)) / 100)) : null,
    progress: one.progress,
    template_id: one.templateId,
    format: one.format,
    language: one.language,
    parameters: one.parameters,
    recipients: one.recipients,
    schedule_id: one.scheduleId,
    file_name: one.fileName,
    file_size: one.fileSize,
    download_url: status === 'ready' ? `${url}/download` : null,
    progress_url: url,
    created_at: one.createdAt,
    started_at: one.startedAt,
    ended_at: one.endedAt,
    expires_at: one.expiresAt,
    failure: one.failure === null ? null : { code: one.failure, details: one.failureDetails },
    warnings: one.failure === null ? one.failureDetails : [],
  }
}

const path = Type.Object({ report_id: Type.String({ maxLength: 64 }) })
const one = (description: string) => ({ status: 200, description, schema: ReportAnswer })

export const csvOptionsOf = Type.Object(
  {
    delimiter: reportCsvOptions.properties.delimiter,
    encoding: reportCsvOptions.properties.encoding,
    decimal_separator: reportCsvOptions.properties.decimalMark,
  },
  { additionalProperties: false },
)

export function reportRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/reports/generate',
    operationId: 'generateReport',
    operation: createReport,
    request: {
      body: Type.Object({
        template_id: reportTemplateId,
        format: Type.Enum(reportFormats),
        parameters: Type.Optional(nullable(reportParameters)),
        language: Type.Optional(nullable(reportLanguage)),
        recipients: Type.Optional(nullable(reportRecipients)),
        options: Type.Optional(nullable(csvOptionsOf)),
      }),
    },
    input: ({ body }) => ({
      templateId: body.template_id,
      format: body.format,
      parameters: body.parameters ?? {},
      ...given({
        language: body.language ?? undefined,
        recipients: body.recipients ?? undefined,
        csv: body.options
          ? given({
              delimiter: body.options.delimiter,
              encoding: body.options.encoding,
              decimalMark: body.options.decimal_separator,
            })
          : undefined,
      }),
    }),
    present: (report) => ({ status: 202, body: presentReport(report) }),
    success: { status: 202, description: 'A job makes it', schema: ReportAnswer },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/reports/preview',
    operationId: 'previewReport',
    operation: previewReport,
    request: {
      body: Type.Object({
        template_id: Type.Optional(reportTemplateId),
        /** As it would be saved; a fault is told at its place. */
        template: Type.Optional(templateContent),
        parameters: Type.Optional(nullable(reportParameters)),
        language: Type.Optional(nullable(reportLanguage)),
      }),
    },
    input: ({ body }) => ({
      parameters: body.parameters ?? {},
      ...given({ templateId: body.template_id, content: body.template, language: body.language ?? undefined }),
    }),
    present: (report) => ({ status: 202, body: presentReport(report) }),
    success: {
      status: 202,
      description: 'A job makes it; it is not listed, and gone within the hour',
      schema: ReportAnswer,
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/reports',
    operationId: 'listReports',
    operation: listReports,
    request: {
      query: Type.Object({
        template_id: Type.Optional(Type.String({ maxLength: 64 })),
        schedule_id: Type.Optional(Type.String({ maxLength: 64 })),
        status: Type.Optional(Type.Enum(['pending', 'running', 'ready', 'failed', 'cancelled', 'expired'])),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
        offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
      }),
    },
    input: ({ query }) => ({
      limit: query.limit ?? 100,
      offset: query.offset ?? 0,
      ...given({ templateId: query.template_id, scheduleId: query.schedule_id, status: query.status }),
    }),
    present: ({ reports, hasMore }) => ({
      status: 200,
      body: { reports: reports.map(presentReport), has_more: hasMore },
    }),
    success: {
      status: 200,
      description: 'Newest first',
      schema: Type.Object({ reports: Type.Array(ReportAnswer), has_more: Type.Boolean() }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/reports/:report_id',
    operationId: 'getReport',
    operation: viewReport,
    request: { path },
    input: ({ path: { report_id } }) => ({ id: report_id }),
    present: (report) => ({ status: 200, body: presentReport(report) }),
    success: one('How far it has come'),
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/reports/:report_id/download',
    operationId: 'downloadReport',
    operation: downloadReport,
    request: { path },
    input: ({ path: { report_id } }) => ({ id: report_id }),
    present: ({ report, fileId, tenantId }) => ({
      status: 200,
      body: null,
      file: { id: fileId, tenantId, name: report.fileName, contentType: contentTypeOf(report.format) },
    }),
    success: { status: 200, description: 'The file; with Range a part of it (206)', isFile: true },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/reports/:report_id/cancel',
    operationId: 'cancelReport',
    operation: cancelReport,
    request: { path },
    input: ({ path: { report_id } }) => ({ id: report_id }),
    present: (report) => ({ status: 200, body: presentReport(report) }),
    success: one('The report, cancelled'),
  })

  routes.add({
    method: 'DELETE',
    url: '/api/v1/reports/:report_id',
    operationId: 'deleteReport',
    operation: deleteReport,
    request: { path },
    input: ({ path: { report_id } }) => ({ id: report_id }),
    present: (report) => ({ status: 200, body: presentReport(report) }),
    success: one('The report, without its file'),
  })
}
