export type { CredentialErrorCode } from './errors.ts'
export { rotateEncryptionKey, setCredential, testCredential, viewCredential } from './operations.ts'
export type { Credential, CredentialKind } from './schemas.ts'
export { clientKey, credentialFields } from './schemas.ts'
