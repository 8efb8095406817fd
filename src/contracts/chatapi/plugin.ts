import type { Contract, ContractRoutes } from '../shared/contract.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { clientRoutes } from './clients.ts'
import { emailConfigRoutes } from './email-config.ts'
import { printError } from './errors.ts'

export const chatapi: Contract = { name: 'chatapi', title: 'ChatAPI client management', tag: 'ChatAPI', printError }

export function chatapiRoutes(routes: ContractRoutes): void {
  clientRoutes(routes)
  emailConfigRoutes(routes)
  apiKeyRoutes(routes)
}
