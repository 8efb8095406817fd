/** The sweep of the database against the rules line by line: it never lets through what those refuse, and writes the same bytes. */
import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { insertEntryLines } from '#features/ledger/index.ts'
import type { DomainError } from '#kernel/errors.ts'
import { inSnapshot } from '#platform/db/snapshot.ts'
import type { LedgerDatabase } from '#test/support/ledger-database.ts'
import { openLedgerDatabase } from '#test/support/ledger-database.ts'
import { administrationCheck } from './administration-check.fixture.ts'
import { soundLedger, year } from './ledger.fixture.ts'
import { fecContent } from './produce.ts'
import type { FecEncoding, FecLine } from './schemas.ts'
import { fecEncodings } from './schemas.ts'
import { readLedger } from './store.ts'
import { checkLedger, fecContentOf } from './swift.ts'
import { judge } from './swift-store.ts'

let ledger: LedgerDatabase
before(async () => {
  ledger = await openLedgerDatabase()
})
after(() => ledger.close())

let tenants = 0
const now = new Date('2025-01-31T00:00:00Z')

async function kept(lines: readonly FecLine[]): Promise<string> {
  const tenantId = `tenant_swift_${++tenants}`
  const rows = lines.map(({ entryNumber, entryDate, entryId: _, ...line }) => ({
    ...line,
    number: entryNumber ?? '',
    date: entryDate,
  }))
  const outcomes = await ledger.inTenant(tenantId, (tx) => insertEntryLines(tx, tenantId, rows, now))
  assert.ok(outcomes.every((one) => one.outcome === 'inserted'))
  return tenantId
}

const requestFor = (encoding: FecEncoding) => ({ fiscalYear: 2024, encoding, ...year })
const sourceOf = (tenantId: string) => ({ database: ledger.database, tenantId, entrance: ledger.entrance(tenantId) })

async function joined(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  return buffer(bytes)
}

const swiftly = (tenantId: string, encoding: FecEncoding) =>
  joined(fecContentOf({ ...sourceOf(tenantId), progress: { expected: null, written: 0 } }, requestFor(encoding)))

const byLine = (tenantId: string, encoding: FecEncoding) =>
  joined(
    fecContent(readLedger(ledger.database, { fiscalYear: 2024, ...sourceOf(tenantId) }), { fiscalYear: year, encoding })
      .bytes,
  )

async function isSound(tenantId: string, encoding: FecEncoding): Promise<boolean> {
  const { database, entrance } = sourceOf(tenantId)
  const judged = inSnapshot(database, { entrance }, async function* (snapshot) {
    yield await judge(snapshot, { tenantId, fiscalYear: 2024 }, requestFor(encoding))
  })
  for await (const { sound } of judged) return sound
  return false
}

test('a sound ledger is found to be sound at once, and becomes the same file byte by byte', async () => {
  await fc.assert(
    fc.asyncProperty(soundLedger, async (lines) => {
      const tenantId = await kept(lines)
      for (const encoding of fecEncodings) {
        assert.equal(await isSound(tenantId, encoding), true)
        const file = await swiftly(tenantId, encoding)
        assert.deepEqual(file, await byLine(tenantId, encoding))
        const { errors, alerts } = administrationCheck('732829320FEC20241231.txt', file, encoding)
        assert.deepEqual({ errors, alerts }, { errors: [], alerts: [] })
      }
      const report = await checkLedger(sourceOf(tenantId), requestFor('utf-8'))
      assert.deepEqual([report.lines, report.faults, report.debit], [lines.length, [], report.credit])
    }),
    { numRuns: 12 },
  )
})

const sound = () =>
  fc.sample(
    soundLedger.filter((lines) => lines.some((one) => one.entryNumber === 'VE0003')),
    { numRuns: 1, seed: 7 },
  )[0] ?? []

/** What the table's own rules would refuse too is tried without them: they are not what makes an FEC right. */
const tampered: readonly string[] = [
  'debit = debit + 0.01 where debit > 0',
  `debit = 'NaN' where debit > 0`,
  'debit = -debit, credit = -credit',
  'debit = 5, credit = 5',
  'debit = 0, credit = 0',
  `entry_date = '2025-01-01'`,
  `piece_date = '1824-04-30'`,
  'validated_on = null',
  'validated_on = validated_on + 400',
  `account_number = 'C411'`,
  `account_number = '41'`,
  `label = ' '`,
  `label = U&'\\00A0'`,
  `label = E'a\\tb'`,
  `label = E'a\\nb'`,
  `account_label = U&'a\\0085b'`,
  `piece_ref = ''`,
  `journal_label = ''`,
  `currency = 'usd', amount_currency = 1`,
  'currency = null, amount_currency = 1',
  `lettering = 'A', lettering_date = null`,
  `auxiliary_number = null, auxiliary_label = 'Durand'`,
  `entry_number = 'VE'`,
  `entry_number = 'VE9'`,
  'number_sequence = number_sequence + 1',
  `journal_code = 'ZZ'`,
]

test('whatever is changed in one line is refused by both, or by neither and then written alike', async () => {
  const lines = sound()
  const counts = { refused: 0, written: 0 }
  await ledger.owner.query(`alter table accounting_entries disable trigger user;
    do $$ declare c text; begin
      for c in select conname from pg_constraint where conrelid = 'accounting_entries'::regclass and contype in ('c', 'u') loop
        execute format('alter table accounting_entries drop constraint %I', c);
      end loop;
    end $$`)
  for (const change of tampered) {
    const tenantId = await kept(lines)
    const [set, condition = 'true'] = change.split(' where ')
    await ledger.owner.query(
      `update accounting_entries set ${set} where ctid = (
         select ctid from accounting_entries where tenant_id = $1 and number_prefix = 'VE' and number_sequence = 2 and ${condition}
          order by line_number limit 1)`,
      [tenantId],
    )
    for (const encoding of fecEncodings) {
      const expected = await byLine(tenantId, encoding).catch((error: unknown) => error as DomainError)
      if (Buffer.isBuffer(expected)) {
        counts.written++
        assert.deepEqual(await swiftly(tenantId, encoding), expected, change)
      } else {
        counts.refused++
        assert.equal(await isSound(tenantId, encoding), false, change)
        await assert.rejects(swiftly(tenantId, encoding), { code: 'fec_refused', details: expected.details }, change)
      }
    }
  }
  assert.ok(counts.refused > 40, JSON.stringify(counts))
})

test('letters that ISO 8859-15 lacks are refused, typographic punctuation becomes plain', async () => {
  for (const [label, encoding, written] of [
    ['L’œuvre – « 5 € »…', 'iso-8859-15', "L'œuvre - « 5 € »..."],
    ['L’œuvre – « 5 € »…', 'utf-8', 'L’œuvre – « 5 € »…'],
    ['Łódź', 'utf-8', 'Łódź'],
    ['Łódź', 'iso-8859-15', null],
  ] as const) {
    const tenantId = await kept(sound().map((line) => ({ ...line, label })))
    const file = swiftly(tenantId, encoding)
    if (written === null) await assert.rejects(file, { code: 'fec_refused' })
    else assert.match(new TextDecoder(encoding).decode(await file), new RegExp(`\t${written}\t`))
    if (written !== null) assert.deepEqual(await swiftly(tenantId, encoding), await byLine(tenantId, encoding))
  }
})
