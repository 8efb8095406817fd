/**
 * Measures exports in one run, ours and the peer in turn on the same database:
 *   node bench/export.ts [--rows N] [--sheet-rows N] [--entries N] [--rounds N]
 * What the figures mean: docs/performance-ledger.md.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { writeXlsxStream } from 'hucre/xlsx'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { CheckedRequest } from '#features/exports/index.ts'
import { exportContent } from '#features/exports/index.ts'

import { checkLedger, fecContentOf } from '#features/fec/index.ts'
import { generateFernetKey } from '#kernel/fernet.ts'
import { readConfig } from '#src/config.ts'
import { openRuntime } from '#src/runtime.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { median, pairedRatio } from './statistics.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    'sheet-rows': { type: 'string', default: '200000' },
    entries: { type: 'string', default: '500000' },
    rounds: { type: 'string', default: '3' },
  },
})
const [rows, sheetRows, entries, rounds] = [values.rows, values['sheet-rows'], values.entries, values.rounds].map(
  Number,
) as [number, number, number, number]
const [tenantId, sheetTenant] = ['bench', 'bench_sheet']
const entranceOf = (tenant: string) => ({ text: 'select enter_tenant($1)', values: [tenant] })

const allColumns =
  'id code name email phone siret vat_number address_line1 address_line2 postal_code city country_code is_active created_at updated_at'
const tenColumns = 'code name email siret address_line1 postal_code city country_code is_active created_at'

const own = { maxBytes: 1e12, isOwn: true, compresses: true }
type Line = { measurement: string; figure: string; peer?: string; ratio?: number; target?: string; reached?: boolean }
const lines: Line[] = []

console.log(
  `${os.cpus().length} cores (${os.cpus()[0]?.model.trim()}), Node ${process.versions.node}, load ${os.loadavg()[0]?.toFixed(1)}; ` +
    `${rounds} rounds in turn; PostgreSQL and this process share the cores`,
)
const database = await createTestDatabase()
const silent = { debug() {}, info() {}, warn() {}, error: console.error }
const runtime = await openRuntime(
  {
    ...readConfig({}),
    databaseUrl: database.applicationUrl,
    databaseOwnerUrl: database.ownerUrl,
    masterKeys: generateFernetKey(),
  },
  silent,
  { migrate: false },
)
const { services } = runtime
const owner = new pg.Client(database.owner)
await owner.connect()
try {
  await owner.query('insert into tenants (id, name) select t, t from unnest($1::text[]) t', [[tenantId, sheetTenant]])
  if (rows > 0) await measureCsv()
  if (sheetRows > 0) await measureSheet()
  if (entries > 0) await measureFec()
  console.table(lines)
  console.log(`peak memory of the process ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`)
} finally {
  await owner.end()
  await runtime.close()
  await database.drop()
}

async function fillCustomers(tenant: string, count: number): Promise<void> {
  await owner.query(
    `insert into customers (tenant_id, id, code, name, email, siret, address_line1, postal_code, city, country_code)
     select $1, ('0193500c-' || lpad(to_hex(n / 65536), 4, '0') || '-7' || substr(md5(n::text), 1, 3) || '-b' || substr(md5(n::text), 4, 3) || '-' || lpad(to_hex(n), 12, '0'))::uuid,
            'C' || lpad(n::text, 7, '0'), 'Société n° ' || n, 'contact' || n || '@example.com', lpad(n::text, 14, '0'),
            n % 200 || ' rue de la République', lpad((n % 95000)::text, 5, '0'), 'Lyon', 'FR'
       from generate_series(1, $2::int) n`,
    [tenant, count],
  )
  await analyze('customers')
}

async function analyze(table: string): Promise<void> {
  const superuser = new pg.Client({ connectionString: database.superuserUrl })
  await superuser.connect()
  await superuser.query(`vacuum (analyze) ${table}`)
  await superuser.query('checkpoint')
  await superuser.end()
}

function request(format: CheckedRequest['format'], columns: string[]): CheckedRequest {
  const csv = { delimiter: ',', encoding: 'utf-8', decimalMark: '.' } as const
  return { entityType: 'customers', format, columns, filters: [], order: [], csv }
}

/** As a job does it: into the encrypted store of files. */
async function exported(tenant: string, wanted: CheckedRequest): Promise<number> {
  const progress = { expected: null, written: 0 }
  const source = { database: services.database, entrance: entranceOf(tenant), tenantId: tenant, progress, counts: true }
  const file = await services.files.write(tenant, exportContent(source, wanted), {
    ...own,
    compresses: wanted.format !== 'excel',
  })
  await services.files.discard(tenant, file.id)
  if (progress.written !== progress.expected) throw new Error(JSON.stringify(progress))
  return file.size
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

/** `COPY ... TO STDOUT` of the whole table, thrown away: by psql where there is one, else by the driver. */
async function bareCopy(): Promise<void> {
  const text = 'copy customers to stdout with (format csv)'
  const psql = spawn('psql', [database.ownerUrl, '-qc', text], { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = await Promise.race([once(psql, 'exit'), once(psql, 'error').catch((error: unknown) => [error])])
  if (ended[0] === 0) return
  for await (const _ of owner.query(copyTo(text))) {
    // Thrown away.
  }
}

async function measureCsv(): Promise<void> {
  await fillCustomers(tenantId, rows)
  const ours: number[] = []
  const bare: number[] = []
  let megabytes = 0
  const delay = monitorEventLoopDelay({ resolution: 5 })
  const answers: number[] = []
  for (let round = 0; round < rounds; round++) {
    bare.push(await seconds(bareCopy))
    let running = true
    const asking = (async () => {
      while (running) {
        answers.push(1000 * (await seconds(() => services.database.batch([entranceOf(tenantId)]))))
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    })()
    delay.enable()
    try {
      ours.push(
        await seconds(async () => {
          megabytes = (await exported(tenantId, request('csv', allColumns.split(' ')))) / 1e6
        }),
      )
    } finally {
      delay.disable()
      running = false
      await asking
    }
  }
  lines.push(
    line(`csv of ${rows} customers, ${megabytes.toFixed(0)} MB`, {
      ours,
      theirs: bare,
      count: rows,
      peer: 'COPY TO STDOUT',
      target: 0.4,
    }),
  )
  const slowest = answers.toSorted((a, b) => a - b)[Math.floor(answers.length * 0.99)] ?? 0
  lines.push({
    measurement: 'meanwhile, in the same process: a statement (99 of 100)',
    figure: `${slowest.toFixed(1)} ms`,
  })
  lines.push({
    measurement: 'meanwhile: delay of the event loop (99 of 100)',
    figure: `${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
  })
  console.table(lines)
}

async function measureSheet(): Promise<void> {
  await fillCustomers(sheetTenant, sheetRows)
  const names = tenColumns.split(' ')
  const { rows: read } = await owner.query(`select ${names.join(', ')} from customers where tenant_id = $1`, [
    sheetTenant,
  ])
  const cells = read.map((row) => names.map((name) => row[name]))
  const [ours, theirs]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    theirs.push(
      await seconds(async () => {
        const stream = writeXlsxStream(cells, {
          name: 'customers',
          columns: names.map((header) => ({ header })),
        })
        for await (const _ of stream) {
          // Thrown away.
        }
      }),
    )
    ours.push(await seconds(() => exported(sheetTenant, request('excel', names))))
  }
  lines.push(
    line(`excel of ${sheetRows} customers, 10 columns`, {
      ours,
      theirs,
      count: sheetRows,
      peer: 'hucre from memory, thrown away',
      target: 0.8,
    }),
  )
  console.table(lines)
}

/** Of two lines each, as bench/fec.ts has them. */
async function fillEntries(): Promise<void> {
  for (let done = 0; done < entries; done += 50_000) {
    await owner.query(
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
  await analyze('accounting_entries')
}

async function measureFec(): Promise<void> {
  await fillEntries()
  const year = { fiscalYear: 2024, encoding: 'iso-8859-15', startsOn: '2024-01-01', endsOn: '2024-12-31' } as const
  const [checks, files]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    const source = { database: services.database, entrance: entranceOf(tenantId), tenantId }
    checks.push(
      await seconds(async () => {
        const { lines: found, faults } = await checkLedger(source, year)
        if (found !== 2 * entries || faults.length > 0) throw new Error(JSON.stringify(faults[0] ?? found))
      }),
    )
    files.push(
      await seconds(async () => {
        const progress = { expected: null, written: 0 }
        const file = await services.files.write(tenantId, fecContentOf({ ...source, progress }, year), own)
        await services.files.discard(tenantId, file.id)
      }),
    )
  }
  lines.push({ measurement: `FEC of ${entries} entries: the check alone`, figure: `${median(checks).toFixed(2)} s` })
  lines.push({
    measurement: `FEC of ${entries} entries: checked, written, in the store`,
    figure: `${median(files).toFixed(2)} s`,
  })
}

type Compared = { ours: number[]; theirs: number[]; count: number; peer: string; target: number }

function line(measurement: string, { ours, theirs, count, peer, target }: Compared): Line {
  const ratio = pairedRatio(theirs, ours)
  return {
    measurement,
    figure: `${median(ours).toFixed(2)} s, ${Math.round(count / median(ours))}/s`,
    peer: `${peer}: ${median(theirs).toFixed(2)} s, ${Math.round(count / median(theirs))}/s`,
    ratio: Math.round(ratio * 100) / 100,
    target: `>= ${target}`,
    reached: ratio >= target,
  }
}
