/** AZALSCORE's errors: {"error": {"code", "message", "details"?, "request_id"}}; also for addresses that no contract owns. */
import type { ErrorCode } from '#features/error-codes.ts'
import type { DomainError } from '#kernel/errors.ts'
import type { WireAnswer } from '../shared/contract.ts'

/** The codes are the domain's own; the statuses are those of the document. */
const statuses: Record<ErrorCode, number> = {
  validation_failed: 422,
  malformed_json: 400,
  body_too_large: 413,
  unsupported_media_type: 415,
  bad_request: 400,
  unauthenticated: 401,
  token_expired: 401,
  session_ended: 401,
  api_key_ended: 401,
  client_inactive: 403,
  tenant_suspended: 403,
  permission_missing: 403,
  account_level_required: 403,
  client_level_required: 403,
  other_client: 403,
  route_not_found: 404,
  method_not_allowed: 405,
  idempotency_key_invalid: 422,
  idempotency_key_reused: 409,
  idempotency_in_progress: 409,
  rate_limited: 429,
  unavailable: 503,
  internal: 500,
  client_not_found: 404,
  client_name_taken: 409,
  siret_invalid: 422,
  registration_closed: 403,
  registration_limited: 429,
  api_key_client_unknown: 404,
  api_key_not_found: 404,
  api_key_name_taken: 409,
  api_key_limit_reached: 409,
  api_key_scope_unknown: 422,
  api_key_scope_exceeds_own: 403,
  api_key_expiry_past: 422,
  api_key_is_primary: 409,
  credential_client_unknown: 404,
  credential_not_configured: 404,
  credential_url_invalid: 422,
  encryption_key_required: 400,
  encryption_key_malformed: 400,
  encryption_key_wrong: 400,
  nothing_to_rotate: 404,
  email_client_unknown: 404,
  email_config_invalid: 422,
  email_config_missing: 404,
  email_config_exists: 409,
  sign_in_refused: 401,
  refresh_token_invalid: 401,
  refresh_token_reused: 401,
  sign_in_client_unknown: 404,
  session_required: 403,
  tenant_exists: 409,
  user_not_found: 404,
  user_email_taken: 409,
  user_role_unknown: 422,
  password_too_short: 422,
  password_too_long: 422,
  password_too_common: 422,
  webhook_client_unknown: 404,
  webhook_secret_missing: 404,
}

export function printError(error: DomainError, requestId: string): WireAnswer {
  const status = statuses[error.code as ErrorCode] ?? 500
  const details = error.details.map((detail) => ({
    ...(detail.path ? { field: detail.path.join('.') } : {}),
    message: detail.message,
  }))
  return {
    status,
    body: {
      error: {
        code: error.code,
        message: error.message,
        ...(details.length > 0 ? { details } : {}),
        request_id: requestId,
      },
    },
  }
}
