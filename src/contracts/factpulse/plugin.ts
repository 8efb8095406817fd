import type { Contract, ContractRoutes } from '../shared/contract.ts'
import { clientRoutes } from './clients.ts'
import { credentialRoutes } from './credentials.ts'
import { printError } from './errors.ts'
import { tokenRoutes } from './tokens.ts'
import { webhookSecretRoutes } from './webhook-secret.ts'

export const factpulse: Contract = {
  name: 'factpulse',
  title: 'FactPulse client management',
  tag: 'Client Management',
  printError,
}

export function factpulseRoutes(routes: ContractRoutes): void {
  clientRoutes(routes)
  credentialRoutes(routes)
  webhookSecretRoutes(routes)
  tokenRoutes(routes)
}
