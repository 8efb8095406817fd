import { Type } from 'typebox'
import { nullable, uuid } from '#kernel/schemas.ts'
import { amount, code, currency, day, pageRequest } from '../schemas.ts'

const optional = <Schema extends Type.TSchema>(schema: Schema) => Type.Optional(nullable(schema))

const journal = { journalCode: code(20), journalLabel: code(100) }

const account = {
  /** By the chart of accounts: three digits at least, then the company's own. */
  accountNumber: Type.String({ maxLength: 30, pattern: '^[0-9]{3}[0-9A-Za-z]*$' }),
  accountLabel: code(255),
  auxiliaryNumber: optional(code(60)),
  auxiliaryLabel: optional(code(255)),
  debit: amount,
  credit: amount,
  currency: optional(currency),
  amountCurrency: optional(amount),
}

export const newEntry = Type.Object({
  ...journal,
  date: day,
  pieceRef: code(60),
  /** The entry's date where it is left out. */
  pieceDate: Type.Optional(day),
  label: code(255),
  lines: Type.Array(Type.Object({ ...account, label: Type.Optional(code(255)) }), { minItems: 2, maxItems: 1000 }),
})
export type NewEntry = Type.Static<typeof newEntry>

/** A line as an import brings it, with everything of its entry: what a line of an FEC holds. */
export const importedEntryLine = Type.Object({
  ...journal,
  ...account,
  /** Ends in digits: its place in the journal's sequence. */
  number: Type.String({ maxLength: 60, pattern: '^[^\\s\\u0000-\\u001F\\u007F]*[0-9]$' }),
  date: day,
  pieceRef: code(60),
  pieceDate: day,
  label: code(255),
  lettering: optional(code(20)),
  letteringDate: optional(day),
  /** null: a draft, which keeps its number when it is validated. */
  validatedOn: optional(day),
})
export type ImportedEntryLine = Type.Static<typeof importedEntryLine>

export const entryId = Type.Object({ entryId: uuid })

export const changedEntry = Type.Object({ entryId: uuid, entry: newEntry })

const period = { dateFrom: Type.Optional(day), dateTo: Type.Optional(day) }

export const entryList = Type.Object({
  ...pageRequest,
  ...period,
  journalCode: Type.Optional(code(20)),
  number: Type.Optional(code(60)),
  status: Type.Optional(Type.Union([Type.Literal('draft'), Type.Literal('validated')])),
})
export type EntryList = Type.Static<typeof entryList>

export const accountLineList = Type.Object({
  ...pageRequest,
  ...period,
  accountNumber: account.accountNumber,
  isLettered: Type.Optional(Type.Boolean()),
})
export type AccountLineList = Type.Static<typeof accountLineList>

export type EntryLine = {
  lineNumber: number
  accountNumber: string
  accountLabel: string
  auxiliaryNumber: string | null
  auxiliaryLabel: string | null
  label: string
  debit: string
  credit: string
  currency: string | null
  amountCurrency: string | null
  lettering: string | null
  letteringDate: string | null
}

type EntryHead = {
  id: string
  fiscalYear: number
  journalCode: string
  journalLabel: string
  /** null: a draft without one */
  number: string | null
  date: string
  pieceRef: string
  pieceDate: string
  validatedOn: string | null
}

export type Entry = EntryHead & { createdAt: Date; lines: EntryLine[] }
/** A line with its entry, as the list of an account shows it. */
export type AccountLine = EntryHead & EntryLine
