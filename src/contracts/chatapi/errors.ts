/** ChatAPI's error envelope: {"error": {"code", "message", "details"?}, "status": "error"}. */
import type { ErrorCode } from '#features/error-codes.ts'
import type { DomainError, ErrorDetail } from '#kernel/errors.ts'
import type { WireAnswer } from '../shared/contract.ts'

const wire: Record<ErrorCode, readonly [status: number, code: string]> = {
  validation_failed: [422, 'VALIDATION_ERROR'],
  malformed_json: [422, 'VALIDATION_ERROR'],
  body_too_large: [413, 'BODY_TOO_LARGE'],
  unsupported_media_type: [415, 'UNSUPPORTED_MEDIA_TYPE'],
  bad_request: [400, 'BAD_REQUEST'],
  unauthenticated: [401, 'UNAUTHORIZED'],
  token_expired: [401, 'UNAUTHORIZED'],
  session_ended: [401, 'UNAUTHORIZED'],
  api_key_ended: [401, 'UNAUTHORIZED'],
  token_ended: [401, 'UNAUTHORIZED'],
  client_inactive: [403, 'FORBIDDEN'],
  tenant_suspended: [403, 'FORBIDDEN'],
  permission_missing: [403, 'FORBIDDEN'],
  account_level_required: [403, 'FORBIDDEN'],
  client_level_required: [403, 'FORBIDDEN'],
  mfa_setup_required: [403, 'FORBIDDEN'],
  step_up_required: [403, 'FORBIDDEN'],
  other_client: [403, 'FORBIDDEN'],
  route_not_found: [404, 'NOT_FOUND'],
  method_not_allowed: [405, 'METHOD_NOT_ALLOWED'],
  idempotency_key_invalid: [422, 'VALIDATION_ERROR'],
  idempotency_key_reused: [409, 'IDEMPOTENCY_KEY_REUSED'],
  idempotency_in_progress: [409, 'IDEMPOTENCY_IN_PROGRESS'],
  rate_limited: [429, 'RATE_LIMITED'],
  unavailable: [503, 'UNAVAILABLE'],
  internal: [500, 'INTERNAL_ERROR'],

  client_not_found: [404, 'CLIENT_NOT_FOUND'],
  client_name_taken: [409, 'DUPLICATE_CLIENT_NAME'],
  siret_invalid: [422, 'VALIDATION_ERROR'],
  registration_closed: [403, 'FORBIDDEN'],
  registration_limited: [429, 'RATE_LIMITED'],

  api_key_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  api_key_not_found: [404, 'API_KEY_NOT_FOUND'],
  api_key_name_taken: [409, 'DUPLICATE_API_KEY_NAME'],
  api_key_limit_reached: [409, 'API_KEY_LIMIT_REACHED'],
  api_key_scope_unknown: [422, 'VALIDATION_ERROR'],
  api_key_scope_exceeds_own: [403, 'FORBIDDEN'],
  api_key_expiry_past: [422, 'VALIDATION_ERROR'],
  api_key_is_primary: [409, 'API_KEY_IS_PRIMARY'],

  credential_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  credential_not_configured: [404, 'CONFIG_NOT_FOUND'],
  credential_url_invalid: [422, 'VALIDATION_ERROR'],
  encryption_key_required: [400, 'ENCRYPTION_KEY_REQUIRED'],
  encryption_key_malformed: [400, 'ENCRYPTION_KEY_INVALID'],
  encryption_key_wrong: [400, 'ENCRYPTION_KEY_WRONG'],
  nothing_to_rotate: [404, 'NO_DOUBLE_ENCRYPTED_SECRET'],

  email_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  email_config_invalid: [400, 'INVALID_EMAIL_CONFIG'],
  email_config_missing: [404, 'EMAIL_CONFIG_NOT_FOUND'],
  email_config_exists: [409, 'EMAIL_CONFIG_EXISTS'],

  sign_in_refused: [401, 'UNAUTHORIZED'],
  refresh_token_invalid: [401, 'UNAUTHORIZED'],
  refresh_token_reused: [401, 'UNAUTHORIZED'],
  sign_in_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  session_required: [403, 'FORBIDDEN'],

  attempts_throttled: [429, 'RATE_LIMITED'],
  mfa_required: [401, 'UNAUTHORIZED'],
  mfa_code_refused: [401, 'UNAUTHORIZED'],
  mfa_sign_in_ended: [401, 'UNAUTHORIZED'],
  session_not_found: [404, 'NOT_FOUND'],
  session_already_ended: [409, 'SESSION_ALREADY_ENDED'],
  mfa_user_not_found: [404, 'NOT_FOUND'],
  mfa_user_above_caller: [403, 'FORBIDDEN'],
  mfa_code_wrong: [422, 'VALIDATION_ERROR'],
  mfa_already_active: [409, 'MFA_ALREADY_ACTIVE'],
  mfa_not_set_up: [409, 'MFA_NOT_SET_UP'],
  mfa_not_active: [404, 'NOT_FOUND'],
  mfa_demanded: [409, 'MFA_DEMANDED'],
  passkey_not_found: [404, 'NOT_FOUND'],
  passkey_known: [409, 'PASSKEY_KNOWN'],
  passkey_limit_reached: [409, 'PASSKEY_LIMIT_REACHED'],
  passkey_refused: [422, 'VALIDATION_ERROR'],
  role_not_found: [404, 'NOT_FOUND'],
  role_name_taken: [409, 'ROLE_ALREADY_EXISTS'],
  role_built_in: [409, 'ROLE_BUILT_IN'],
  role_in_use: [409, 'ROLE_IN_USE'],
  permission_unknown: [422, 'VALIDATION_ERROR'],
  role_exceeds_own: [403, 'FORBIDDEN'],
  user_above_caller: [403, 'FORBIDDEN'],
  last_owner: [409, 'LAST_OWNER'],
  current_password_wrong: [422, 'VALIDATION_ERROR'],
  one_time_link_invalid: [404, 'NOT_FOUND'],
  invitation_not_found: [404, 'NOT_FOUND'],
  mail_not_configured: [503, 'MAIL_NOT_CONFIGURED'],
  mail_not_accepted: [502, 'MAIL_NOT_ACCEPTED'],
  oauth_client_not_found: [404, 'OAUTH_CLIENT_NOT_FOUND'],
  oauth_consent_not_found: [404, 'OAUTH_CONSENT_NOT_FOUND'],
  oauth_client_id_taken: [409, 'DUPLICATE_OAUTH_CLIENT'],
  oauth_client_invalid: [422, 'VALIDATION_ERROR'],
  oauth_client_scope_exceeds_own: [403, 'FORBIDDEN'],

  tenant_exists: [409, 'DUPLICATE_TENANT'],

  user_not_found: [404, 'USER_NOT_FOUND'],
  user_email_taken: [409, 'DUPLICATE_USER'],
  user_role_unknown: [422, 'VALIDATION_ERROR'],
  password_too_short: [422, 'VALIDATION_ERROR'],
  password_too_long: [422, 'VALIDATION_ERROR'],
  password_too_common: [422, 'VALIDATION_ERROR'],

  siren_invalid: [422, 'SIREN_INVALID'],
  fiscal_calendar_invalid: [422, 'FISCAL_CALENDAR_INVALID'],
  fiscal_calendar_in_use: [409, 'FISCAL_CALENDAR_IN_USE'],
  customer_not_found: [404, 'CUSTOMER_NOT_FOUND'],
  customer_code_taken: [409, 'CUSTOMER_CODE_TAKEN'],
  customer_in_use: [409, 'CUSTOMER_IN_USE'],
  invoice_not_found: [404, 'INVOICE_NOT_FOUND'],
  invoice_number_taken: [409, 'INVOICE_NUMBER_TAKEN'],
  invoice_customer_unknown: [422, 'INVOICE_CUSTOMER_UNKNOWN'],
  invoice_client_unknown: [422, 'INVOICE_CLIENT_UNKNOWN'],
  invoice_amounts_invalid: [422, 'INVOICE_AMOUNTS_INVALID'],
  invoice_not_draft: [409, 'INVOICE_NOT_DRAFT'],
  invoice_status_refused: [409, 'INVOICE_STATUS_REFUSED'],
  entry_not_found: [404, 'ENTRY_NOT_FOUND'],
  entry_unbalanced: [422, 'ENTRY_UNBALANCED'],
  entry_line_invalid: [422, 'ENTRY_LINE_INVALID'],
  entry_validated: [409, 'ENTRY_VALIDATED'],
  lettering_lines_unknown: [404, 'LETTERING_LINES_UNKNOWN'],
  lettering_refused: [422, 'LETTERING_REFUSED'],
  lettering_code_taken: [409, 'LETTERING_CODE_TAKEN'],
  lettering_unknown: [404, 'LETTERING_UNKNOWN'],
  fec_refused: [422, 'FEC_REFUSED'],
  fec_siren_refused: [422, 'FEC_SIREN_REFUSED'],

  webhook_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  webhook_secret_missing: [404, 'WEBHOOK_SECRET_NOT_FOUND'],
  webhook_not_found: [404, 'WEBHOOK_NOT_FOUND'],
  webhook_url_invalid: [422, 'VALIDATION_ERROR'],
  webhook_url_taken: [409, 'WEBHOOK_ALREADY_EXISTS'],
  webhook_limit_reached: [409, 'WEBHOOK_LIMIT_REACHED'],
  webhook_not_enabled: [409, 'WEBHOOK_NOT_ENABLED'],
  webhook_delivery_not_found: [404, 'DELIVERY_NOT_FOUND'],
  webhook_event_gone: [409, 'EVENT_GONE'],
  webhook_replay_not_found: [404, 'REPLAY_NOT_FOUND'],
  webhook_replay_running: [409, 'REPLAY_RUNNING'],

  profile_not_found: [404, 'PROFILE_NOT_FOUND'],
  profile_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  attributes_missing: [422, 'VALIDATION_ERROR'],
  attribute_unknown: [404, 'ATTRIBUTE_NOT_FOUND'],
  choice_unknown: [422, 'VALIDATION_ERROR'],
  choice_not_unique: [422, 'VALIDATION_ERROR'],
  attribute_mismatch: [422, 'VALIDATION_ERROR'],
  attribute_type: [422, 'VALIDATION_ERROR'],
  attribute_value: [422, 'VALIDATION_ERROR'],
  profile_page_too_far: [422, 'VALIDATION_ERROR'],
  attribute_invalid: [422, 'VALIDATION_ERROR'],
  attribute_name_taken: [409, 'ATTRIBUTE_ALREADY_EXISTS'],
  requirement_invalid: [422, 'VALIDATION_ERROR'],

  file_infected: [422, 'FILE_INFECTED'],
  file_gone: [404, 'FILE_NOT_FOUND'],
  document_not_found: [404, 'DOCUMENT_NOT_FOUND'],
  document_limit_reached: [409, 'TOO_MANY_DOCUMENTS'],

  analysis_profile_not_found: [404, 'PROFILE_NOT_FOUND'],
  profile_not_submitted: [422, 'PROFILE_NOT_SUBMITTED'],
  analysis_not_found: [404, 'ANALYSIS_NOT_FOUND'],
  analysis_not_completed: [409, 'ANALYSIS_NOT_COMPLETED'],
  analysis_quota_exhausted: [403, 'ANALYSIS_QUOTA_EXHAUSTED'],
  analysis_client_unknown: [404, 'CLIENT_NOT_FOUND'],
  analysis_page_too_far: [422, 'PAGE_TOO_FAR'],
  scorecard_not_found: [404, 'SCORECARD_NOT_FOUND'],
  scorecard_invalid: [422, 'SCORECARD_INVALID'],
  scorecard_not_a_draft: [409, 'SCORECARD_NOT_A_DRAFT'],
  scorecard_retired: [409, 'SCORECARD_RETIRED'],
  scorecard_limit_reached: [409, 'TOO_MANY_DRAFTS'],

  audit_event_not_found: [404, 'AUDIT_EVENT_NOT_FOUND'],
  audit_context_invalid: [422, 'AUDIT_CONTEXT_INVALID'],
  audit_cursor_invalid: [422, 'AUDIT_CURSOR_INVALID'],
  audit_forwarding_not_found: [404, 'AUDIT_FORWARDING_NOT_FOUND'],
  audit_forwarding_limit_reached: [409, 'AUDIT_FORWARDING_LIMIT_REACHED'],
  audit_forwarding_invalid: [422, 'AUDIT_FORWARDING_INVALID'],

  notification_not_found: [404, 'NOTIFICATION_NOT_FOUND'],
  notification_user_required: [403, 'NOTIFICATION_USER_REQUIRED'],
  notification_recipient_unknown: [422, 'NOTIFICATION_RECIPIENT_UNKNOWN'],
  notification_client_unknown: [422, 'NOTIFICATION_CLIENT_UNKNOWN'],
  notification_variables_invalid: [422, 'NOTIFICATION_VARIABLES_INVALID'],
  notification_limit_reached: [429, 'NOTIFICATION_LIMIT_REACHED'],
  notification_template_unknown: [404, 'NOTIFICATION_TEMPLATE_UNKNOWN'],
  notification_template_invalid: [422, 'NOTIFICATION_TEMPLATE_INVALID'],
  notification_template_limit_reached: [409, 'NOTIFICATION_TEMPLATE_LIMIT_REACHED'],
  notification_preferences_invalid: [422, 'NOTIFICATION_PREFERENCES_INVALID'],
  notification_settings_invalid: [422, 'NOTIFICATION_SETTINGS_INVALID'],
  notification_suppression_unknown: [404, 'NOTIFICATION_SUPPRESSION_UNKNOWN'],
  notification_feedback_unknown: [404, 'NOTIFICATION_FEEDBACK_UNKNOWN'],
  notification_feedback_invalid: [422, 'NOTIFICATION_FEEDBACK_INVALID'],
  notification_feedback_limit_reached: [409, 'NOTIFICATION_FEEDBACK_LIMIT_REACHED'],
  notification_feedback_refused: [401, 'NOTIFICATION_FEEDBACK_REFUSED'],
  notification_link_invalid: [404, 'NOTIFICATION_LINK_INVALID'],
}

export function printError(error: DomainError, requestId: string): WireAnswer {
  const [status, code] = wire[error.code as ErrorCode] ?? wire.internal
  const details = detailsOf(error, status, requestId)
  return {
    status,
    body: { error: { code, message: error.message, ...(details ? { details } : {}) }, status: 'error' },
  }
}

type Fault = { field: string; error: string }

/** The document shows one fault as `details`; several more stand beside it. */
function detailsOf(error: DomainError, status: number, requestId: string): object | null {
  if (status >= 500) return { request_id: requestId }
  const faults = error.details.map(toFault)
  const [first] = faults
  if (!first) return null
  return faults.length > 1 ? { ...first, errors: faults } : first
}

/** ["body", "config", "host"] is the field "host" of the document. */
function toFault(detail: ErrorDetail): Fault {
  const names = (detail.path ?? []).slice(1)
  const inner = names[0] === 'config' && names.length > 1 ? names.slice(1) : names
  return { field: inner.join('.') || (detail.path?.[0] ?? 'body'), error: detail.message }
}
