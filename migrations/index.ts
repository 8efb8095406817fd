import { sql as foundation } from './0001-foundation.ts'
import { sql as identity } from './0002-identity.ts'
import { sql as oauth } from './0003-oauth.ts'
import { sql as rateLimits } from './0004-rate-limits.ts'
import { sql as consents } from './0005-consents.ts'
import { sql as profiles } from './0006-profiles.ts'
import { sql as files } from './0007-files.ts'
import { sql as scoring } from './0008-scoring.ts'
import { sql as webhooks } from './0009-webhooks.ts'
import { sql as audit } from './0010-audit.ts'
import { sql as ledger } from './0011-ledger.ts'
import { sql as imports } from './0012-imports.ts'
import { sql as exports } from './0013-exports.ts'
import { sql as notifications } from './0014-notifications.ts'
import { sql as workflows } from './0015-workflows.ts'
import { sql as reports } from './0016-reports.ts'
import { sql as checks } from './0017-checks.ts'
import { sql as personalData } from './0018-personal-data.ts'
import { sql as tenantStorage } from './0019-tenant-storage.ts'
import { sql as signIn } from './0020-sign-in.ts'
import { sql as sealing } from './0021-sealing.ts'
import { sql as cheaperIdentity } from './0022-cheaper-identity.ts'
import { sql as auditInbox } from './0023-audit-inbox.ts'
import { sql as reportPreviews } from './0026-report-previews.ts'
import { sql as workflowSecrets } from './0027-workflow-secrets.ts'
import { sql as auditLog } from './0028-audit-log.ts'
import { sql as userSearch } from './0029-user-search.ts'
import { sql as failuresAndSearch } from './0031-failures-and-search.ts'
import { sql as lanes } from './0033-lanes.ts'
import { sql as entriesByNumber } from './0035-entries-by-number.ts'

export type Migration = { readonly id: string; readonly sql: string }

/** In order, forward only. One that has been released is never edited: its checksum is kept in the database. */
export const migrations: readonly Migration[] = [
  { id: '0001-foundation', sql: foundation },
  { id: '0002-identity', sql: identity },
  { id: '0003-oauth', sql: oauth },
  { id: '0004-rate-limits', sql: rateLimits },
  { id: '0005-consents', sql: consents },
  { id: '0006-profiles', sql: profiles },
  { id: '0007-files', sql: files },
  { id: '0008-scoring', sql: scoring },
  { id: '0009-webhooks', sql: webhooks },
  { id: '0010-audit', sql: audit },
  { id: '0011-ledger', sql: ledger },
  { id: '0012-imports', sql: imports },
  { id: '0013-exports', sql: exports },
  { id: '0014-notifications', sql: notifications },
  { id: '0015-workflows', sql: workflows },
  { id: '0016-reports', sql: reports },
  { id: '0017-checks', sql: checks },
  { id: '0018-personal-data', sql: personalData },
  { id: '0019-tenant-storage', sql: tenantStorage },
  { id: '0020-sign-in', sql: signIn },
  { id: '0021-sealing', sql: sealing },
  { id: '0022-cheaper-identity', sql: cheaperIdentity },
  { id: '0023-audit-inbox', sql: auditInbox },
  { id: '0026-report-previews', sql: reportPreviews },
  { id: '0027-workflow-secrets', sql: workflowSecrets },
  { id: '0028-audit-log', sql: auditLog },
  { id: '0029-user-search', sql: userSearch },
  { id: '0031-failures-and-search', sql: failuresAndSearch },
  { id: '0033-lanes', sql: lanes },
  { id: '0035-entries-by-number', sql: entriesByNumber },
]
