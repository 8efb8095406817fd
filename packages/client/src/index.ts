export type { ClientOptions } from './client.ts'
export { Clientele } from './client.ts'
export type { ClientCredentialsOptions, Credential, SessionCredential, SignInOptions } from './credentials.ts'
export { accessToken, apiKey, clientCredentials, noCredential, session } from './credentials.ts'
export { checkEncryptionKey, generateEncryptionKey, withEncryptionKey } from './encryption-keys.ts'
export type { FieldError } from './errors.ts'
export {
  ApiError,
  AuthenticationError,
  ClienteleError,
  ConflictError,
  ConnectionError,
  ForbiddenError,
  InvalidRequestError,
  NotFoundError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from './errors.ts'
export type { FileSource } from './files.ts'
export { Download, fileFrom } from './files.ts'
export { Items } from './pages.ts'
export type { RetryOptions } from './retry-rules.ts'
export type { Components, Paths } from './schema.ts'
export type { AnswerOf, CallOptions, FilePaths, ItemOf, ListPaths, PathsOf, UploadPaths } from './types.ts'
export type { HeadersGiven, Received, WebhookEvent } from './webhooks.ts'
export { verifyFactPulseWebhook, verifyWebhook, WebhookError } from './webhooks.ts'
