import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { administrationCheck } from './administration-check.fixture.ts'
import { columns, encodeText, fecFileName, unwritable } from './format-rules.ts'
import { grouped, soundLedger, year } from './ledger.fixture.ts'
import { fecContent } from './produce.ts'
import type { FecEncoding, FecLine } from './schemas.ts'

const encodings = ['iso-8859-15', 'utf-8'] as const
const name = fecFileName('732829320', year.endsOn)

async function produce(lines: readonly FecLine[], encoding: FecEncoding): Promise<Buffer> {
  const { bytes } = fecContent(grouped(lines), { fiscalYear: year, encoding })
  const pieces: Buffer[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}

const fields: readonly (keyof FecLine)[] = [
  'journalCode',
  'journalLabel',
  'entryNumber',
  'entryDate',
  'accountNumber',
  'accountLabel',
  'auxiliaryNumber',
  'auxiliaryLabel',
  'pieceRef',
  'pieceDate',
  'label',
  'debit',
  'credit',
  'lettering',
  'letteringDate',
  'validatedOn',
  'amountCurrency',
  'currency',
]

/** A row of the file as the line that it was made from. */
function parse(row: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(
    fields.map((field, i) => {
      const value = row[i] ?? ''
      const isDate = /Date$|On$/.test(field)
      const read = isDate
        ? value.replace(/^(....)(..)(..)$/, '$1-$2-$3')
        : value.replace(/^(-?[0-9]+),([0-9]{2})$/, '$1.$2')
      return [field, value === '' ? null : read]
    }),
  )
}

test('every FEC of a sound ledger passes the administration’s checks, without an alert, and reads back to its lines', async () => {
  await fc.assert(
    fc.asyncProperty(soundLedger, fc.constantFrom(...encodings), async (lines, encoding) => {
      const { errors, alerts, rows } = administrationCheck(name, await produce(lines, encoding), encoding)
      assert.deepEqual({ errors, alerts }, { errors: [], alerts: [] })
      const expected = lines.map(({ entryId: _, ...line }) => line)
      assert.deepEqual(rows.map(parse), expected)
    }),
    { numRuns: 200 },
  )
})

test('the columns are those of the decree, in its order', () => {
  assert.equal(
    columns.map((column) => column.name).join(' '),
    'JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef PieceDate ' +
      'EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise',
  )
})

test('the file is named after the SIREN and the closing date', () => {
  assert.equal(name, '732829320FEC20241231.txt')
})

test('ISO 8859-15 is written as its decoder reads it, for all of its characters and no other', () => {
  const decoder = new TextDecoder('iso-8859-15')
  const all = Array.from({ length: 256 }, (_, code) => decoder.decode(Uint8Array.of(code)))
  for (const [code, character] of all.entries()) {
    if (code >= 0x80 && code < 0xa0) continue
    assert.equal(unwritable(character, 'iso-8859-15'), null, character)
    assert.deepEqual([...encodeText(character, 'iso-8859-15')], [code], character)
  }
  for (const character of ['¤', '¼', '\u0085', 'ł', 'ő', '漢', '😀']) {
    assert.equal(unwritable(`a${character}b`, 'iso-8859-15'), character)
    assert.equal(unwritable(character, 'utf-8'), null)
    assert.throws(() => encodeText(character, 'iso-8859-15'), RangeError)
  }
  assert.equal(unwritable('\ud800', 'utf-8'), '\ufffd')
})

test('typographic punctuation becomes plain in ISO 8859-15, and stays in UTF-8', () => {
  assert.equal(
    encodeText('l’été – « œuvre » “10 €”…', 'iso-8859-15')
      .toString('latin1')
      .replace('\xa4', 'E')
      .replace('\xbd', 'oe'),
    `l'été - « oeuvre » "10 E"...`,
  )
  assert.equal(encodeText('l’été…', 'utf-8').toString(), 'l’été…')
})

test('an empty ledger and a broken one give no file', async () => {
  await assert.rejects(produce([], 'utf-8'), { code: 'fec_refused' })
  await fc.assert(
    fc.asyncProperty(soundLedger, async (lines) => {
      const broken = lines.map((line, i) =>
        i === lines.length - 1 ? { ...line, credit: '0.01', debit: '0.00' } : line,
      )
      if (lines.at(-1)?.credit === '0.01') return
      await assert.rejects(produce(broken, 'utf-8'), { code: 'fec_refused' })
    }),
    { numRuns: 50 },
  )
})
