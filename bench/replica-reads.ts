/**
 * What a streaming replica takes off the primary: processor time of either server's processes for one export by a job, with and
 * without DATABASE_REPLICA_URL in turn. Needs PostgreSQL as Debian installs it.
 *   node bench/replica-reads.ts [--rows N] [--rounds N]
 * What the figures mean: docs/performance-growth.md.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runExport } from '#features/exports/index.ts'
import { generateFernetKey } from '#kernel/fernet.ts'
import { readConfig } from '#src/config.ts'
import type { Runtime } from '#src/runtime.ts'
import { openRuntime } from '#src/runtime.ts'
import type { PairServer } from '#test/nodes/postgres-pair.fixture.ts'
import { startPostgresPair, until } from '#test/nodes/postgres-pair.fixture.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { parseStat } from './cpu-time.ts'
import { median } from './statistics.ts'

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '5' } },
})
const [rows, rounds] = [Number(values.rows), Number(values.rounds)]
const tenantId = 'bench'
const columns =
  'id code name email phone siret vat_number address_line1 postal_code city country_code is_active created_at updated_at'
const formats = ['csv', 'excel', 'jsonl'] as const

type Used = { primary: number; replica: number }
type Side = 'without' | 'with'

const pair = await startPostgresPair({ isSynchronous: false })
const runtimes: Runtime[] = []
try {
  process.env.TEST_DATABASE_URL = `postgresql://postgres@127.0.0.1:${pair.primary.port}/postgres`
  const database = await createTestDatabase()
  await queryAsOwner(database, 'insert into tenants (id, name) values ($1, $1)', [tenantId])
  await queryAsOwner(
    database,
    `insert into customers (tenant_id, id, code, name, email, siret, address_line1, postal_code, city, country_code)
     select $1, gen_random_uuid(), 'C' || lpad(n::text, 7, '0'), 'Société n° ' || n, 'contact' || n || '@example.com',
            lpad(n::text, 14, '0'), n % 200 || ' rue de la République', lpad((n % 95000)::text, 5, '0'), 'Lyon', 'FR'
       from generate_series(1, $2::int) n`,
    [tenantId, rows],
  )
  await pair.primary.query('vacuum (analyze, freeze) customers', database.name)
  await pair.primary.query('checkpoint')
  const open = async (databaseReplicaUrl: string | null) => {
    const config = {
      ...readConfig({}),
      databaseUrl: database.applicationUrl,
      databaseOwnerUrl: database.ownerUrl,
      databaseReplicaUrl,
      masterKeys: generateFernetKey(),
    }
    const silent = { debug() {}, info() {}, warn: console.warn, error: console.error }
    const runtime = await openRuntime(config, silent, { migrate: false })
    runtimes.push(runtime)
    return runtime
  }
  const sides: Record<Side, Runtime> = {
    without: await open(null),
    with: await open(`postgresql://127.0.0.1:${pair.replica.port}`),
  }
  // The sessions of both servers are there from the first round on; it is not counted.
  const table: Record<string, string>[] = []
  for (const format of formats) {
    const used: Record<Side, Used[]> = { without: [], with: [] }
    for (let round = 0; round <= rounds; round++) {
      for (const side of ['without', 'with'] as const) {
        const one = await measured(() => exported(sides[side], format))
        if (round > 0) used[side].push(one)
      }
    }
    const of = (side: Side, server: keyof Used) => median(used[side].map((one) => one[server]))
    const seconds = (value: number) => `${value.toFixed(2)} s`
    table.push({
      format,
      'primary, without': seconds(of('without', 'primary')),
      'primary, with': seconds(of('with', 'primary')),
      'taken off': `${Math.round(100 * (1 - of('with', 'primary') / of('without', 'primary')))} %`,
      'replica, without': seconds(of('without', 'replica')),
      'replica, with': seconds(of('with', 'replica')),
    })
  }
  console.log(`${rows} customers, ${rounds} rounds in turn, medians of processor time`)
  console.table(table)
} finally {
  for (const runtime of runtimes) await runtime.close()
  await pair.close()
}

/** As the worker does it, from the job to the file that is kept. */
async function exported({ services }: Runtime, format: (typeof formats)[number]): Promise<void> {
  const request = {
    entityType: 'customers',
    format,
    columns: columns.split(' '),
    filters: [],
    order: [],
    csv: { delimiter: ',', encoding: 'utf-8', decimalMark: '.' },
  }
  const id = `exp_${Date.now()}_${Math.random()}`
  await services.database.batch([
    { text: 'select enter_tenant($1)', values: [tenantId] },
    {
      text: `insert into exports (tenant_id, id, entity_type, format, request, requested_by, file_name, status, created_at)
             values ($1, $2, 'customers', $3, $4, '"bench"', 'bench', 'pending', now())`,
      values: [tenantId, id, format, JSON.stringify(request)],
    },
  ])
  const job = { tenantId, exportId: id }
  await runExport(services, job)
  const [, found] = await services.database.batch([
    { text: 'select enter_tenant($1)', values: [tenantId] },
    {
      text: 'select status, rows_written::integer from exports where tenant_id = $1 and id = $2',
      values: [tenantId, id],
    },
  ])
  const [row] = found?.rows ?? []
  if (row?.status !== 'ready' || row.rows_written !== rows) throw new Error(JSON.stringify(row))
}

/** What was written is replayed before the end, so that it is counted where it belongs. */
async function measured(work: () => Promise<void>): Promise<Used> {
  const before = { primary: cpuSecondsOf(pair.primary), replica: cpuSecondsOf(pair.replica) }
  await work()
  const [position] = await pair.primary.query<{ lsn: string }>('select pg_current_wal_flush_lsn()::text as lsn')
  await until('the replica has replayed it', async () => {
    const [row] = await pair.replica.query<{ there: boolean }>(
      `select pg_last_wal_replay_lsn() >= '${position?.lsn}' as there`,
    )
    return row?.there === true
  })
  return {
    primary: cpuSecondsOf(pair.primary) - before.primary,
    replica: cpuSecondsOf(pair.replica) - before.replica,
  }
}

/** All processes of a server, and those of them that have ended. */
function cpuSecondsOf(server: PairServer): number {
  const all = server.processes().flatMap((pid) => {
    try {
      return [parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))]
    } catch {
      // Ended between the list and the look: its parent has its time.
      return []
    }
  })
  return all.reduce((sum, one) => sum + one.own + one.ofEndedChildren, 0)
}
