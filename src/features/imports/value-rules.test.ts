import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReadAs } from './value-rules.ts'
import { isFormula, readValue } from './value-rules.ts'

const as = (type: ReadAs['type']): ReadAs => ({ type, scale: 2, values: ['draft', 'paid', 'cancelled'] })
const value = (type: ReadAs['type'], text: string) => {
  const reading = readValue(text, as(type))
  return 'value' in reading ? reading.value : null
}

test('reads amounts, days and words as the French and as programs write them', () => {
  for (const [type, text, expected] of [
    ['decimal', '1 234,56', '1234.56'],
    ['decimal', '1234.56', '1234.56'],
    ['decimal', '-12,5 €', '-12.50'],
    ['decimal', '1,234', null],
    ['integer', '1 500,00', '1500'],
    ['integer', '1,5', null],
    ['date', '31/12/2024', '2024-12-31'],
    ['date', '2024-12-31T00:00:00', '2024-12-31'],
    ['date', '20241231', '2024-12-31'],
    ['date', '31/02/2024', null],
    ['boolean', 'Oui', true],
    ['boolean', 'FAUX', false],
    ['boolean', 'peut-être', null],
    ['email', 'a@b.fr', 'a@b.fr'],
    ['email', 'a@b', null],
    ['siret', '732 829 320 00074', '73282932000074'],
    ['siret', '73282932000075', null],
    ['siren', '732829320', '732829320'],
    ['iban', 'FR14 2004 1010 0505 0001 3M02 606', 'FR1420041010050500013M02606'],
    ['iban', 'FR14 2004 1010 0505 0001 3M02 607', null],
    ['enum', 'Payée', 'paid'],
    ['enum', 'PAID', 'paid'],
    ['enum', 'perdue', null],
  ] as const) {
    assert.equal(value(type, text), expected, `${type} ${text}`)
  }
})

test('knows what a spreadsheet would run, and lets negative amounts be', () => {
  for (const cell of ['=1+1', '+cmd|x', '@SUM(A1)', '-2+3', '\t=1']) assert.ok(isFormula(cell), cell)
  for (const cell of ['-12,50', '+33', 'a=b', '', '1']) assert.ok(!isFormula(cell), cell)
})
