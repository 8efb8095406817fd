/** FactPulse's error bodies: FastAPI's `detail` list for 422, `errorCode` and `errorMessage` for everything else. */
import type { ErrorCode } from '#features/error-codes.ts'
import type { DomainError, ErrorDetail } from '#kernel/errors.ts'
import type { WireAnswer } from '../shared/contract.ts'
import { wire } from './wire-codes.ts'

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
  const whole = { path: elsewhere[code] ?? ['body'], message: error.message, type: code }
  const details: readonly Pick<ErrorDetail, 'path' | 'message' | 'type'>[] =
    error.details.length > 0 ? error.details : [whole]
  return details.map((one) => ({ loc: one.path ?? ['body'], msg: one.message, type: one.type ?? code }))
}
