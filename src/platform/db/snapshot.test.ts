import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import type { LedgerDatabase } from '#test/support/ledger-database.ts'
import { openLedgerDatabase } from '#test/support/ledger-database.ts'
import { inSnapshot, literal } from './snapshot.ts'

let ledger: LedgerDatabase
before(async () => {
  ledger = await openLedgerDatabase()
})
after(() => ledger.close())

const copyOf = (text: string, onEnd?: (rows: number) => void) =>
  inSnapshot(ledger.database, { entrance: ledger.entrance('tenant_a') }, (snapshot) => snapshot.copy(text, onEnd))

async function whole(text: string): Promise<{ bytes: Buffer; rows: number }> {
  let rows = -1
  const bytes = await buffer(copyOf(text, (count) => (rows = count)))
  return { bytes, rows }
}

async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of given) found.push(one)
  return found
}

test('rows of every length come out byte by byte, counted', async () => {
  // From none to four times what one reading of the network gives.
  const lengths =
    '(values (0), (1), (3), (250000), (65531), (65536), (5), (100), (0)) l (n), generate_series(1, 10) again'
  const text = `select repeat(chr(97 + (n + again) % 26), n) from ${lengths}`
  const { bytes, rows } = await whole(`copy (${text}) to stdout`)
  const expected = await ledger.owner.query<{ hash: string }>(
    `select encode(sha256(convert_to(string_agg(t || chr(10), ''), 'UTF8')), 'hex') as hash from (${text}) x (t)`,
  )
  assert.equal(createHash('sha256').update(bytes).digest('hex'), expected.rows[0]?.hash)
  assert.equal(rows, 90)
  assert.deepEqual(await whole('copy (select 1 where false) to stdout'), { bytes: Buffer.alloc(0), rows: 0 })
})

test('a statement that fails, at once or behind many rows, throws its error and leaves the pool as it was', async () => {
  await assert.rejects(whole('copy (select 1 from nothing) to stdout'), { code: '42P01' })
  await assert.rejects(whole('copy (select 1 / (100000 - n) from generate_series(1, 100001) n) to stdout'), {
    code: '22012',
  })
  await assert.rejects(whole(`copy (select 'Ł') to stdout with (encoding 'LATIN9')`), { code: '22P05' })
  assert.equal((await whole('copy (select 1) to stdout')).bytes.toString(), '1\n')
})

test('a reader that is slow or stops half-way holds nothing back', async () => {
  const many = 'copy (select n from generate_series(1, 2000) n, generate_series(1, 2000) m) to stdout'
  for (let i = 0; i < 8; i++) {
    for await (const _ of copyOf(many)) {
      await new Promise((resolve) => setImmediate(resolve))
      break
    }
  }
  assert.equal((await whole('copy (select 1) to stdout')).rows, 1)
})

test('nothing is written, and what is committed meanwhile is not seen', async () => {
  const counts = inSnapshot(ledger.database, { entrance: ledger.entrance('tenant_a') }, async function* (snapshot) {
    const count = { text: 'select count(*)::integer as n from customers', values: [] }
    yield (await snapshot.ask<{ n: number }>(count))[0]?.n
    await ledger.owner.query(
      `insert into customers (tenant_id, id, code, name) values ('tenant_a', gen_random_uuid(), 'A', 'A')`,
    )
    yield (await snapshot.ask<{ n: number }>(count))[0]?.n
  })
  assert.deepEqual(await all(counts), [0, 0])
  const writing = inSnapshot(ledger.database, { entrance: ledger.entrance('tenant_a') }, async function* (snapshot) {
    yield await snapshot.ask({ text: 'delete from customers', values: [] })
  })
  await assert.rejects(all(writing), { code: '25006' })
  const own = await whole('copy (select count(*) from customers) to stdout')
  assert.equal(own.bytes.toString(), '1\n')
})

test('a text is the text that it was as a literal', async () => {
  for (const text of [`'; drop table customers; --`, `\\'`, `a\\b'c"d`, 'é€𝄞', '']) {
    const { bytes } = await whole(
      `copy (select ${literal(text)}) to stdout with (format csv, quote E'\\x01', delimiter E'\\x02', null 'null')`,
    )
    assert.equal(bytes.toString().replaceAll('\x01', ''), `${text}\n`)
  }
  assert.throws(() => literal('a\0b'), RangeError)
})
