/** An answer that is an error, in one form whichever contract it comes from. */
export type Fault = { field: string; message: string }

export class Problem extends Error {
  override name = 'Problem'
  /** 0: no answer at all. */
  readonly status: number
  /** In lower case, without what differs between contracts; empty where the contract has no word for it. */
  readonly code: string
  readonly faults: readonly Fault[]
  readonly requestId: string | null
  readonly retryAfterSeconds: number | null

  constructor(status: number, told: { code: string; message: string; faults: readonly Fault[] }, headers?: Headers) {
    super(told.message)
    this.status = status
    this.code = told.code
    this.faults = told.faults
    this.requestId = headers?.get('x-request-id') ?? null
    const wait = Number(headers?.get('retry-after') ?? Number.NaN)
    this.retryAfterSeconds = Number.isFinite(wait) ? wait : null
  }
}

type Named = Record<string, unknown>
const isNamed = (value: unknown): value is Named => typeof value === 'object' && value !== null && !Array.isArray(value)
const text = (value: unknown) => (typeof value === 'string' ? value : '')

/** FactPulse: detail or errorCode; the others: error {code, message, details}. */
export function problemOf(response: Response, body: unknown): Problem {
  const given = isNamed(body) ? body : {}
  const error = isNamed(given.error) ? given.error : given
  const code = text(error.code) || text(given.errorCode)
  const faults = [given.detail, error.details, given.details].flatMap(faultsOf)
  const [first] = faults
  const message =
    text(error.message) || text(given.errorMessage) || text(given.msg) || first?.message || response.statusText
  const specific = message === 'Not Allowed' && first ? first.message : message
  return new Problem(response.status, { code: code.toLowerCase(), message: specific, faults }, response.headers)
}

function faultsOf(details: unknown): Fault[] {
  if (isNamed(details)) return [toFault(details), ...faultsOf(details.errors)]
  return Array.isArray(details) ? details.filter(isNamed).map(toFault) : []
}

function toFault(one: Named): Fault {
  const place = Array.isArray(one.loc) ? one.loc.slice(1).join('.') : text(one.attribute) || text(one.field)
  return { field: place.replace(/^body\.?/, ''), message: text(one.msg) || text(one.message) || text(one.error) }
}
