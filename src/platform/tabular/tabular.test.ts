import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeXlsx } from 'hucre/xlsx'
import { archiveOf } from './archive.fixture.ts'
import type { LayoutWish, TableRow } from './index.ts'
import { findLayout, readTable, UnreadableTableError } from './index.ts'

/** In pieces of a few bytes, so that everything is cut somewhere. */
const inPieces = (content: Buffer, length: number) => async () =>
  (async function* () {
    for (let at = 0; at < content.length; at += length) yield content.subarray(at, at + length)
  })()

async function read(content: Buffer, { wish = {}, piece = 7 }: { wish?: LayoutWish; piece?: number } = {}) {
  const source = inPieces(content, piece)
  const layout = await findLayout(source, wish)
  const rows: TableRow[] = []
  for await (const group of readTable(source, layout)) rows.push(...group)
  return { layout, rows, cells: rows.map(({ cells }) => cells) }
}

const unreadable = (message: RegExp) => (error: unknown) =>
  error instanceof UnreadableTableError && message.test(error.message)

test('reads what a French Excel writes: mark, semicolons, quotes with line breaks, empty lines at the end', async () => {
  const text = '\ufeffcode;nom;montant\r\nC1;"Alpha ""SA""\r\n2e ligne; suite";"1 500,50"\r\nC2;Été;\r\n\r\n;;\r\n\r\n'
  for (const piece of [1, 7, 1000]) {
    const { layout, cells, rows } = await read(Buffer.from(text), { piece })
    assert.deepEqual([layout.format, layout.encoding, layout.delimiter], ['csv', 'utf-8', ';'])
    assert.deepEqual(layout.headers, ['code', 'nom', 'montant'])
    assert.deepEqual(cells, [
      ['C1', 'Alpha "SA"\n2e ligne; suite', '1 500,50'],
      ['C2', 'Été', ''],
    ])
    assert.deepEqual(
      rows.map(({ row }) => row),
      [2, 3],
    )
  }
})

test('tells Windows-1252 from UTF-8 by its bytes, however late they come, with the euro sign', async () => {
  const late = Buffer.concat([
    Buffer.from(`code,nom\n${'A,B\n'.repeat(2000)}`),
    Buffer.from([0x43, 0x2c, 0x80, 0xe9, 0x0a]),
  ])
  const { layout, cells } = await read(late, { piece: 1000 })
  assert.equal(layout.encoding, 'windows-1252')
  assert.deepEqual(cells.at(-1), ['C', '€é'])
  const chosen = await read(Buffer.from([0x61, 0x0a, 0xa4]), { wish: { encoding: 'iso-8859-15' } })
  assert.deepEqual(chosen.cells, [['€']])
})

test('reads UTF-16 in both orders, with and without a mark', async () => {
  const text = 'code\tnom\n1\tÉté\n'
  const little = Buffer.from(text, 'utf16le')
  const big = Buffer.from(little).swap16()
  for (const [content, encoding] of [
    [little, 'utf-16le'],
    [Buffer.concat([Buffer.from([0xff, 0xfe]), little]), 'utf-16le'],
    [big, 'utf-16be'],
    [Buffer.concat([Buffer.from([0xfe, 0xff]), big]), 'utf-16be'],
  ] as const) {
    const { layout, cells } = await read(content, { piece: 101 })
    assert.deepEqual([layout.encoding, layout.headers, cells], [encoding, ['code', 'nom'], [['1', 'Été']]])
  }
})

test('a row with more cells than the header is named, one with fewer is filled up', async () => {
  const { rows } = await read(Buffer.from('a;b\n1;2;3\n4\n5;6;\n'))
  assert.match(rows[0]?.fault?.message ?? '', /3 cellules/)
  assert.deepEqual(rows.slice(1), [
    { row: 3, cells: ['4', ''] },
    { row: 4, cells: ['5', '6'] },
  ])
})

test('takes 1,000 columns, and gives headers that are empty or twice there names of their own', async () => {
  const wide = Array.from({ length: 1000 }, (_, i) => `c${i}`)
  const { layout, cells } = await read(Buffer.from(`${wide.join(';')}\n${wide.join(';')}\n`), { piece: 4096 })
  assert.deepEqual([layout.headers.length, cells[0]?.[999]], [1000, 'c999'])
  assert.deepEqual((await read(Buffer.from('a;;a\n1;2;3\n'))).layout.headers, ['a', 'column_2', 'a_2'])
})

test('refuses an empty file, a quote that is never closed, bytes that are not of the encoding', async () => {
  await assert.rejects(read(Buffer.alloc(0)), unreadable(/empty/))
  await assert.rejects(read(Buffer.from('a;b\n"x;y\nz;w\n')), unreadable(/quote/))
  const open = Buffer.from(`a;b\n"${'x'.repeat(5 * 1024 * 1024)}`)
  await assert.rejects(read(open, { piece: 256 * 1024 }), unreadable(/left open/))
  const broken = Buffer.concat([Buffer.from('a;b\né;\n'), Buffer.from([0xff, 0x0a])])
  await assert.rejects(read(broken, { wish: { encoding: 'utf-8' } }), unreadable(/not utf-8/))
})

test('reads JSON and JSON Lines object by object, and says which one is none', async () => {
  const array = await read(Buffer.from('[{"a":"x]\\"","n":1.5},\n {"a":null,"b":[1]} , 5]'))
  assert.deepEqual(array.layout.headers, ['a', 'n', 'b'])
  assert.deepEqual(array.cells.slice(0, 2), [
    ['x]"', '1.5', ''],
    ['', '', '[1]'],
  ])
  assert.ok(array.rows[2]?.fault)
  const lines = await read(Buffer.from('{"a":"é"}\n\n{"a":\n{"a":true}'))
  assert.equal(lines.layout.format, 'jsonl')
  assert.deepEqual(
    lines.rows.map(({ cells, fault }) => fault !== undefined || cells),
    [['é'], true, ['true']],
  )
})

test('refuses JSON that is nested thousands deep, or no array', async () => {
  await assert.rejects(read(Buffer.from('['.repeat(100_000)), { piece: 4096 }), unreadable(/nested/))
  const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`
  assert.ok((await read(Buffer.from(deep), { piece: 4096 })).rows[0]?.fault)
  await assert.rejects(read(Buffer.from('[{"a":1}')), unreadable(/array/))
})

async function workbook(rows: (string | number | boolean | Date | null)[][]): Promise<Buffer> {
  return Buffer.from(
    await writeXlsx({
      sheets: [{ name: 'Feuille', rows, merges: [{ startRow: 0, startCol: 0, endRow: 0, endCol: 2 }] }],
    }),
  )
}

test('reads a workbook: headers below a merged title, dates, numbers as they are shown', async () => {
  const content = await workbook([
    ['Liste des clients', null, null],
    [],
    ['code', 'date', 'montant'],
    ['A', new Date('2024-01-31'), 1234.5],
    ['B', new Date(Date.UTC(2024, 1, 1, 10, 5)), 0.1 + 0.2],
  ])
  const { layout, rows } = await read(content, { piece: 4096 })
  assert.deepEqual([layout.format, layout.headerRow, layout.headers], ['excel', 3, ['code', 'date', 'montant']])
  assert.deepEqual(rows, [
    { row: 4, cells: ['A', '2024-01-31', '1234.5'] },
    { row: 5, cells: ['B', '2024-02-01T10:05:00', '0.3'] },
  ])
})

const xml = (text: string) => Buffer.from(`<?xml version="1.0"?>${text}`)
const parts = (sheet: Buffer, claimedSize?: number) => [
  { name: '[Content_Types].xml', content: xml('<Types/>') },
  { name: 'xl/sharedStrings.xml', content: sheet, ...(claimedSize === undefined ? {} : { claimedSize }) },
]

test('refuses a zip bomb by its directory, and one whose directory lies, without unpacking it', async () => {
  const zeros = Buffer.alloc(80 * 1024 * 1024)
  const before = process.memoryUsage().rss
  for (const claimed of [undefined, 1000]) {
    await assert.rejects(read(archiveOf(parts(zeros, claimed)), { piece: 65_536 }), unreadable(/unpacks|damaged/))
  }
  assert.ok(process.memoryUsage().rss - before < 60 * 1024 * 1024)
  await assert.rejects(read((await workbook([['a'], ['b']])).subarray(0, 900)), unreadable(/damaged/))
  await assert.rejects(read(Buffer.from('d0cf11e0a1b11ae1', 'hex')), unreadable(/old or encrypted/))
})
