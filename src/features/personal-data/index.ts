export { personContent, tenantContent } from './content.ts'
export type { ErasureJob } from './erasing.ts'
export { abandonedErasureQueue, erasureQueue, failAbandonedErasures, runErasure } from './erasing.ts'
export type { Erasure } from './erasure-store.ts'
export type { PersonalDataErrorCode } from './errors.ts'
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
export { runDueTenantErasures, tenantErasureQueue } from './tenant-erasing.ts'
export {
  cancelTenantErasure,
  noteTenantExport,
  scheduleTenantErasure,
  viewTenantErasures,
} from './tenant-operations.ts'
export type { TenantErasure } from './tenant-store.ts'
