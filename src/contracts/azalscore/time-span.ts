/** start_date and end_date as the document writes them: a day (UTC, the end's included) or a moment (ISO 8601). */
import { Type } from 'typebox'
import { coreError } from '#kernel/errors.ts'
import { valueFault } from '#kernel/value-faults.ts'
import type { Part } from '../shared/validation.ts'

const dayOrMoment = Type.String({
  maxLength: 40,
  pattern: '^\\d{4}-\\d{2}-\\d{2}(?:[Tt ]\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,6})?)?(?:[Zz]|[+-]\\d{2}:?\\d{2})?)?$',
  description: 'A day such as 2024-01-31, or a moment such as 2024-01-31T10:00:00Z; without a zone: UTC',
})

export const spanQuery = { start_date: Type.Optional(dayOrMoment), end_date: Type.Optional(dayOrMoment) }

const dayMs = 24 * 3600 * 1000

/**
 * From the start, included, to the end, not included any more.
 * @throws validation_failed for a day that no calendar has
 */
export function spanOf(
  part: Part,
  { start_date: start, end_date: end }: { start_date?: string; end_date?: string },
): { from?: string; before?: string } {
  const from = start === undefined ? undefined : momentOf(part, 'start_date', start)
  const last = end === undefined ? undefined : momentOf(part, 'end_date', end)
  const before = last === undefined ? undefined : last.getTime() + (end?.length === 10 ? dayMs : 1)
  return {
    ...(from === undefined ? {} : { from: from.toISOString() }),
    ...(before === undefined ? {} : { before: new Date(before).toISOString() }),
  }
}

function momentOf(part: Part, field: string, given: string): Date {
  const spelled = given.toUpperCase().replace(' ', 'T')
  const hasZone = spelled.length === 10 || /(?:Z|[+-]\d{2}:?\d{2})$/.test(spelled.slice(10))
  const moment = new Date(hasZone ? spelled : `${spelled}Z`)
  const day = new Date(`${spelled.slice(0, 10)}T00:00:00Z`)
  // JavaScript takes 31 February for 3 March.
  if (Number.isNaN(moment.getTime()) || day.toISOString().slice(0, 10) !== spelled.slice(0, 10)) {
    throw coreError('validation_failed', {
      details: [{ path: [part, field], ...valueFault('value_no_day'), type: 'date' }],
    })
  }
  return moment
}
