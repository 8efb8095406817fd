import type { Contract, ContractRoutes } from '../shared/contract.ts'
import { analysisRoutes, quotaRoutes } from './analyses.ts'
import { documentRoutes } from './documents.ts'
import { wrap } from './envelope.ts'
import { printError } from './errors.ts'
import { catalogueRoutes, metadataRoutes } from './metadata.ts'
import { profileRoutes } from './profiles.ts'
import { scorecardRoutes } from './scorecards.ts'
import { tokenRoutes } from './tokens.ts'
import { webhookDeliveryRoutes } from './webhook-deliveries.ts'
import { webhookRoutes } from './webhooks.ts'

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
  analysisRoutes(routes)
  quotaRoutes(routes)
  scorecardRoutes(routes)
  webhookRoutes(routes)
  webhookDeliveryRoutes(routes)
}
