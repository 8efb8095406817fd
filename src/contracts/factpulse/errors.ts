/** FactPulse's error bodies: FastAPI's `detail` list for 422, `errorCode` and `errorMessage` for everything else. */
import type { ErrorCode } from '#features/error-codes.ts'
import type { DomainError, ErrorDetail } from '#kernel/errors.ts'
import type { WireAnswer } from '../shared/contract.ts'

const wire: Record<ErrorCode, readonly [status: number, errorCode: string]> = {
  validation_failed: [422, 'VALIDATION_ERROR'],
  malformed_json: [422, 'INVALID_JSON'],
  body_too_large: [413, 'BODY_TOO_LARGE'],
  unsupported_media_type: [415, 'UNSUPPORTED_MEDIA_TYPE'],
  bad_request: [400, 'BAD_REQUEST'],
  unauthenticated: [401, 'UNAUTHENTICATED'],
  token_expired: [401, 'TOKEN_EXPIRED'],
  session_ended: [401, 'SESSION_ENDED'],
  api_key_ended: [401, 'API_KEY_ENDED'],
  client_inactive: [403, 'CLIENT_INACTIVE'],
  tenant_suspended: [403, 'ACCOUNT_SUSPENDED'],
  permission_missing: [403, 'PERMISSION_DENIED'],
  account_level_required: [403, 'ACCOUNT_LEVEL_REQUIRED'],
  client_level_required: [403, 'CLIENT_LEVEL_REQUIRED'],
  other_client: [403, 'CLIENT_MISMATCH'],
  route_not_found: [404, 'NOT_FOUND'],
  method_not_allowed: [405, 'METHOD_NOT_ALLOWED'],
  idempotency_key_invalid: [422, 'IDEMPOTENCY_KEY_INVALID'],
  idempotency_key_reused: [422, 'IDEMPOTENCY_KEY_REUSED'],
  idempotency_in_progress: [409, 'IDEMPOTENCY_IN_PROGRESS'],
  rate_limited: [429, 'RATE_LIMITED'],
  unavailable: [503, 'UNAVAILABLE'],
  internal: [500, 'INTERNAL_ERROR'],

  client_not_found: [404, 'CLIENT_NOT_FOUND'],
  client_name_taken: [400, 'CLIENT_NAME_ALREADY_EXISTS'],
  siret_invalid: [422, 'SIRET_INVALID'],
  registration_closed: [403, 'REGISTRATION_CLOSED'],
  registration_limited: [429, 'RATE_LIMITED'],

  api_key_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  api_key_not_found: [404, 'API_KEY_NOT_FOUND'],
  api_key_name_taken: [400, 'API_KEY_NAME_ALREADY_EXISTS'],
  api_key_limit_reached: [400, 'API_KEY_LIMIT_REACHED'],
  api_key_scope_unknown: [422, 'API_KEY_SCOPE_UNKNOWN'],
  api_key_scope_exceeds_own: [403, 'PERMISSION_DENIED'],
  api_key_expiry_past: [422, 'API_KEY_EXPIRY_PAST'],
  api_key_is_primary: [400, 'API_KEY_IS_PRIMARY'],

  credential_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  credential_not_configured: [404, 'CONFIG_NOT_FOUND'],
  credential_url_invalid: [422, 'URL_INVALID'],
  encryption_key_required: [400, 'ENCRYPTION_KEY_REQUIRED'],
  encryption_key_malformed: [400, 'ENCRYPTION_KEY_INVALID'],
  encryption_key_wrong: [400, 'ENCRYPTION_KEY_WRONG'],
  nothing_to_rotate: [404, 'NO_DOUBLE_ENCRYPTED_SECRET'],

  email_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  email_config_invalid: [422, 'EMAIL_CONFIG_INVALID'],
  email_config_missing: [404, 'EMAIL_CONFIG_NOT_FOUND'],
  email_config_exists: [400, 'EMAIL_CONFIG_ALREADY_EXISTS'],

  sign_in_refused: [401, 'INVALID_CREDENTIALS'],
  refresh_token_invalid: [401, 'REFRESH_TOKEN_INVALID'],
  refresh_token_reused: [401, 'REFRESH_TOKEN_REUSED'],
  sign_in_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  session_required: [403, 'SESSION_REQUIRED'],

  tenant_exists: [400, 'ACCOUNT_ALREADY_EXISTS'],

  user_not_found: [404, 'USER_NOT_FOUND'],
  user_email_taken: [400, 'USER_ALREADY_EXISTS'],
  user_role_unknown: [422, 'ROLE_UNKNOWN'],
  password_too_short: [422, 'PASSWORD_TOO_SHORT'],
  password_too_long: [422, 'PASSWORD_TOO_LONG'],
  password_too_common: [422, 'PASSWORD_TOO_COMMON'],

  webhook_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  webhook_secret_missing: [404, 'WEBHOOK_SECRET_NOT_FOUND'],
}

/** Where a fault is that has no field of its own. */
const elsewhere: Partial<Record<ErrorCode, readonly string[]>> = {
  idempotency_key_invalid: ['header', 'Idempotency-Key'],
  idempotency_key_reused: ['header', 'Idempotency-Key'],
}

export function printError(error: DomainError, requestId: string): WireAnswer {
  const code = error.code as ErrorCode
  const [status, errorCode] = wire[code] ?? wire.internal
  if (status === 422) return { status, body: { detail: toDetail(error, code) } }
  const details = error.details.map((detail) => ({ loc: detail.path ?? [], msg: detail.message }))
  if (status >= 500) details.push({ loc: ['request_id'], msg: requestId })
  const body = { errorCode, errorMessage: error.message, ...(details.length > 0 ? { details } : {}) }
  return { status, body }
}

function toDetail(error: DomainError, code: ErrorCode): { loc: readonly string[]; msg: string; type: string }[] {
  const details: readonly ErrorDetail[] =
    error.details.length > 0
      ? error.details
      : [{ path: elsewhere[code] ?? ['body'], message: error.message, type: code }]
  return details.map((one) => ({ loc: one.path ?? ['body'], msg: one.message, type: one.type ?? code }))
}
