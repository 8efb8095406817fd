import type { Contract, ContractRoutes } from '../shared/contract.ts'
import { wrap } from './envelope.ts'
import { documentRoutes } from './documents.ts'
import { printError } from './errors.ts'
import { catalogueRoutes, metadataRoutes } from './metadata.ts'
import { profileRoutes } from './profiles.ts'
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
  metadataRoutes(routes)
  catalogueRoutes(routes)
  profileRoutes(routes)
  documentRoutes(routes)
}
