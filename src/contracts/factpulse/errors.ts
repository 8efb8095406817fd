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
  token_ended: [401, 'TOKEN_ENDED'],
  client_inactive: [403, 'CLIENT_INACTIVE'],
  tenant_suspended: [403, 'ACCOUNT_SUSPENDED'],
  permission_missing: [403, 'PERMISSION_DENIED'],
  account_level_required: [403, 'ACCOUNT_LEVEL_REQUIRED'],
  client_level_required: [403, 'CLIENT_LEVEL_REQUIRED'],
  mfa_setup_required: [403, 'MFA_SETUP_REQUIRED'],
  step_up_required: [403, 'STEP_UP_REQUIRED'],
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

  attempts_throttled: [429, 'RATE_LIMITED'],
  mfa_required: [401, 'MFA_REQUIRED'],
  mfa_code_refused: [401, 'MFA_CODE_INVALID'],
  mfa_sign_in_ended: [401, 'MFA_SIGN_IN_ENDED'],
  session_not_found: [404, 'SESSION_NOT_FOUND'],
  session_already_ended: [400, 'SESSION_ALREADY_ENDED'],
  mfa_user_not_found: [404, 'USER_NOT_FOUND'],
  mfa_user_above_caller: [403, 'PERMISSION_DENIED'],
  mfa_code_wrong: [422, 'MFA_CODE_INVALID'],
  mfa_already_active: [400, 'MFA_ALREADY_ACTIVE'],
  mfa_not_set_up: [400, 'MFA_NOT_SET_UP'],
  mfa_not_active: [404, 'MFA_NOT_ACTIVE'],
  mfa_demanded: [400, 'MFA_DEMANDED'],
  passkey_not_found: [404, 'PASSKEY_NOT_FOUND'],
  passkey_known: [400, 'PASSKEY_KNOWN'],
  passkey_limit_reached: [400, 'PASSKEY_LIMIT_REACHED'],
  passkey_refused: [422, 'PASSKEY_REFUSED'],
  role_not_found: [404, 'ROLE_NOT_FOUND'],
  role_name_taken: [400, 'ROLE_ALREADY_EXISTS'],
  role_built_in: [400, 'ROLE_BUILT_IN'],
  role_in_use: [400, 'ROLE_IN_USE'],
  permission_unknown: [422, 'PERMISSION_UNKNOWN'],
  role_exceeds_own: [403, 'PERMISSION_DENIED'],
  user_above_caller: [403, 'PERMISSION_DENIED'],
  last_owner: [400, 'LAST_OWNER'],
  current_password_wrong: [422, 'CURRENT_PASSWORD_WRONG'],
  one_time_link_invalid: [404, 'LINK_INVALID'],
  invitation_not_found: [404, 'INVITATION_NOT_FOUND'],
  mail_not_configured: [503, 'MAIL_NOT_CONFIGURED'],
  mail_not_accepted: [502, 'MAIL_NOT_ACCEPTED'],

  oauth_client_not_found: [404, 'OAUTH_CLIENT_NOT_FOUND'],
  oauth_consent_not_found: [404, 'OAUTH_CONSENT_NOT_FOUND'],
  oauth_client_id_taken: [400, 'OAUTH_CLIENT_ALREADY_EXISTS'],
  oauth_client_invalid: [422, 'OAUTH_CLIENT_INVALID'],
  oauth_client_scope_exceeds_own: [403, 'PERMISSION_DENIED'],

  tenant_exists: [400, 'ACCOUNT_ALREADY_EXISTS'],

  user_not_found: [404, 'USER_NOT_FOUND'],
  user_email_taken: [400, 'USER_ALREADY_EXISTS'],
  user_role_unknown: [422, 'ROLE_UNKNOWN'],
  password_too_short: [422, 'PASSWORD_TOO_SHORT'],
  password_too_long: [422, 'PASSWORD_TOO_LONG'],
  password_too_common: [422, 'PASSWORD_TOO_COMMON'],

  siren_invalid: [422, 'SIREN_INVALID'],
  fiscal_calendar_invalid: [422, 'FISCAL_CALENDAR_INVALID'],
  fiscal_calendar_in_use: [400, 'FISCAL_CALENDAR_IN_USE'],
  customer_not_found: [404, 'CUSTOMER_NOT_FOUND'],
  customer_code_taken: [400, 'CUSTOMER_CODE_TAKEN'],
  customer_in_use: [400, 'CUSTOMER_IN_USE'],
  invoice_not_found: [404, 'INVOICE_NOT_FOUND'],
  invoice_number_taken: [400, 'INVOICE_NUMBER_TAKEN'],
  invoice_customer_unknown: [422, 'INVOICE_CUSTOMER_UNKNOWN'],
  invoice_client_unknown: [422, 'INVOICE_CLIENT_UNKNOWN'],
  invoice_amounts_invalid: [422, 'INVOICE_AMOUNTS_INVALID'],
  invoice_not_draft: [400, 'INVOICE_NOT_DRAFT'],
  invoice_status_refused: [400, 'INVOICE_STATUS_REFUSED'],
  entry_not_found: [404, 'ENTRY_NOT_FOUND'],
  entry_unbalanced: [422, 'ENTRY_UNBALANCED'],
  entry_line_invalid: [422, 'ENTRY_LINE_INVALID'],
  entry_validated: [400, 'ENTRY_VALIDATED'],
  lettering_lines_unknown: [404, 'LETTERING_LINES_UNKNOWN'],
  lettering_refused: [422, 'LETTERING_REFUSED'],
  lettering_code_taken: [400, 'LETTERING_CODE_TAKEN'],
  lettering_unknown: [404, 'LETTERING_UNKNOWN'],
  fec_refused: [422, 'FEC_REFUSED'],
  fec_siren_refused: [422, 'FEC_SIREN_REFUSED'],
  range_not_satisfiable: [416, 'RANGE_NOT_SATISFIABLE'],
  export_not_found: [404, 'EXPORT_NOT_FOUND'],
  export_not_ready: [409, 'EXPORT_NOT_READY'],
  export_expired: [404, 'EXPORT_EXPIRED'],
  export_ended: [409, 'EXPORT_ENDED'],
  export_character_unwritable: [422, 'EXPORT_CHARACTER_UNWRITABLE'],
  export_too_large: [422, 'EXPORT_TOO_LARGE'],

  webhook_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  webhook_secret_missing: [404, 'WEBHOOK_SECRET_NOT_FOUND'],
  webhook_not_found: [404, 'WEBHOOK_NOT_FOUND'],
  webhook_url_invalid: [422, 'WEBHOOK_URL_INVALID'],
  webhook_url_taken: [400, 'WEBHOOK_ALREADY_EXISTS'],
  webhook_limit_reached: [400, 'WEBHOOK_LIMIT_REACHED'],
  webhook_not_enabled: [400, 'WEBHOOK_NOT_ENABLED'],
  webhook_delivery_not_found: [404, 'DELIVERY_NOT_FOUND'],
  webhook_event_gone: [400, 'EVENT_GONE'],
  webhook_replay_not_found: [404, 'REPLAY_NOT_FOUND'],
  webhook_replay_running: [400, 'REPLAY_RUNNING'],

  profile_not_found: [404, 'PROFILE_NOT_FOUND'],
  profile_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  attributes_missing: [422, 'ATTRIBUTES_MISSING'],
  attribute_unknown: [404, 'ATTRIBUTE_NOT_FOUND'],
  choice_unknown: [422, 'CHOICE_UNKNOWN'],
  choice_not_unique: [422, 'CHOICE_NOT_UNIQUE'],
  attribute_mismatch: [422, 'ATTRIBUTE_MISMATCH'],
  attribute_type: [422, 'ATTRIBUTE_TYPE'],
  attribute_value: [422, 'ATTRIBUTE_VALUE'],
  profile_page_too_far: [422, 'PAGE_TOO_FAR'],
  attribute_invalid: [422, 'ATTRIBUTE_INVALID'],
  attribute_name_taken: [400, 'ATTRIBUTE_ALREADY_EXISTS'],
  requirement_invalid: [422, 'REQUIREMENT_INVALID'],

  file_infected: [422, 'FILE_INFECTED'],
  file_gone: [404, 'FILE_NOT_FOUND'],
  document_not_found: [404, 'DOCUMENT_NOT_FOUND'],
  document_limit_reached: [400, 'TOO_MANY_DOCUMENTS'],

  analysis_profile_not_found: [404, 'PROFILE_NOT_FOUND'],
  profile_not_submitted: [422, 'PROFILE_NOT_SUBMITTED'],
  analysis_not_found: [404, 'ANALYSIS_NOT_FOUND'],
  analysis_not_completed: [400, 'ANALYSIS_NOT_COMPLETED'],
  analysis_quota_exhausted: [403, 'ANALYSIS_QUOTA_EXHAUSTED'],
  analysis_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  analysis_page_too_far: [422, 'PAGE_TOO_FAR'],
  scorecard_not_found: [404, 'SCORECARD_NOT_FOUND'],
  scorecard_invalid: [422, 'SCORECARD_INVALID'],
  scorecard_not_a_draft: [400, 'SCORECARD_NOT_A_DRAFT'],
  scorecard_retired: [400, 'SCORECARD_RETIRED'],
  scorecard_limit_reached: [400, 'TOO_MANY_DRAFTS'],

  audit_event_not_found: [404, 'AUDIT_EVENT_NOT_FOUND'],
  audit_context_invalid: [422, 'AUDIT_CONTEXT_INVALID'],
  audit_cursor_invalid: [422, 'AUDIT_CURSOR_INVALID'],
  audit_forwarding_not_found: [404, 'AUDIT_FORWARDING_NOT_FOUND'],
  audit_forwarding_limit_reached: [400, 'AUDIT_FORWARDING_LIMIT_REACHED'],
  audit_forwarding_invalid: [422, 'AUDIT_FORWARDING_INVALID'],
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
