import type { Contract, ContractRoutes } from '../shared/contract.ts'
import { printError } from './errors.ts'
import { mfaRoutes } from './mfa.ts'
import { passkeyRoutes } from './passkeys.ts'
import { rateLimitRoutes } from './rate-limits.ts'
import { sessionRoutes } from './sessions.ts'

export const azalscore: Contract = { name: 'azalscore', title: 'AZALSCORE platform services', printError }

export function azalscoreRoutes(routes: ContractRoutes): void {
  sessionRoutes(routes)
  mfaRoutes(routes)
  passkeyRoutes(routes)
  rateLimitRoutes(routes)
}
