import type { Clock } from '../clock/index.ts'
import type { Database } from '../db/database.ts'
import type { LongReads } from '../db/long-reads.ts'
import type { FileStore } from '../files/index.ts'
import type { JobSender } from '../jobs/job-sender.ts'
import type { MailEndpoints, MailProviderConfig } from '../mail/index.ts'
import type { OutboundHttp } from '../outbound-http/index.ts'
import type { RateLimits } from '../rate-limits/index.ts'
import type { SecretBox } from '../secrets/secret-box.ts'
import type { Destination } from '../siem/index.ts'
import type { AuditKeys } from '../signing-keys/audit-keys.ts'
import type { SigningKeys } from '../signing-keys/signing-keys.ts'

export type Logger = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What operations may use of the outside world; one object a process. */
export type Services = {
  readonly database: Database
  /** What jobs and commands read for long: from a replica where there is one. */
  readonly longReads: LongReads
  /** The database's; never ask the machine for what others compare with (deadlines, leases, ends). */
  readonly clock: Clock
  readonly secrets: SecretBox
  readonly signingKeys: SigningKeys
  /** Sign audit checkpoints and exports. */
  readonly auditKeys: AuditKeys
  readonly outbound: OutboundHttp
  readonly jobs: JobSender
  readonly files: FileStore
  /** null: nothing is limited. */
  readonly rateLimits: RateLimits | null
  readonly logger: Logger
  readonly settings: OperationSettings
}

export type OperationSettings = {
  readonly publicUrl: string
  /** "live" keys in production, "test" keys elsewhere. */
  readonly apiKeyMode: 'test' | 'live'
  readonly selfRegistration: 'open' | 'closed'
  /** The largest file that is taken for an import. */
  readonly maxImportBytes: number
  /** Events of the audit log that are verified in the request itself, and rows of a file that are validated so. */
  readonly verifiedAtOnce: number
  readonly validatedAtOnce: number
  /** Webhooks must begin with https://, except to hosts on the operator's list (CLIENTELE_OUTBOUND_ALLOW). */
  readonly httpsOnly: boolean
  /** Sends the platform's own messages (invitations, password links); null: it cannot. */
  readonly mail: MailProviderConfig | null
  /** Other addresses of the mail providers' APIs (a proxy, a test); absent = their own. */
  readonly mailEndpoints: MailEndpoints
  /** PEM; trusted for SMTP beside the system's authorities. */
  readonly smtpCertificateAuthority: string | null
  /** Where the audit logs of all tenants are forwarded to; null: nowhere. */
  readonly auditForward: Destination | null
}
