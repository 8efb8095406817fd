export { personContent, tenantContent } from './content.ts'
export { runErasure } from './erasing.ts'
export type { Erasure } from './erasure-store.ts'
export type { PersonalDataErrorCode } from './errors.ts'
export { erasureJobs } from './jobs.ts'
export type { RetainedIdentity } from './operations.ts'
export {
  endErasureOperation,
  erasePerson,
  listErasures,
  requireSubject,
  subjectInput,
  viewErasure,
  viewRetainedIdentity,
} from './operations.ts'
export type { ErasurePreview } from './preview-operations.ts'
export { previewErasure, previewTenantErasure } from './preview-operations.ts'
export { runDueTenantErasures } from './tenant-erasing.ts'
export {
  cancelTenantErasure,
  noteTenantExport,
  scheduleTenantErasure,
  viewTenantErasures,
} from './tenant-operations.ts'
export type { TenantErasure } from './tenant-store.ts'
