export { accessTokenHolds, actorOfOAuthToken, forgetOAuthToken, looksLikeOAuthToken } from './authenticate.ts'
export { findConsentedScopes } from './consent-store.ts'
export { listConsents, recordConsent, withdrawConsent } from './consents.ts'
export type { OAuthErrorCode } from './errors.ts'
export {
  createClient,
  deleteClient,
  listClients,
  updateClient,
  viewClient,
  viewClientByClientId,
} from './operations.ts'
export type { Payload } from './payload-store.ts'
export {
  consumePayload,
  deletePayload,
  deletePayloadsOfGrant,
  findPayload,
  savePayload,
  saveProgramToken,
} from './payload-store.ts'
export { identityScopes } from './rules.ts'
export type { RegisteredClient } from './schemas.ts'
export { isKnownSecret, verifySecret } from './secrets.ts'
export type { TokenSettings } from './settings-rules.ts'
export { parseClientSettings, parseTokenSettings } from './settings-rules.ts'
export type { ServedClient } from './store.ts'
export { findServedClient, findSubject, sessionHolds, useSessionForSignOn } from './store.ts'
