export type { Report } from './checking.ts'
export type { ImportErrorCode } from './errors.ts'
export type { EarlierImport } from './file-store.ts'
export { importJobs } from './jobs.ts'
export {
  cancelImport,
  downloadRefusedRows,
  executeImport,
  listImports,
  previewImport,
  viewImport,
} from './operations.ts'
export { importQueue } from './queue.ts'
export { readRefusalsOperation, viewRefusedRows } from './refused-file.ts'
export {
  endImportOperation,
  startImportOperation,
  tellImportProgress,
  writeBatchOperation,
  writeWholeOperation,
} from './run-operations.ts'
export { runImport } from './running.ts'
export type { Finding, ImportView, Mapping, RefusedRows, Template, TemplateDefinition } from './schemas.ts'
export { encoding, entityName, onExisting, tableFormat, templateId } from './schemas.ts'
export {
  createImportTemplate,
  deleteImportTemplate,
  listImportTemplates,
  replaceImportTemplate,
  viewImportTemplate,
} from './template-operations.ts'
export type { ValidationCheck } from './validations.ts'
export {
  cancelValidation,
  endValidation,
  listValidations,
  validateImport,
  validationChecker,
  viewValidation,
} from './validations.ts'
export { watchImport } from './watching.ts'
