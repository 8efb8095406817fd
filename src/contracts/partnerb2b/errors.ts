/** {"error": {"code": <HTTP status>, "message", "details": [{"field"?, "attribute"?, "error"}]}, "meta"}. */
import type { ErrorCode } from '#features/error-codes.ts'
import type { DomainError, ErrorDetail, ErrorKind } from '#kernel/errors.ts'
import type { WireAnswer } from '../shared/contract.ts'
import { metaOf } from './envelope.ts'

/** The contract has a word for the status only. */
const statuses: Record<ErrorKind, number> = {
  invalid: 400,
  conflict: 409,
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

type Fault = { field?: string; attribute?: string; error: string }

export function printError(error: DomainError, requestId: string): WireAnswer {
  const { status, message, details } = read(error)
  return { status, body: { error: { code: status, message, details }, meta: metaOf(requestId) } }
}

function read(error: DomainError): { status: number; message: string; details: Fault[] } {
  // An id that no object can have: there is nothing at this address.
  if (error.code === 'validation_failed' && error.details.some((one) => one.path?.[0] === 'path')) {
    return { status: 404, message: 'Not Found', details: [] }
  }
  const status = exceptions[error.code as ErrorCode] ?? statuses[error.kind]
  const details = error.details.map(toFault)
  // The document knows one refusal, whatever the reason; the reason stands behind it.
  if (error.kind === 'forbidden') {
    return { status, message: 'Not Allowed', details: [{ error: error.message }, ...details] }
  }
  return { status, message: error.message, details }
}

/** ["body", "attributes", "email"] is the attribute "email"; ["body", "url"] the field "url". */
function toFault(detail: ErrorDetail): Fault {
  const [, ...names] = detail.path ?? []
  if (names[0] === 'attributes' && names.length > 1)
    return { attribute: names.slice(1).join('.'), error: detail.message }
  return { ...(names.length > 0 ? { field: names.join('.') } : {}), error: detail.message }
}
