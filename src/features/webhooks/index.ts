export type { WebhookErrorCode } from './errors.ts'
export { deleteSecret, generateSecret, viewSecretStatus } from './operations.ts'
