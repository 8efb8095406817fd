/**
 * What a request costs as data grows: node bench/growth.ts [--most-rows 1000000] [--most-tenants 20000] [--requests 400] [--plots FOLDER]
 * Processor time of server and PostgreSQL for one answer, one request at a time, at 10^3 to 10^6 clients in the tenant; then beside 1 to 20,000
 * other tenants with 100 clients each. What the curves say: docs/performance-growth.md.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { newUuids } from '#kernel/ids.ts'
import { firstTenant } from '#src/bootstrap.ts'
import { cpuSecondsOf, cpuSecondsOfPostgres } from './cpu-time.ts'
import { jsonHeaders } from './identity-stage.ts'
import { plot } from './plot.ts'
import type { Measured } from './processes.ts'
import { saveResult } from './report.ts'
import { openStage, signIn } from './stage.ts'

const { values } = parseArgs({
  options: {
    'most-rows': { type: 'string', default: '1000000' },
    'most-tenants': { type: 'string', default: '20000' },
    requests: { type: 'string', default: '400' },
    plots: { type: 'string' },
  },
})
const rowSteps = [1_000, 10_000, 100_000, 1_000_000].filter((step) => step <= Number(values['most-rows']))
const tenantSteps = [1, 10, 1_000, 20_000].filter((step) => step <= Number(values['most-tenants']))
const requests = Number(values.requests)
const clientsOfATenant = 100

type Costs = Record<string, number>
type Operation = (number: number) => { path: string; init?: RequestInit }

const stage = await openStage({
  ...{ only: new Set<never>(), seconds: 1, rounds: 1, connections: 1, clients: 0, idleSeconds: 1 },
  ...{ pin: 'shared', json: false },
})
const owner = new pg.Client(stage.database.owner)
const superuser = new pg.Client({ connectionString: stage.database.superuserUrl })
await Promise.all([owner.connect(), superuser.connect()])
try {
  const server = await stage.launchOurs('serve')
  const headers = { authorization: `Bearer ${await signIn(server)}` }
  const uids: string[] = []
  const apiKey = await createKey(server, headers)
  // Until the compiler has seen every path.
  await addClients(rowSteps[0] ?? 0, uids)
  for (let i = 0; i < 3; i++) await measure(server, operations({ headers, apiKey }, uids))
  const byRows: Costs[] = []
  for (const step of rowSteps) {
    await addClients(step - uids.length, uids)
    byRows.push(await measure(server, operations({ headers, apiKey }, uids)))
    process.stderr.write(`${step} clients\n`)
  }
  const byTenants: Costs[] = []
  let tenants = 0
  for (const step of tenantSteps) {
    await addTenants(tenants, step)
    tenants = step
    byTenants.push(await measure(server, operations({ headers, apiKey }, uids)))
    process.stderr.write(`${step} other tenants\n`)
  }
  console.log('CPU us of server and PostgreSQL for one answer')
  for (const [what, steps, costs] of [
    ['clients of the tenant', rowSteps, byRows],
    ['other tenants', tenantSteps, byTenants],
  ] as const) {
    console.table(Object.fromEntries(steps.map((step, i) => [`${step} ${what}`, costs[i]])))
  }
  console.log(
    `Kept in ${saveResult({ at: new Date().toISOString(), ...{ rowSteps, byRows, tenantSteps, byTenants } })}`,
  )
  if (values.plots) {
    draw(path.join(values.plots, 'growth-rows.svg'), rowSteps, byRows)
    draw(path.join(values.plots, 'growth-tenants.svg'), tenantSteps, byTenants)
  }
} finally {
  await Promise.all([owner.end(), superuser.end()])
  await stage.close()
}

async function addClients(count: number, uids: string[]): Promise<void> {
  for (let done = 0; done < count; done += 10_000) {
    const ids = newUuids(Math.min(10_000, count - done))
    await owner.query(
      `insert into clients (tenant_id, id, name, description)
       select $1, id, 'Client ' || ($2 + number), 'One of many' from unnest($3::uuid[]) with ordinality as new (id, number)`,
      [firstTenant, uids.length, ids],
    )
    uids.push(...ids)
  }
  await superuser.query('vacuum analyze')
}

async function addTenants(from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += 1_000) {
    const last = Math.min(to, first + 1_000)
    await owner.query(
      `with made as (insert into tenants (id, name) select 'grown_' || n, 'Grown ' || n from generate_series($1::integer + 1, $2::integer) n returning id)
       select count(*) from made`,
      [first, last],
    )
    await owner.query(
      `insert into clients (tenant_id, id, name)
       select 'grown_' || t, gen_random_uuid(), 'Client ' || n from generate_series($1::integer + 1, $2::integer) t, generate_series(1, $3::integer) n`,
      [first, last, clientsOfATenant],
    )
  }
  await superuser.query('vacuum analyze')
}

type Credentials = { headers: Record<string, string>; apiKey: string }

function operations({ headers, apiKey }: Credentials, uids: readonly string[]): Record<string, Operation> {
  const writing = { ...jsonHeaders, ...headers }
  const any = (number: number) => uids[(number * 7919) % uids.length]
  const run = Date.now()
  return {
    'read one': (number) => ({ path: `/api/v1/clients/${any(number)}`, init: { headers } }),
    'list, first page': () => ({ path: '/api/v1/clients?pageSize=20', init: { headers } }),
    'list, middle page': () => ({
      path: `/api/v1/clients?pageSize=20&page=${Math.ceil(uids.length / 40)}`,
      init: { headers },
    }),
    'session check': () => ({ path: '/api/v1/auth/me', init: { headers } }),
    'API-key check': () => ({ path: '/api/v1/clients/me', init: { headers: { 'x-api-key': apiKey } } }),
    'audit log, first page': () => ({ path: '/api/v1/audit/events?limit=20', init: { headers } }),
    'audit log of one client': (number) => ({
      path: `/api/v1/audit/events?limit=20&target_type=client&target_id=${any(number)}`,
      init: { headers },
    }),
    create: (number) => ({
      path: '/api/v1/clients',
      init: { method: 'POST', headers: writing, body: JSON.stringify({ name: `Grown ${run} ${number}` }) },
    }),
    update: (number) => ({
      path: `/api/v1/clients/${any(number)}`,
      init: { method: 'PATCH', headers: writing, body: JSON.stringify({ description: `${run} ${number}` }) },
    }),
  }
}

async function createKey(server: Measured, headers: Record<string, string>): Promise<string> {
  const answer = await fetch(`${server.url}/api/v1/clients/`, {
    method: 'POST',
    headers: { ...jsonHeaders, ...headers },
    body: JSON.stringify({ name: 'With a key' }),
  })
  if (answer.status !== 201) throw new Error(`creation: ${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { data: { api_key: string } }).data.api_key
}

async function measure(server: Measured, all: Record<string, Operation>): Promise<Costs> {
  const ask = async ({ path: address, init }: ReturnType<Operation>) => {
    const answer = await fetch(server.url + address, init)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${address}: ${answer.status} ${text.slice(0, 200)}`)
  }
  const costs: Costs = {}
  for (const [name, operation] of Object.entries(all)) {
    const spent = () => cpuSecondsOf(server.pid) + cpuSecondsOfPostgres()
    for (let number = 0; number < requests / 4; number++) await ask(operation(1e6 + number))
    const before = spent()
    for (let number = 0; number < requests; number++) await ask(operation(number))
    costs[name] = Math.round(((spent() - before) * 1e6) / requests)
  }
  return costs
}

function draw(file: string, xs: readonly number[], costs: readonly Costs[]): void {
  const chart = (title: string, names: readonly string[]) => {
    const curves = names.map((name) => ({ name, values: costs.map((one) => one[name] ?? 0) }))
    return { title, unit: 'CPU us for one answer', curves }
  }
  const charts = [
    chart('short reads', ['read one', 'session check', 'API-key check']),
    chart('lists', ['list, first page', 'audit log, first page', 'audit log of one client']),
    chart('a list from the middle', ['list, middle page']),
    chart('audited writes', ['create', 'update']),
  ]
  writeFileSync(file, plot(charts, { xs, unit: '', logarithmic: true }))
}
