/** Accounting entries on the wire. */
import { Type } from 'typebox'
import type { AccountLine, Entry, EntryLine } from '#features/ledger/index.ts'
import { nullable, uuid } from '#kernel/schemas.ts'
import type { EdgeReader } from './edge-values.ts'
import { Amount, AmountIn, Day, DayIn, Moment, money } from './edge-values.ts'
import { given } from './given.ts'

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength })
const optional = <Schema extends Type.TSchema>(schema: Schema) => Type.Optional(nullable(schema))

export const NewEntry = Type.Object({
  journal_code: text(20),
  journal_label: text(100),
  date: DayIn,
  piece_ref: text(60),
  piece_date: Type.Optional(DayIn),
  label: text(255),
  lines: Type.Array(
    Type.Object({
      account_number: text(30),
      account_label: text(255),
      auxiliary_number: optional(text(60)),
      auxiliary_label: optional(text(255)),
      label: Type.Optional(text(255)),
      debit: Type.Optional(AmountIn),
      credit: Type.Optional(AmountIn),
      currency: optional(Type.String({ pattern: '^[A-Z]{3}$' })),
      amount_currency: optional(AmountIn),
    }),
    { minItems: 2, maxItems: 1000 },
  ),
})

export function entryOf(body: Type.Static<typeof NewEntry>, edge: EdgeReader) {
  return {
    journalCode: body.journal_code,
    journalLabel: body.journal_label,
    date: edge.day(['body', 'date'], body.date),
    pieceRef: body.piece_ref,
    ...given({ pieceDate: edge.optionalDay(['body', 'piece_date'], body.piece_date) }),
    label: body.label,
    lines: body.lines.map((line, i) => {
      const at = (member: string) => ['body', 'lines', String(i), member]
      return {
        accountNumber: line.account_number,
        accountLabel: line.account_label,
        debit: edge.amount(at('debit'), line.debit ?? 0, money),
        credit: edge.amount(at('credit'), line.credit ?? 0, money),
        ...given({
          auxiliaryNumber: line.auxiliary_number,
          auxiliaryLabel: line.auxiliary_label,
          label: line.label,
          currency: line.currency,
          amountCurrency: edge.optionalAmount(at('amount_currency'), line.amount_currency, money),
        }),
      }
    }),
  }
}

const head = {
  fiscal_year: Type.Integer(),
  journal_code: Type.String(),
  journal_label: Type.String(),
  number: nullable(Type.String({ description: 'A draft gets it when it is validated' })),
  date: Day,
  piece_ref: Type.String(),
  piece_date: Day,
  validated_on: nullable(Day),
}
const line = {
  line_number: Type.Integer(),
  account_number: Type.String(),
  account_label: Type.String(),
  auxiliary_number: nullable(Type.String()),
  auxiliary_label: nullable(Type.String()),
  label: Type.String(),
  debit: Amount,
  credit: Amount,
  currency: nullable(Type.String()),
  amount_currency: nullable(Amount),
  lettering: nullable(Type.String()),
  lettering_date: nullable(Day),
}
export const EntryAnswer = Type.Object({ id: uuid, ...head, created_at: Moment, lines: Type.Array(Type.Object(line)) })
export const AccountLineAnswer = Type.Object({ entry_id: uuid, ...head, ...line })

const presentHead = (entry: Entry | AccountLine) => ({
  fiscal_year: entry.fiscalYear,
  journal_code: entry.journalCode,
  journal_label: entry.journalLabel,
  number: entry.number,
  date: entry.date,
  piece_ref: entry.pieceRef,
  piece_date: entry.pieceDate,
  validated_on: entry.validatedOn,
})

const presentLine = (one: EntryLine) => ({
  line_number: one.lineNumber,
  account_number: one.accountNumber,
  account_label: one.accountLabel,
  auxiliary_number: one.auxiliaryNumber,
  auxiliary_label: one.auxiliaryLabel,
  label: one.label,
  debit: one.debit,
  credit: one.credit,
  currency: one.currency,
  amount_currency: one.amountCurrency,
  lettering: one.lettering,
  lettering_date: one.letteringDate,
})

export const presentEntry = (entry: Entry) => ({
  id: entry.id,
  ...presentHead(entry),
  created_at: entry.createdAt.toISOString(),
  lines: entry.lines.map(presentLine),
})

export const presentAccountLine = (one: AccountLine) => ({ entry_id: one.id, ...presentHead(one), ...presentLine(one) })
