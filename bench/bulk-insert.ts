/**
 * Measures the bulk insert of customers against COPY into the same table: node bench/bulk-insert.ts [--rows N]
 * COPY reads a file on the server, which is faster than STDIN: the ratio is on the careful side.
 */
import { createWriteStream } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import type { NewCustomer } from '#features/ledger/index.ts'
import { insertCustomers } from '#features/ledger/index.ts'
import { newUuid } from '#kernel/ids.ts'
import { openLedgerDatabase } from '#test/support/ledger-database.ts'

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '200000' }, batch: { type: 'string', default: '2000' } },
})
const [rows, batch] = [Number(values.rows), Number(values.batch)]

const customer = (n: number): NewCustomer => ({
  code: `CLI${String(n).padStart(8, '0')}`,
  name: `Client n° ${n} de la Société Générale d'Essais`,
  email: `client${n}@example.com`,
  siret: '73282932000074',
  postalCode: '69001',
  city: 'Lyon',
  countryCode: 'FR',
})

const ledger = await openLedgerDatabase()
const directory = await mkdtemp(path.join(os.tmpdir(), 'clientele-bench-copy-'))
const file = path.join(directory, 'customers.tsv')
const superuser = new pg.Client({ connectionString: ledger.superuserUrl })
await superuser.connect()
try {
  await chmod(directory, 0o755)
  await pipeline(Readable.from(copyLines()), createWriteStream(file))
  const columns = 'tenant_id, id, code, name, email, siret, postal_code, city, country_code'
  const copied: number[] = []
  const inserted: number[] = []
  for (let round = 0; round < 3; round++) {
    await superuser.query('truncate customers, row_counts')
    copied.push(await seconds(() => superuser.query(`copy customers (${columns}) from '${file}'`)))
    await superuser.query('truncate customers, row_counts')
    inserted.push(await seconds(insertAll))
  }
  const [copy, insert] = [Math.min(...copied), Math.min(...inserted)]
  console.table({
    COPY: { seconds: copy.toFixed(2), 'rows/s': Math.round(rows / copy) },
    insertCustomers: { seconds: insert.toFixed(2), 'rows/s': Math.round(rows / insert) },
  })
  console.log(`ratio ${(copy / insert).toFixed(2)}, load ${os.loadavg()[0]?.toFixed(1)}`)
} finally {
  await superuser.end()
  await ledger.close()
  await rm(directory, { recursive: true, force: true })
}

function* copyLines(): Generator<string> {
  for (let n = 0; n < rows; n++) {
    const { code, name, email, siret, postalCode, city, countryCode } = customer(n)
    yield `tenant_copy\t${newUuid()}\t${code}\t${name}\t${email}\t${siret}\t${postalCode}\t${city}\t${countryCode}\n`
  }
}

async function insertAll(): Promise<void> {
  const tenantId = 'tenant_bulk'
  for (let done = 0; done < rows; done += batch) {
    const some = Array.from({ length: Math.min(batch, rows - done) }, (_, i) => customer(done + i))
    await ledger.inTenant(tenantId, (tx) =>
      insertCustomers(tx, tenantId, some, { onKnown: { skip: true }, now: new Date() }),
    )
  }
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
