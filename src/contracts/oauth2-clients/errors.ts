/** The contract's errors: {"code", "data": null, "msg", "identifier": false}; code and HTTP status are the same. */
import type { ErrorCode } from '#features/error-codes.ts'
import type { DomainError, ErrorKind } from '#kernel/errors.ts'
import type { WireAnswer } from '../shared/contract.ts'

/** The document knows 400, 401, 403, 404 and 500: a conflict is a bad request. */
const statuses: Record<ErrorKind, number> = {
  invalid: 400,
  conflict: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  rate_limited: 429,
  upstream: 502,
  unavailable: 503,
  internal: 500,
}

/** Causes of HTTP itself keep HTTP's own status. */
const exceptions: Partial<Record<ErrorCode, number>> = {
  body_too_large: 413,
  storage_full: 413,
  unsupported_media_type: 415,
  method_not_allowed: 405,
}

export function printError(error: DomainError, requestId: string): WireAnswer {
  const status = exceptions[error.code as ErrorCode] ?? statuses[error.kind]
  return { status, body: { code: status, data: null, msg: messageOf(error, status, requestId), identifier: false } }
}

/** One text is all there is room for: the faults stand in it. */
function messageOf(error: DomainError, status: number, requestId: string): string {
  if (status >= 500) return `${error.message} (request ${requestId})`
  if (error.code !== 'validation_failed' || error.details.length === 0) return error.message
  return error.details
    .map((detail) => {
      const field = (detail.path ?? []).slice(1).join('.')
      return field === '' ? detail.message : `${field}: ${detail.message}`
    })
    .join('; ')
}
