export { contentTypeOf } from './content-types.ts'
export type { ReportErrorCode } from './errors.ts'
export type { GenerateInput } from './generate.ts'
export { generateReport } from './generate.ts'
export { cancelReport, createReport, deleteReport, downloadReport, listReports, viewReport } from './operations.ts'
export { renderer } from './renderer.ts'
export type { ReportJob } from './running.ts'
export { abandonedReportQueue, endReportOperation, failAbandonedReports, reportQueue, runReport } from './running.ts'
export type { Format as ReportFormat, Report } from './schemas.ts'
export {
  csvOptions as reportCsvOptions,
  formats as reportFormats,
  givenParameters as reportParameters,
  language as reportLanguage,
  recipients as reportRecipients,
  templateId as reportTemplateId,
} from './schemas.ts'
