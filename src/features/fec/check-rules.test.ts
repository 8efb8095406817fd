import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromUnits, toUnits } from '#kernel/decimal.ts'
import { checkEntries } from './check-rules.ts'
import { grouped, soundLedger, year } from './ledger.fixture.ts'
import type { FaultKind, FecEncoding, FecFault, FecLine, FecReport } from './schemas.ts'

function check(lines: readonly FecLine[], encoding: FecEncoding = 'iso-8859-15', keep?: number): Promise<FecReport> {
  return checkEntries(grouped(lines), { fiscalYear: year, encoding, ...(keep === undefined ? {} : { keep }) })
}

/** A sound ledger and one line of it. */
const withLine = fc.tuple(soundLedger, fc.nat()).map(([lines, n]) => ({ lines, at: n % lines.length }))

type Break = (lines: readonly FecLine[], at: number) => FecLine[] | null
const changing =
  (change: (line: FecLine) => Partial<FecLine>): Break =>
  (lines, at) =>
    lines.map((line, i) => (i === at ? { ...line, ...change(line) } : line))
const entryChanging =
  (change: (line: FecLine) => Partial<FecLine>): Break =>
  (lines, at) =>
    lines.map((line) => (line.entryId === lines[at]?.entryId ? { ...line, ...change(line) } : line))

/** Every way in which a ledger breaks, and how it must be told. */
const breaks: Record<string, { how: Break; kind: FaultKind; field?: string }> = {
  'an amount that is one cent more': {
    how: changing(({ debit, credit }) => (debit === '0.00' ? { credit: more(credit) } : { debit: more(debit) })),
    kind: 'entry_unbalanced',
  },
  'a line that was left out': {
    how: (lines, at) =>
      lines.filter((one) => one.entryId === lines[at]?.entryId).length < 2 ? null : lines.toSpliced(at, 1),
    kind: 'entry_unbalanced',
  },
  'a day before the year': {
    how: entryChanging(() => ({ entryDate: '2023-12-31' })),
    kind: 'date_outside_year',
    field: 'EcritureDate',
  },
  'a day after the year': {
    how: entryChanging(() => ({ entryDate: '2025-01-01' })),
    kind: 'date_outside_year',
    field: 'EcritureDate',
  },
  'the 30th of February': {
    how: entryChanging(() => ({ entryDate: '2024-02-30' })),
    kind: 'date_invalid',
    field: 'EcritureDate',
  },
  'a piece of the 31st of April': {
    how: changing(() => ({ pieceDate: '2024-04-31' })),
    kind: 'date_invalid',
    field: 'PieceDate',
  },
  'a piece of another century': {
    how: changing(() => ({ pieceDate: '1824-04-30' })),
    kind: 'date_invalid',
    field: 'PieceDate',
  },
  'a draft': {
    how: entryChanging(() => ({ validatedOn: null, entryNumber: null })),
    kind: 'not_validated',
    field: 'ValidDate',
  },
  'no number': { how: entryChanging(() => ({ entryNumber: '' })), kind: 'field_missing', field: 'EcritureNum' },
  'a number without digits': {
    how: entryChanging(() => ({ entryNumber: 'VE' })),
    kind: 'number_invalid',
    field: 'EcritureNum',
  },
  'no label': { how: changing(() => ({ label: ' ' })), kind: 'field_missing', field: 'EcritureLib' },
  'no piece': { how: changing(() => ({ pieceRef: '' })), kind: 'field_missing', field: 'PieceRef' },
  'no journal’s name': { how: changing(() => ({ journalLabel: '' })), kind: 'field_missing', field: 'JournalLib' },
  'no account’s name': { how: changing(() => ({ accountLabel: '' })), kind: 'field_missing', field: 'CompteLib' },
  'an account that begins with a letter': {
    how: changing(() => ({ accountNumber: 'C411' })),
    kind: 'account_invalid',
    field: 'CompteNum',
  },
  'an account of two digits': {
    how: changing(() => ({ accountNumber: '41' })),
    kind: 'account_invalid',
    field: 'CompteNum',
  },
  'a negative amount': {
    how: entryChanging((line) => ({ debit: negative(line.credit), credit: negative(line.debit) })),
    kind: 'amount_negative',
  },
  'debit and credit on one line': {
    how: changing((line) => ({ debit: '5.00', credit: '5.00', label: line.label })),
    kind: 'amount_sides',
    field: 'Debit',
  },
  'neither debit nor credit': {
    how: changing(() => ({ debit: '0.00', credit: '0.00' })),
    kind: 'amount_sides',
    field: 'Debit',
  },
  'an amount of three decimals': { how: changing(() => ({ debit: '1.234' })), kind: 'amount_invalid', field: 'Debit' },
  'a currency without its amount': {
    how: changing(() => ({ currency: 'USD', amountCurrency: null })),
    kind: 'currency_incomplete',
    field: 'Idevise',
  },
  'an amount without its currency': {
    how: changing(() => ({ currency: null, amountCurrency: '1.00' })),
    kind: 'currency_incomplete',
    field: 'Idevise',
  },
  'a lettering without its date': {
    how: changing(() => ({ lettering: 'A', letteringDate: null })),
    kind: 'lettering_incomplete',
    field: 'EcritureLet',
  },
  'an auxiliary account without its number': {
    how: changing(() => ({ auxiliaryNumber: null, auxiliaryLabel: 'Durand' })),
    kind: 'auxiliary_incomplete',
    field: 'CompAuxNum',
  },
  'a tab in a label': { how: changing(() => ({ label: 'a\tb' })), kind: 'character_not_allowed', field: 'EcritureLib' },
  'a line break in a label': {
    how: changing(() => ({ accountLabel: 'a\nb' })),
    kind: 'character_not_allowed',
    field: 'CompteLib',
  },
  'a character of another script': {
    how: changing(() => ({ label: 'Łódź' })),
    kind: 'character_not_allowed',
    field: 'EcritureLib',
  },
  'an entry that is there twice': {
    how: (lines, at) => {
      const again = lines.filter((line) => line.entryId === lines[at]?.entryId)
      return [...lines, ...again.map((line) => ({ ...line, entryId: 'again' }))]
    },
    kind: 'number_repeated',
    field: 'EcritureNum',
  },
  'two dates in one entry': {
    how: (lines, at) => {
      const line = lines[at]
      if (!line || lines[at - 1]?.entryId !== line.entryId) return null
      const entryDate = line.entryDate === '2024-05-05' ? '2024-05-06' : '2024-05-05'
      return changing(() => ({ entryDate }))(lines, at)
    },
    kind: 'entry_dates_differ',
    field: 'EcritureDate',
  },
}

const more = (amount: string) => fromUnits(toUnits(amount) + 1n, 2)
const negative = (amount: string) => fromUnits(-toUnits(amount), 2)

test('a sound ledger has no faults, and its sums are told to the cent', async () => {
  await fc.assert(
    fc.asyncProperty(soundLedger, async (lines) => {
      const report = await check(lines)
      assert.deepEqual(report.faults, [])
      assert.equal(report.lines, lines.length)
      assert.equal(report.entries, new Set(lines.map((line) => line.entryId)).size)
      assert.equal(
        report.debit,
        fromUnits(
          lines.reduce((sum, line) => sum + toUnits(line.debit), 0n),
          2,
        ),
      )
      assert.equal(report.credit, report.debit)
    }),
  )
})

for (const [name, { how, kind, field }] of Object.entries(breaks)) {
  test(`names ${name} as ${kind}, with its line and entry`, async () => {
    await fc.assert(
      fc.asyncProperty(withLine, async ({ lines, at }) => {
        const broken = how(lines, at)
        if (!broken) return
        const { faults, counts } = await check(broken)
        const fault = faults.find((one) => one.kind === kind)
        assert.ok(fault, `${kind} is not among ${JSON.stringify(counts)}`)
        if (field) assert.equal(fault.field, field)
        assert.ok(fault.row !== null && fault.row >= 2 && fault.row <= broken.length + 1)
        const line = broken[fault.row - 2]
        assert.ok(fault.entry?.startsWith(line?.journalCode ?? '?'))
      }),
      { numRuns: 60 },
    )
  })
}

test('names the numbers that are missing when an entry inside of a journal was left out', async () => {
  await fc.assert(
    fc.asyncProperty(withLine, async ({ lines, at }) => {
      const { entryId, journalCode, entryNumber } = lines[at] as FecLine
      const inJournal = [
        ...new Set(lines.filter((line) => line.journalCode === journalCode).map((line) => line.entryId)),
      ]
      const place = inJournal.indexOf(entryId)
      const { faults } = await check(lines.filter((line) => line.entryId !== entryId))
      const kinds = faults.map((fault: FecFault) => fault.kind)
      if (place === 0 || place === inJournal.length - 1) {
        // A sequence may begin with any number, and nobody knows where it would have ended.
        assert.deepEqual(kinds, lines.every((line) => line.entryId === entryId) ? ['empty'] : [])
      } else {
        assert.deepEqual(kinds, ['number_gap'])
        const digits = /[0-9]+$/.exec(entryNumber ?? '')?.[0].replace(/^0+/, '')
        assert.match(faults[0]?.message ?? '', new RegExp(`${digits} is missing in journal ${journalCode}$`))
      }
    }),
    { numRuns: 200 },
  )
})

test('names an entry that was validated after one with a higher number', async () => {
  const line = (entryId: string, number: string, validatedOn: string): FecLine[] =>
    ['debit', 'credit'].map((side) => ({
      entryId,
      journalCode: 'VE',
      journalLabel: 'Ventes',
      entryNumber: number,
      entryDate: '2024-03-01',
      accountNumber: '411',
      accountLabel: 'Clients',
      auxiliaryNumber: null,
      auxiliaryLabel: null,
      pieceRef: 'F1',
      pieceDate: '2024-03-01',
      label: 'Facture',
      debit: side === 'debit' ? '1.00' : '0.00',
      credit: side === 'credit' ? '1.00' : '0.00',
      lettering: null,
      letteringDate: null,
      validatedOn,
      amountCurrency: null,
      currency: null,
    }))
  const ledger = [...line('a', '1', '2024-03-02'), ...line('c', '3', '2024-03-03'), ...line('b', '2', '2024-03-04')]
  const { faults } = await check(ledger)
  assert.deepEqual(
    faults.map(({ kind, entry, row }) => ({ kind, entry, row })),
    [{ kind: 'number_not_chronological', entry: 'VE 2', row: 6 }],
  )
})

test('keeps as many faults as it is told to, and counts all', async () => {
  await fc.assert(
    fc.asyncProperty(soundLedger, async (lines) => {
      const report = await check(
        lines.map((line) => ({ ...line, label: '' })),
        'utf-8',
        3,
      )
      assert.ok(report.faults.length <= 3)
      assert.equal(report.counts.field_missing, lines.length)
    }),
    { numRuns: 20 },
  )
})
