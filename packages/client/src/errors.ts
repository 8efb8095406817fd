/** What a call can end with instead of an answer. Every class is a ClienteleError; `instanceof` tells them apart. */

/** A fault in one field of the request: "siret", "config.host", "header.Idempotency-Key". */
export type FieldError = { field: string; message: string }

export class ClienteleError extends Error {
  override name = 'ClienteleError'
}

/** There is no answer: no connection, or it broke off. The cause says why. */
export class ConnectionError extends ClienteleError {
  override name = 'ConnectionError'
}

/** There is no answer within the time that the call has. */
export class TimeoutError extends ConnectionError {
  override name = 'TimeoutError'
}

export type Told = {
  status: number
  /** As the contract writes it; null where its format has no room for one (PartnerB2B, OAuth2 clients). */
  code: string | null
  message: string
  fieldErrors: readonly FieldError[]
  /** In the server's log and in the audit event: give it to support. */
  requestId: string | null
  retryAfterSeconds: number | null
  /** The answer as it came, parsed where it was JSON. */
  body: unknown
}

/** The server answered with an error, in whichever contract's format. docs/errors.md of the server lists all codes. */
export class ApiError extends ClienteleError implements Told {
  override name = 'ApiError'
  readonly status: number
  readonly code: string | null
  readonly fieldErrors: readonly FieldError[]
  readonly requestId: string | null
  readonly retryAfterSeconds: number | null
  readonly body: unknown

  constructor(told: Told) {
    super(told.message)
    this.status = told.status
    this.code = told.code
    this.fieldErrors = told.fieldErrors
    this.requestId = told.requestId
    this.retryAfterSeconds = told.retryAfterSeconds
    this.body = told.body
  }
}

/** The request does not fit; fieldErrors says where (400, 413, 415, 422). */
export class InvalidRequestError extends ApiError {
  override name = 'InvalidRequestError'
}

/** No credential, or one that no longer holds (401). */
export class AuthenticationError extends ApiError {
  override name = 'AuthenticationError'
}

/** The credential may not do this (403). */
export class ForbiddenError extends ApiError {
  override name = 'ForbiddenError'
}

/** There is nothing at this address, or not for this credential (404). */
export class NotFoundError extends ApiError {
  override name = 'NotFoundError'
}

/** The state of what it is about forbids it (409). */
export class ConflictError extends ApiError {
  override name = 'ConflictError'
}

/** Too many requests; retryAfterSeconds says how long to wait (429). */
export class RateLimitError extends ApiError {
  override name = 'RateLimitError'
}

/** The server failed, or cannot answer at the moment (5xx). */
export class ServerError extends ApiError {
  override name = 'ServerError'
}

const classes: Readonly<Record<number, typeof ApiError>> = {
  400: InvalidRequestError,
  401: AuthenticationError,
  403: ForbiddenError,
  404: NotFoundError,
  409: ConflictError,
  413: InvalidRequestError,
  415: InvalidRequestError,
  422: InvalidRequestError,
  429: RateLimitError,
}

type Named = Record<string, unknown>
const isNamed = (value: unknown): value is Named => typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

/** An error answer of any contract, or of the token endpoint (RFC 6749, 5.2), as the error to throw. */
export function readError(response: { status: number; statusText: string; headers: Headers }, text: string): ApiError {
  const { status, headers } = response
  const body = parse(text)
  const answer = isNamed(body) ? body : {}
  const error = isNamed(answer.error) ? answer.error : answer
  const fieldErrors = [answer.detail, error.details].flatMap(faultsOf)
  const firstType = Array.isArray(answer.detail) && isNamed(answer.detail[0]) ? textOf(answer.detail[0].type) : ''
  const code = textOf(error.code) || textOf(answer.errorCode) || textOf(answer.error) || firstType
  const faults = fieldErrors.map((one) => (one.field === '' ? one.message : `${one.field}: ${one.message}`)).join('; ')
  const message =
    textOf(error.message) || textOf(answer.errorMessage) || textOf(answer.error_description) || textOf(answer.msg)
  const Class = classes[status] ?? (status >= 500 ? ServerError : ApiError)
  return new Class({
    status,
    code: code === '' ? null : code,
    // What is wrong where stands behind what the contract has as its one message ("Not Allowed", "see the details").
    message: [message, faults].filter((one) => one !== '').join(' ') || `${status} ${response.statusText}`.trim(),
    fieldErrors: fieldErrors.filter((one) => one.field !== ''),
    requestId: headers.get('x-request-id'),
    retryAfterSeconds: readRetryAfter(headers.get('retry-after'), Date.now()),
    body,
  })
}

/** Seconds, or a date (RFC 9110, 10.2.3); null where it is neither. */
export function readRetryAfter(value: string | null, now: number): number | null {
  if (value === null) return null
  if (/^\d+$/.test(value.trim())) return Number(value)
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.max(0, (at - now) / 1000)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function faultsOf(details: unknown): FieldError[] {
  // ChatAPI: one fault as an object, with all of them beside it when there are several.
  if (isNamed(details)) return Array.isArray(details.errors) ? faultsOf(details.errors) : [toFault(details)]
  return Array.isArray(details) ? details.filter(isNamed).map(toFault) : []
}

function toFault(fault: Named): FieldError {
  const place = Array.isArray(fault.loc) ? fault.loc.join('.') : textOf(fault.attribute) || textOf(fault.field)
  return {
    field: place.replace(/^body(?:\.|$)/, ''),
    message: textOf(fault.msg) || textOf(fault.message) || textOf(fault.error),
  }
}
