export { builderOf } from './builders.ts'
export { contentTypeOf } from './content-types.ts'
export type { ReportErrorCode } from './errors.ts'
export type { GenerateInput } from './generate.ts'
export { generateReport, permissionsOfTemplate } from './generate.ts'
export { reportJobs } from './jobs.ts'
export { openReportLink } from './link.ts'
export {
  cancelReport,
  createReport,
  deleteReport,
  downloadReport,
  listReports,
  previewReport,
  viewReport,
} from './operations.ts'
export { renderer } from './renderer.ts'
export { endReportOperation, failAbandonedReport, runReport } from './running.ts'
export type { ShownSchedule } from './schedule-operations.ts'
export {
  createSchedule,
  deleteSchedule,
  listSchedules,
  updateSchedule,
  viewSchedule,
} from './schedule-operations.ts'
export { runSchedule } from './schedule-run.ts'
export { runDueSchedules } from './scheduling.ts'
export type { Format as ReportFormat, Report, Template } from './schemas.ts'
export {
  csvOptions as reportCsvOptions,
  formats as reportFormats,
  givenParameters as reportParameters,
  language as reportLanguage,
  recipients as reportRecipients,
  templateContent,
  templateId as reportTemplateId,
} from './schemas.ts'
export { configureReports, viewSettings } from './settings-operations.ts'
export { deleteTemplate, listTemplates, saveTemplate, viewTemplate } from './template-operations.ts'
