/** Every operation there is: what the access test walks over, what the documents list. */
import type { AnyOperation } from '#platform/operations/operation.ts'
import * as access from './access/index.ts'
import * as apiKeys from './api-keys/index.ts'
import * as audit from './audit/index.ts'
import * as clients from './clients/index.ts'
import * as credentials from './credentials/index.ts'
import * as emailProviders from './email-providers/index.ts'
import * as exports from './exports/index.ts'
import * as fec from './fec/index.ts'
import * as imports from './imports/index.ts'
import * as ledger from './ledger/index.ts'
import * as mfa from './mfa/index.ts'
import * as notifications from './notifications/index.ts'
import * as oauth from './oauth/index.ts'
import * as overview from './overview/index.ts'
import * as personalData from './personal-data/index.ts'
import * as profiles from './profiles/index.ts'
import * as rateLimits from './rate-limits/index.ts'
import * as reports from './reports/index.ts'
import * as scoring from './scoring/index.ts'
import * as sessions from './sessions/index.ts'
import * as tenants from './tenants/index.ts'
import * as users from './users/index.ts'
import * as webhooks from './webhooks/index.ts'
import * as workflows from './workflows/index.ts'

function isOperation(value: unknown): value is AnyOperation {
  return typeof value === 'object' && value !== null && 'level' in value && 'run' in value && 'effect' in value
}

const all: readonly AnyOperation[] = [
  tenants,
  users,
  overview,
  rateLimits,
  sessions,
  mfa,
  access,
  clients,
  apiKeys,
  credentials,
  webhooks,
  emailProviders,
  oauth,
  profiles,
  scoring,
  ledger,
  imports,
  fec,
  exports,
  personalData,
  audit,
  notifications,
  workflows,
  reports,
].flatMap((feature) => Object.values(feature).filter(isOperation))

/** Where a feature completes another's operation under its name (scoring/profile-operations.ts), the completed one counts. */
export const operations: readonly AnyOperation[] = [...new Map(all.map((one) => [one.name, one])).values()]
