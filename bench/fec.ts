/**
 * Measures the FEC of a large ledger: node bench/fec.ts [--entries N] [--rounds N]
 * What the figures mean: docs/performance-ledger.md.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { finished } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { fecContent, readLedger } from '#features/fec/index.ts'
import { openLedgerDatabase } from '#test/support/ledger-database.ts'

const { values } = parseArgs({
  options: { entries: { type: 'string', default: '500000' }, rounds: { type: 'string', default: '3' } },
})
const [entries, rounds] = [Number(values.entries), Number(values.rounds)]
const tenantId = 'tenant_bench'
const fiscalYear = { startsOn: '2024-01-01', endsOn: '2024-12-31' }

console.log(
  `${os.cpus().length} cores, Node ${process.versions.node}, load ${os.loadavg()[0]?.toFixed(1)}; ${entries} entries of two lines`,
)
const ledger = await openLedgerDatabase()
const directory = await mkdtemp(path.join(os.tmpdir(), 'clientele-bench-fec-'))
try {
  await fill()
  const readings: number[] = []
  const files: number[] = []
  let megabytes = 0
  for (let round = 0; round < rounds; round++) {
    readings.push(await seconds(readOnly))
    const file = path.join(directory, `${round}.txt`)
    files.push(await seconds(() => writeFec(file)))
    megabytes = (await stat(file)).size / 1e6
  }
  const [reading, whole] = [median(readings), median(files)]
  console.table({
    'reading through the cursor': { seconds: reading.toFixed(2), 'lines/s': Math.round((2 * entries) / reading) },
    'FEC: read, checked, encoded, on disk': { seconds: whole.toFixed(2), 'lines/s': Math.round((2 * entries) / whole) },
  })
  const peak = process.resourceUsage().maxRSS / 1024
  console.log(`file ${megabytes.toFixed(0)} MB; peak memory of the process ${peak.toFixed(0)} MB`)
} finally {
  await ledger.close()
  await rm(directory, { recursive: true, force: true })
}

/** As the schema's owner, in the database alone: the measured process has seen nothing of it. */
async function fill(): Promise<void> {
  for (let done = 0; done < entries; done += 50_000) {
    await ledger.owner.query(
      `insert into accounting_entries (tenant_id, entry_id, line_number, fiscal_year, journal_code, journal_label, entry_number,
         number_prefix, number_sequence, entry_date, account_number, account_label, auxiliary_number, auxiliary_label,
         piece_ref, piece_date, label, debit, credit, validated_on)
       select $1, md5(n::text)::uuid, line, 2024, journal, 'Journal ' || journal, journal || place, journal, place,
              date '2024-01-01' + n / ($4::int / 366 + 1), case line when 1 then '411000' else '707000' end,
              case line when 1 then 'Clients été' else 'Ventes de marchandises' end,
              case line when 1 then 'C' || n % 5000 end, case line when 1 then 'Client n° ' || n % 5000 end,
              'FA-2024-' || n, date '2024-01-01' + n / ($4::int / 366 + 1), 'Facture FA-2024-' || n,
              case line when 1 then (n % 100000 + 1) / 100.0 else 0 end, case line when 2 then (n % 100000 + 1) / 100.0 else 0 end,
              date '2024-01-01' + n / ($4::int / 366 + 1)
         from generate_series($2::int, $3::int - 1) n, generate_series(1, 2) line,
              lateral (select (array['VE', 'AC', 'BQ', 'OD'])[n % 4 + 1] as journal, n / 4 + 1 as place) j`,
      [tenantId, done, Math.min(done + 50_000, entries), entries],
    )
  }
  await ledger.owner.query('analyze accounting_entries')
}

function read() {
  return readLedger(ledger.database, { tenantId, fiscalYear: 2024, entrance: ledger.entrance(tenantId) })
}

async function readOnly(): Promise<void> {
  let lines = 0
  for await (const group of read()) lines += group.length
  if (lines !== 2 * entries) throw new Error(`${lines} lines were read`)
}

async function writeFec(file: string): Promise<void> {
  const { bytes, report } = fecContent(read(), { fiscalYear, encoding: 'iso-8859-15' })
  const digest = createHash('sha256')
  const out = createWriteStream(file)
  for await (const piece of bytes) {
    digest.update(piece)
    if (!out.write(piece)) await once(out, 'drain')
  }
  out.end()
  await finished(out)
  if (report().lines !== 2 * entries) throw new Error('lines are missing')
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0
}
