/**
 * Errors that a caller may read. A feature declares each code once with its kind and its default message; a contract
 * maps every code to its own wire form (tsc fails when one is missing). What the log may say goes into `cause`.
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'rate_limited'
  | 'upstream'
  | 'unavailable'
  | 'internal'

export type ErrorDetail = {
  /** Where: ["body", "siret"]; the first part is body, query, path or header. */
  path?: readonly string[]
  message: string
  /** Machine-readable reason, such as "string_pattern". */
  type?: string
  /** Which sentence it is, and what stands in it (defineFaults); of the value of a profile an error's own code. */
  code: string
  parameters: Readonly<Record<string, string>>
}

export type ErrorOptions = {
  /** Replaces the default message; it is shown to the caller. */
  message?: string
  details?: readonly ErrorDetail[]
  retryAfterSeconds?: number
  /** For the log only. */
  cause?: unknown
}

export class DomainError<Code extends string = string> extends Error {
  override name = 'DomainError'
  readonly code: Code
  readonly kind: ErrorKind
  readonly details: readonly ErrorDetail[]
  readonly retryAfterSeconds: number | undefined

  constructor(code: Code, kind: ErrorKind, message: string, options: ErrorOptions = {}) {
    super(options.message ?? message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.kind = kind
    this.details = options.details ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

export type ErrorDefinitions = Record<string, { kind: ErrorKind; message: string }>

/** Makes the constructor of a feature's errors: `throw clientError('client_not_found')`. */
export function defineErrors<const Definitions extends ErrorDefinitions>(definitions: Definitions) {
  type Code = Extract<keyof Definitions, string>
  const create = (code: Code, options?: ErrorOptions): DomainError<Code> => {
    const definition = definitions[code] as ErrorDefinitions[string]
    return new DomainError(code, definition.kind, definition.message, options)
  }
  return Object.assign(create, { definitions })
}

/** Codes of the constructor that defineErrors made. */
export type CodesOf<Constructor> = Constructor extends (
  code: infer Code extends string,
  options?: ErrorOptions,
) => DomainError
  ? Code
  : never

/** Causes that every operation and every contract knows. */
export const coreError = defineErrors({
  validation_failed: { kind: 'invalid', message: 'The request does not fit: see the details.' },
  malformed_json: { kind: 'invalid', message: 'The body is not valid JSON.' },
  body_too_large: { kind: 'invalid', message: 'The body is larger than this operation takes.' },
  storage_full: {
    kind: 'conflict',
    message:
      'The files of this account take all the room that it has: delete some, or have an administrator raise the limit.',
  },
  content_lost: {
    kind: 'conflict',
    message:
      'What is stored here cannot be opened any more, since the key that it was encrypted under is lost: give it again.',
  },
  unsupported_media_type: { kind: 'invalid', message: 'Send the body as application/json.' },
  bad_request: { kind: 'invalid', message: 'The request could not be understood.' },
  unauthenticated: {
    kind: 'unauthenticated',
    message: 'Send a valid access token (Authorization: Bearer ...) or an API key (X-API-Key).',
  },
  token_expired: { kind: 'unauthenticated', message: 'The access token has expired: refresh it or sign in again.' },
  session_ended: { kind: 'unauthenticated', message: 'The session has ended: sign in again.' },
  api_key_ended: { kind: 'unauthenticated', message: 'The API key has been revoked or has expired: use another one.' },
  token_ended: { kind: 'unauthenticated', message: 'The access token no longer holds: get a new one.' },
  client_inactive: {
    kind: 'forbidden',
    message: 'The client is deactivated: activate it before using its keys and tokens.',
  },
  tenant_suspended: { kind: 'forbidden', message: 'The account is suspended: ask the operator of the platform.' },
  permission_missing: { kind: 'forbidden', message: 'You do not have the permission that this operation needs.' },
  account_level_required: {
    kind: 'forbidden',
    message: 'This operation needs an account-level token: sign in without client_uid.',
  },
  mfa_setup_required: {
    kind: 'forbidden',
    message: 'Your account demands multi-factor authentication: set it up (POST /api/v1/mfa/totp/setup) first.',
  },
  step_up_required: {
    kind: 'forbidden',
    message: 'Prove your second factor again (POST /api/v1/mfa/verify with your access token), then repeat this.',
  },
  client_level_required: {
    kind: 'forbidden',
    message: "This operation acts on the calling client: use the client's API key, or sign in with its client_uid.",
  },
  other_client: { kind: 'forbidden', message: 'The credential belongs to another client than the one in the URL.' },
  route_not_found: { kind: 'not_found', message: 'There is nothing at this address: see /docs for the operations.' },
  method_not_allowed: { kind: 'not_found', message: 'This address does not take this method.' },
  idempotency_key_invalid: {
    kind: 'invalid',
    message: 'Idempotency-Key must have 1 to 255 printable ASCII characters.',
  },
  idempotency_key_reused: {
    kind: 'conflict',
    message: 'This Idempotency-Key was used with another request: use a new key for a new request.',
  },
  idempotency_in_progress: {
    kind: 'conflict',
    message: 'The first request with this Idempotency-Key is still under way: try again in a moment.',
  },
  rate_limited: { kind: 'rate_limited', message: 'Too many requests: wait and try again.' },
  unavailable: { kind: 'unavailable', message: 'The service cannot answer at the moment: try again in a few seconds.' },
  internal: { kind: 'internal', message: 'Something went wrong on our side. Give the request id to support.' },
})
export type CoreErrorCode = CodesOf<typeof coreError>
