import type { Contract, ContractRoutes } from '../shared/contract.ts'
import { accountingEntryRoutes } from './accounting-entries.ts'
import { auditRoutes } from './audit.ts'
import { auditForwardingRoutes } from './audit-forwardings.ts'
import { auditIntegrityRoutes } from './audit-integrity.ts'
import { auditVerificationRoutes } from './audit-verifications.ts'
import { companyRoutes } from './company.ts'
import { consentRoutes } from './consents.ts'
import { customerRoutes } from './customers.ts'
import { printError } from './errors.ts'
import { exportRoutes } from './exports.ts'
import { fecRoutes } from './fec.ts'
import { importProgressRoutes } from './import-progress.ts'
import { importTemplateRoutes } from './import-templates.ts'
import { importValidationRoutes } from './import-validations.ts'
import { importRoutes } from './imports.ts'
import { invoiceRoutes } from './invoices.ts'
import { mfaRoutes } from './mfa.ts'
import { notificationAdministrationRoutes } from './notification-administration.ts'
import { notificationFeedbackRoutes } from './notification-feedback.ts'
import { notificationPreferenceRoutes } from './notification-preferences.ts'
import { notificationTemplateRoutes } from './notification-templates.ts'
import { notificationRoutes } from './notifications.ts'
import { overviewRoutes } from './overview.ts'
import { passkeyRoutes } from './passkeys.ts'
import { passwordRoutes } from './passwords.ts'
import { personalDataRoutes } from './personal-data.ts'
import { rateLimitRoutes } from './rate-limits.ts'
import { reportScheduleRoutes } from './report-schedules.ts'
import { reportTemplateRoutes } from './report-templates.ts'
import { reportRoutes } from './reports.ts'
import { roleRoutes, tenantRoutes } from './roles.ts'
import { sessionRoutes } from './sessions.ts'
import { userRoutes } from './users.ts'
import { workflowApprovalRoutes } from './workflow-approvals.ts'
import { workflowExecutionRoutes } from './workflow-executions.ts'
import { workflowRoutes } from './workflows.ts'

export const azalscore: Contract = {
  name: 'azalscore',
  title: 'AZALSCORE platform services',
  tag: 'AZALSCORE',
  printError,
}

export function azalscoreRoutes(routes: ContractRoutes): void {
  sessionRoutes(routes)
  mfaRoutes(routes)
  passkeyRoutes(routes)
  passwordRoutes(routes)
  userRoutes(routes)
  roleRoutes(routes)
  tenantRoutes(routes)
  rateLimitRoutes(routes)
  consentRoutes(routes)
  overviewRoutes(routes)
  companyRoutes(routes)
  customerRoutes(routes)
  invoiceRoutes(routes)
  accountingEntryRoutes(routes)
  fecRoutes(routes)
  importRoutes(routes)
  importValidationRoutes(routes)
  importTemplateRoutes(routes)
  importProgressRoutes(routes)
  exportRoutes(routes)
  personalDataRoutes(routes)
  auditRoutes(routes)
  auditIntegrityRoutes(routes)
  auditVerificationRoutes(routes)
  auditForwardingRoutes(routes)
  notificationRoutes(routes)
  notificationPreferenceRoutes(routes)
  notificationTemplateRoutes(routes)
  notificationAdministrationRoutes(routes)
  notificationFeedbackRoutes(routes)
  workflowRoutes(routes)
  workflowExecutionRoutes(routes)
  workflowApprovalRoutes(routes)
  reportRoutes(routes)
  reportScheduleRoutes(routes)
  reportTemplateRoutes(routes)
}
