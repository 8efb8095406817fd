import type { Contract, ContractRoutes } from '../shared/contract.ts'
import { wrap } from './envelope.ts'
import { printError } from './errors.ts'
import { tokenRoutes } from './tokens.ts'

export const partnerb2b: Contract = {
  name: 'partnerb2b',
  title: 'PartnerB2B profiles',
  tag: 'PartnerB2B',
  printError,
  wrap,
  slashIsOptional: true,
}

export function partnerb2bRoutes(routes: ContractRoutes): void {
  tokenRoutes(routes)
}
