export type { ClientOutcome } from './bulk-store.ts'
export { clientRefusal, insertClients } from './bulk-store.ts'
export type { ClientErrorCode } from './errors.ts'
export {
  activateClient,
  createClient,
  createClientWithKey,
  deactivateClient,
  deleteClient,
  listClients,
  registerClient,
  updateClient,
  viewClient,
  viewClientWithEmail,
} from './operations.ts'
export type { Client, ClientOverview, EmailSettings } from './schemas.ts'
export { clientDescription, clientName, siret } from './schemas.ts'
