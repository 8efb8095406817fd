export { runHourlyAudit, sealNewEvents, startAuditLoop } from './background.ts'
export type { Breach } from './breach.ts'
export type { Checkpoint } from './checkpoint-store.ts'
export type { AuditErrorCode } from './errors.ts'
export type { AuditExport } from './export.ts'
export type { Forwarding } from './forwardings.ts'
export { createForwarding, deleteForwarding, listForwardings } from './forwardings.ts'
export { createCheckpoints, exportLog, listCheckpoints, verifyIntegrity } from './integrity.ts'
export { auditJobs } from './jobs.ts'
export { mostListed, recordEvent, searchEvents, viewEvent } from './operations.ts'
export type { ChainedEvent, EventFilter } from './redaction-store.ts'
export type { Redacted, Wording } from './redactions.ts'
export { redactEvents } from './redactions.ts'
export { configureAudit, viewAuditSettings } from './retention.ts'
export type { AuditEvent, Category } from './schemas.ts'
export { categories, category, severity } from './schemas.ts'
export { sealTenant } from './store.ts'
export type { VerificationCheck } from './verifications.ts'
export {
  cancelVerification,
  endVerification,
  listVerifications,
  requestVerification,
  verificationChecker,
  viewVerification,
} from './verifications.ts'
export type { Verification } from './verify.ts'
