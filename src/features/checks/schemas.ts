export type CheckKind = 'audit_verification' | 'import_validation'

export const checkStatuses = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const
export type CheckStatus = (typeof checkStatuses)[number]

/** A check as it is kept. */
export type Check<Request, Result> = {
  id: string
  request: Request
  status: CheckStatus
  /** Events or rows; until it has completed, those there were when it was asked for, or an estimate. */
  expected: number
  checked: number
  /** Whether everything was as it should be; null until it has completed. */
  valid: boolean | null
  /** Null until it has completed, and in lists. */
  result: Result | null
  failure: { code: string; message: string } | null
  createdAt: Date
  startedAt: Date | null
  endedAt: Date | null
}

export type CheckEnding<Result> =
  | { status: 'completed'; valid: boolean; expected: number; checked: number; result: Result }
  | { status: 'failed'; failure: string; message: string }
