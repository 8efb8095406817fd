/** What makes entries final, and what is said of them afterwards. */
import { Type } from 'typebox'
import { dayInFrance } from '#kernel/calendar-date.ts'
import { uuid } from '#kernel/schemas.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { ledgerError } from '../errors.ts'
import { code, day } from '../schemas.ts'
import { letterLines, removeLettering } from './lettering-store.ts'
import { validateDrafts } from './validation-store.ts'

/** So many at once: the numbers of their journals are held meanwhile. */
const mostAtOnce = 500

export const validateEntries = defineOperation({
  name: 'entry.validate',
  summary: 'Validates drafts: they get the next numbers of their journal and never change again.',
  level: 'account',
  permission: 'entry:validate',
  effect: 'write',
  input: Type.Object({
    /** Either these, or the oldest up to a day. */
    entryIds: Type.Optional(Type.Array(uuid, { minItems: 1, maxItems: mostAtOnce })),
    upTo: Type.Optional(day),
    journalCode: Type.Optional(code(20)),
  }),
  run: async ({ tx, tenantId, now, emit }, { entryIds, upTo, journalCode }) => {
    const today = dayInFrance(now)
    const wanted = entryIds
      ? { ids: entryIds }
      : { upTo: upTo ?? today, limit: mostAtOnce, ...(journalCode === undefined ? {} : { journalCode }) }
    const validated = await validateDrafts(tx, tenantId, wanted, today)
    for (const { id, number } of validated) emit({ type: 'entry.validated', clientId: null, data: { id, number } })
    // A full batch may have left some behind.
    return { validated, mayHaveMore: !entryIds && validated.length === mostAtOnce }
  },
  audit: (_input, { validated }) => ({
    category: 'compliance',
    description: 'Accounting entries validated',
    ...(validated.length === 1 && validated[0] ? { target: { type: 'entry', id: validated[0].id } } : {}),
    context: { entries: validated.length },
  }),
})

export const letterEntries = defineOperation({
  name: 'entry.letter',
  summary: 'Letters lines of one account that settle each other, with a code or the next one.',
  level: 'account',
  permission: 'entry:letter',
  effect: 'write',
  input: Type.Object({
    lines: Type.Array(Type.Object({ entryId: uuid, lineNumber: Type.Integer({ minimum: 1, maximum: 1_000_000 }) }), {
      minItems: 2,
      maxItems: 1000,
    }),
    code: Type.Optional(code(20)),
    date: Type.Optional(day),
  }),
  run: ({ tx, tenantId, now }, { lines, code: wanted, date }) =>
    letterLines(tx, tenantId, { lines, code: wanted, date: date ?? dayInFrance(now) }),
  audit: (input, { accountNumber, lettering }) => ({
    description: 'Lines lettered',
    target: { type: 'account', id: accountNumber },
    context: { lettering, lines: input.lines.length },
  }),
})

export const unletterEntries = defineOperation({
  name: 'entry.unletter',
  summary: 'Removes a lettering from all lines of an account that carry it.',
  level: 'account',
  permission: 'entry:letter',
  effect: 'write',
  input: Type.Object({ accountNumber: code(30), code: code(20) }),
  run: async ({ tx, tenantId }, { accountNumber, code: lettering }) => {
    const lines = await removeLettering(tx, tenantId, { accountNumber, lettering })
    if (lines === 0) throw ledgerError('lettering_unknown')
    return { lines }
  },
  audit: (input, { lines }) => ({
    description: 'Lettering removed',
    target: { type: 'account', id: input.accountNumber },
    context: { lettering: input.code, lines },
  }),
})
