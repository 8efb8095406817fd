/** Ledgers made up by fast-check: sound ones, which tests then break in one place. */
import fc from 'fast-check'
import { fromUnits } from '#kernel/decimal.ts'
import type { FecLine } from './schemas.ts'

export const year = { startsOn: '2024-01-01', endsOn: '2024-12-31' }

const dayOf = (offset: number) => new Date(Date.UTC(2024, 0, 1 + offset)).toISOString().slice(0, 10)

const letters = fc.constantFrom(...'abcXYZ019 éèçàùœŒ€ÉÀ&/\'"|;,.-_()«»°'.split(''))
/** Neither begins nor ends with a blank. */
const text = fc.array(letters, { minLength: 1, maxLength: 12 }).map((all) => `x${all.join('')}x`)
const word = fc.stringMatching(/^[A-Z0-9]{1,8}$/)
const cents = fc.bigInt({ min: 1n, max: 99_999_999_999n })

type Drawn = {
  journal: number
  day: number
  wait: number
  piece: string
  label: string
  sides: {
    account: number
    amount: bigint
    auxiliary: string | null
    foreign: bigint | null
    lettering: string | null
  }[]
}

const side = fc.record({
  account: fc.integer({ min: 100, max: 799_999 }),
  amount: cents,
  auxiliary: fc.option(word),
  foreign: fc.option(fc.bigInt({ min: -9_999_999n, max: 9_999_999n })),
  lettering: fc.option(fc.stringMatching(/^[A-Z]{1,3}$/)),
})
const drawn: fc.Arbitrary<Drawn> = fc.record({
  journal: fc.nat({ max: 2 }),
  day: fc.nat({ max: 365 }),
  wait: fc.nat({ max: 40 }),
  piece: word,
  label: text,
  sides: fc.array(side, { minLength: 1, maxLength: 4 }),
})

const numberOf: readonly ((n: number) => string)[] = [
  (n) => String(n),
  (n) => `VE${String(n).padStart(4, '0')}`,
  (n) => `2024-${n + 500}`,
]

/** Numbered and validated in the order of their validation, each side against one line of account 512. */
function toLines(all: readonly Drawn[]): FecLine[] {
  const validatedIn = (one: Drawn) => one.day + one.wait
  const counters = [0, 0, 0]
  return all
    .toSorted((a, b) => validatedIn(a) - validatedIn(b))
    .flatMap((one, i) => {
      const n = (counters[one.journal] ?? 0) + 1
      counters[one.journal] = n
      const head = {
        entryId: String(i),
        journalCode: ['VE', 'AC', 'BQ'][one.journal] as string,
        journalLabel: ['Ventes', 'Achats', 'Banque'][one.journal] as string,
        entryNumber: numberOf[one.journal]?.(n) ?? '',
        entryDate: dayOf(one.day),
        pieceRef: one.piece,
        pieceDate: dayOf(one.day),
        label: one.label,
        validatedOn: dayOf(validatedIn(one)),
      }
      const total = one.sides.reduce((sum, { amount }) => sum + amount, 0n)
      const counterpart = { ...nothing, accountNumber: '512000', accountLabel: 'Banque', credit: fromUnits(total, 2) }
      return [
        ...one.sides.map(({ account, amount, auxiliary, foreign, lettering }) => ({
          ...head,
          ...nothing,
          accountNumber: String(account),
          accountLabel: one.label,
          auxiliaryNumber: auxiliary,
          auxiliaryLabel: auxiliary === null ? null : one.label,
          debit: fromUnits(amount, 2),
          lettering,
          letteringDate: lettering === null ? null : head.validatedOn,
          amountCurrency: foreign === null ? null : fromUnits(foreign, 2),
          currency: foreign === null ? null : 'USD',
        })),
        { ...head, ...counterpart },
      ]
    })
}

const nothing = {
  auxiliaryNumber: null,
  auxiliaryLabel: null,
  debit: '0.00',
  credit: '0.00',
  lettering: null,
  letteringDate: null,
  amountCurrency: null,
  currency: null,
}

export const soundLedger: fc.Arbitrary<FecLine[]> = fc.array(drawn, { minLength: 1, maxLength: 30 }).map(toLines)

/** As a reader of the database gives them: in groups that pay no heed to entries. */
export async function* grouped(lines: readonly FecLine[], size = 7): AsyncGenerator<FecLine[], void, undefined> {
  for (let i = 0; i < lines.length; i += size) yield lines.slice(i, i + size)
}
