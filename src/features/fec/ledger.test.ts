/** From rows of the database to the bytes of the file. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { ImportedEntryLine } from '#features/ledger/index.ts'
import { insertEntryLines } from '#features/ledger/index.ts'
import type { LedgerDatabase } from '#test/support/ledger-database.ts'
import { openLedgerDatabase } from '#test/support/ledger-database.ts'
import { administrationCheck } from './administration-check.fixture.ts'
import { fecFileName } from './format-rules.ts'
import { soundLedger, year } from './ledger.fixture.ts'
import { fecContent } from './produce.ts'
import type { FecLine } from './schemas.ts'
import { readLedger } from './store.ts'

let ledger: LedgerDatabase
before(async () => {
  ledger = await openLedgerDatabase()
})
after(() => ledger.close())

let tenants = 0
const newTenant = () => `tenant_fec_${++tenants}`
const now = new Date('2025-01-31T00:00:00Z')

const toRow = ({ entryNumber, entryDate, entryId: _, ...line }: FecLine): ImportedEntryLine => ({
  ...line,
  number: entryNumber ?? '',
  date: entryDate,
})

async function keep(tenantId: string, lines: readonly FecLine[]): Promise<void> {
  const outcomes = await ledger.inTenant(tenantId, (tx) => insertEntryLines(tx, tenantId, lines.map(toRow), now))
  assert.ok(
    outcomes.every((one) => one.outcome === 'inserted'),
    JSON.stringify(outcomes.find((one) => one.outcome !== 'inserted')),
  )
}

const read = (tenantId: string) =>
  readLedger(ledger.database, { tenantId, fiscalYear: 2024, entrance: ledger.entrance(tenantId) })

async function produce(tenantId: string): Promise<Buffer> {
  const { bytes } = fecContent(read(tenantId), { fiscalYear: year, encoding: 'utf-8' })
  const pieces: Buffer[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}

test('what was kept comes out as a file that passes the administration’s checks, with every line once', async () => {
  await fc.assert(
    fc.asyncProperty(soundLedger, async (lines) => {
      const tenantId = newTenant()
      await keep(tenantId, lines)
      const file = await produce(tenantId)
      const { errors, alerts, rows } = administrationCheck(fecFileName('732829320', year.endsOn), file, 'utf-8')
      assert.deepEqual({ errors, alerts }, { errors: [], alerts: [] })
      const key = (journal: unknown, number: unknown, account: unknown, debit: unknown) =>
        [journal, number, account, debit].join('|')
      assert.deepEqual(
        rows.map((row) => key(row[0], row[2], row[4], row[11])).sort(),
        lines
          .map((line) => key(line.journalCode, line.entryNumber, line.accountNumber, line.debit.replace('.', ',')))
          .sort(),
      )
      const validated = rows.map((row) => row[15] ?? '')
      assert.deepEqual(validated, validated.toSorted())
    }),
    { numRuns: 25 },
  )
})

/** With three entries at least in the journal of sales. */
const withSales = soundLedger.filter((lines) => lines.some((line) => line.entryNumber === 'VE0003'))
const sound = (): FecLine[] => fc.sample(withSales, { numRuns: 1, seed: 7 })[0] ?? []

/** Whoever has the superuser's password can do what the application refuses; the FEC finds it. */
async function tamper(tenantId: string, statement: string): Promise<void> {
  await ledger.owner.query('alter table accounting_entries disable trigger user')
  await ledger.owner.query(statement, [tenantId])
  await ledger.owner.query('alter table accounting_entries enable trigger user')
}

const first = '(select min(entry_id::text)::uuid from accounting_entries where tenant_id = $1)'

test('a ledger that was broken in the database becomes no file, and the fault is named', async () => {
  for (const [statement, kind] of [
    [
      `update accounting_entries set debit = debit + 0.01 where tenant_id = $1 and entry_id = ${first} and debit > 0`,
      'entry_unbalanced',
    ],
    [
      `update accounting_entries set entry_date = '2025-01-01' where tenant_id = $1 and entry_id = ${first}`,
      'date_outside_year',
    ],
    [
      `update accounting_entries set account_number = 'X' where tenant_id = $1 and entry_id = ${first}`,
      'account_invalid',
    ],
    [`update accounting_entries set validated_on = null where tenant_id = $1 and entry_id = ${first}`, 'not_validated'],
    [`update accounting_entries set label = '' where tenant_id = $1 and entry_id = ${first}`, 'field_missing'],
    [
      `delete from accounting_entries where tenant_id = $1 and number_prefix = 'VE' and number_sequence = 2`,
      'number_gap',
    ],
  ] as const) {
    const tenantId = newTenant()
    await keep(tenantId, sound())
    await produce(tenantId)
    await tamper(tenantId, statement)
    await assert.rejects(
      produce(tenantId),
      (error: { code: string; details: { type: string }[] }) => {
        assert.equal(error.code, 'fec_refused')
        assert.ok(
          error.details.some((detail) => detail.type === kind),
          `${kind}: ${JSON.stringify(error.details)}`,
        )
        return true
      },
      statement,
    )
  }
})

test('a reading is of one moment: what is committed meanwhile is not in it; other tenants never are', async () => {
  const tenantId = newTenant()
  const lines = sound()
  await keep(tenantId, lines)
  const groups = read(tenantId)
  const begun = groups.next()
  await begun
  const [added] = lines
  await keep(
    tenantId,
    lines.filter((line) => line.entryId === added?.entryId).map((line) => ({ ...line, entryNumber: '9999' })),
  )
  let count = (await begun).value?.length ?? 0
  for await (const group of groups) count += group.length
  assert.equal(count, lines.length)
})

test('a reader that stops half-way gives its connection back', async () => {
  const tenantId = newTenant()
  await keep(tenantId, sound())
  for (let i = 0; i < 8; i++) for await (const group of read(tenantId)) if (group.length > 0) break
  assert.ok((await produce(tenantId)).length > 0)
})
