import { coreError, DomainError } from '#kernel/errors.ts'
import { translateDatabaseError } from '#platform/operations/database-errors.ts'

const byFrameworkCode: Record<string, () => DomainError> = {
  FST_ERR_CTP_INVALID_JSON_BODY: () => coreError('malformed_json'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => coreError('malformed_json', { message: 'The body is empty.' }),
  FST_ERR_CTP_BODY_TOO_LARGE: () => coreError('body_too_large'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => coreError('unsupported_media_type'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => coreError('bad_request'),
  FST_ERR_BAD_URL: () => coreError('bad_request', { message: 'The address is not a valid URL.' }),
  FST_ERR_ASYNC_CONSTRAINT: () => coreError('bad_request'),
  FST_ERR_MAX_PARAM_LENGTH: () => coreError('route_not_found'),
}

/** Whatever was thrown, as something that a caller may read; the unexpected is "internal" and keeps its cause for the log. */
export function toDomainError(thrown: unknown): DomainError {
  // Credentials and keys are looked up outside of any operation: there too an absent database is "unavailable".
  const error = translateDatabaseError(thrown)
  if (error instanceof DomainError) return error
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown }
  const known = typeof code === 'string' ? byFrameworkCode[code] : undefined
  if (known) return known()
  if (error instanceof SyntaxError && statusCode === 400) return coreError('malformed_json')
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return coreError('bad_request', { cause: error })
  }
  return coreError('internal', { cause: error })
}
