/** An answer that is an error, in one form whichever contract it comes from. */
export type Fault = {
  field: string
  /** In the server's English. */
  message: string
  /** Which of the sentences that we can say ourselves; empty: none. */
  code: string
  parameters: Readonly<Record<string, string>>
}

export class Problem extends Error {
  override name = 'Problem'
  /** 0: no answer at all. */
  readonly status: number
  /** The server's; empty where there was no answer of its own. */
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

/** The server tells the console all errors in one form, whichever contract was called. */
export function problemOf(response: Response, body: unknown): Problem {
  const given = isNamed(body) ? body : {}
  const error = isNamed(given.error) ? given.error : {}
  const faults = Array.isArray(error.details) ? error.details.filter(isNamed).map(toFault) : []
  const message = text(error.message) || response.statusText
  return new Problem(response.status, { code: text(error.code), message, faults }, response.headers)
}

function toFault(one: Named): Fault {
  const parameters = isNamed(one.parameters) ? Object.entries(one.parameters) : []
  return {
    // Where in the request it was: a form has no use for it.
    field: text(one.field).replace(/^(?:body|query|path|header)\.?/, ''),
    message: text(one.message),
    code: text(one.code),
    parameters: Object.fromEntries(parameters.map(([name, value]) => [name, text(value)])),
  }
}
