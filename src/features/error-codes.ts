/** Every code that an operation can answer with. Each contract maps all of them; tsc fails when one is missing. */
import type { CoreErrorCode } from '#kernel/errors.ts'
import type { AccessErrorCode } from './access/index.ts'
import type { ApiKeyErrorCode } from './api-keys/index.ts'
import type { AuditErrorCode } from './audit/index.ts'
import type { CheckErrorCode } from './checks/index.ts'
import type { ClientErrorCode } from './clients/index.ts'
import type { CredentialErrorCode } from './credentials/index.ts'
import type { EmailProviderErrorCode } from './email-providers/index.ts'
import type { ExportErrorCode } from './exports/index.ts'
import type { FecErrorCode } from './fec/index.ts'
import type { FileErrorCode } from './files/index.ts'
import type { ImportErrorCode } from './imports/index.ts'
import type { LedgerErrorCode } from './ledger/index.ts'
import type { MfaErrorCode } from './mfa/index.ts'
import type { NotificationErrorCode } from './notifications/index.ts'
import type { OAuthErrorCode } from './oauth/index.ts'
import type { PersonalDataErrorCode } from './personal-data/index.ts'
import type { DocumentErrorCode, ProfileErrorCode } from './profiles/index.ts'
import type { ReportErrorCode } from './reports/index.ts'
import type { ScoringErrorCode } from './scoring/index.ts'
import type { SessionErrorCode } from './sessions/index.ts'
import type { TenantErrorCode } from './tenants/index.ts'
import type { ThrottlingErrorCode } from './throttling/index.ts'
import type { UserErrorCode } from './users/index.ts'
import type { WebhookErrorCode } from './webhooks/index.ts'
import type { WorkflowErrorCode } from './workflows/index.ts'

export type ErrorCode =
  | CoreErrorCode
  | AccessErrorCode
  | ApiKeyErrorCode
  | AuditErrorCode
  | CheckErrorCode
  | ClientErrorCode
  | CredentialErrorCode
  | EmailProviderErrorCode
  | DocumentErrorCode
  | FileErrorCode
  | ExportErrorCode
  | FecErrorCode
  | ImportErrorCode
  | LedgerErrorCode
  | MfaErrorCode
  | NotificationErrorCode
  | OAuthErrorCode
  | PersonalDataErrorCode
  | ProfileErrorCode
  | ReportErrorCode
  | ScoringErrorCode
  | SessionErrorCode
  | TenantErrorCode
  | ThrottlingErrorCode
  | UserErrorCode
  | WebhookErrorCode
  | WorkflowErrorCode
