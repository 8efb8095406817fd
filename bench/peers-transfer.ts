/** Files of many rows in and out, ours and Directus' one after the other: how long, the highest memory, and what other requests feel. */
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { firstTenant } from '#src/bootstrap.ts'
import { jsonHeaders } from './identity-stage.ts'
import type { Directus } from './peers-directus.ts'
import type { Contender, PeerRow } from './peers-report.ts'
import type { Measured } from './processes.ts'
import { signIn } from './stage.ts'

export type TransferField = {
  /** `start`: server and worker in one process, as theirs is. */
  ours: Measured
  database: pg.ClientConfig
  directus: Directus | null
  directusTuned: Directus | null
  /** Of our import, and of all exports. */
  rows: number
  /** Of Directus' imports, which take minutes. */
  peerRows: number
}

type Figures = Partial<Record<Contender, number>>
/** slowestMs: of reads of one row, one after the other, while it ran. */
type Transfer = { seconds: number; peakMegabytes: number; slowestMs: number }

export async function measureImport(field: TransferField): Promise<PeerRow[]> {
  const [rates, memory]: [Figures, Figures] = [{}, {}]
  const own = await importOurs(field)
  rates.ours = field.rows / own.seconds
  memory.ours = own.peakMegabytes
  for (const [name, peer] of peersOf(field)) {
    process.stderr.write(`measuring: import, ${name}\n`)
    const done = await importInto(peer, field.peerRows)
    rates[name] = field.peerRows / done.seconds
    memory[name] = done.peakMegabytes
  }
  const what = `CSV import, ${field.rows} rows${field.peerRows === field.rows ? '' : ` (peers ${field.peerRows})`}`
  return [
    { measurement: `${what}: rows`, unit: '/s', figures: rates, against: 'directusTuned', goal: 60 },
    {
      measurement: `${what}: peak memory (ours: start, worker included)`,
      unit: 'MB',
      figures: memory,
      against: 'directusTuned',
      goal: 4,
    },
  ]
}

export async function measureExport(field: TransferField): Promise<PeerRow[]> {
  const [times, memory, slowest]: [Figures, Figures, Figures] = [{}, {}, {}]
  const take = (name: Contender, done: Transfer) => {
    times[name] = done.seconds
    memory[name] = done.peakMegabytes
    slowest[name] = done.slowestMs
  }
  take('ours', await exportOurs(field))
  for (const [name, peer] of peersOf(field)) take(name, await exportOf(peer, field.rows))
  const what = `CSV export, ${field.rows} rows`
  const row = (measurement: string, unit: PeerRow['unit'], figures: Figures): PeerRow => {
    return { measurement: `${what}: ${measurement}`, unit, figures, against: 'directusTuned' }
  }
  return [
    { ...row('until the file is here', 's', times), goal: 5 },
    row('peak memory (ours: start, worker included)', 'MB', memory),
    row('slowest read of one row beside it', 'ms', slowest),
  ]
}

function peersOf({ directus, directusTuned }: TransferField): ['directus' | 'directusTuned', Directus][] {
  const peers: ['directus' | 'directusTuned', Directus][] = []
  if (directus) peers.push(['directus', directus])
  if (directusTuned) peers.push(['directusTuned', directusTuned])
  return peers
}

const columns = ['code', 'name', 'email', 'siret', 'postal_code', 'city', 'country_code']
const csvLine = (n: number) =>
  `CLI${String(n).padStart(8, '0')},Client ${n} de la Société Générale d'Essais,client${n}@example.com,73282932000074,69001,Lyon,FR\n`

function csvFile(rows: number): Blob {
  const lines = Array.from({ length: rows }, (_, n) => csvLine(n)).join('')
  return new Blob([`${columns.join(',')}\n${lines}`], { type: 'text/csv' })
}

function formOf(rows: number): FormData {
  const form = new FormData()
  form.append('file', csvFile(rows), 'customers.csv')
  return form
}

async function measured({ pid }: Measured, work: () => Promise<void>): Promise<Omit<Transfer, 'slowestMs'>> {
  forgetPeak(pid)
  const started = performance.now()
  await work()
  const seconds = (performance.now() - started) / 1000
  return { seconds, peakMegabytes: peakMegabytes(pid) }
}

/** From here on the highest resident memory is counted anew (proc_pid_clear_refs(5)). */
function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function peakMegabytes(pid: number): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status names no VmHWM`)
  return (Number(kibibytes) * 1024) / 1e6
}

async function ask<T>(url: string, headers: Record<string, string>, body?: object): Promise<T> {
  const sent = body
    ? { method: 'POST', headers: { ...jsonHeaders, ...headers }, body: JSON.stringify(body) }
    : { headers }
  const answer = await fetch(url, sent)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text.slice(0, 500)}`)
  return JSON.parse(text) as T
}

/** Asks until the job has ended. */
async function ended(url: string, headers: Record<string, string>, states: readonly [running: string[], done: string]) {
  for (;;) {
    const job = await ask<{ status: string }>(url, headers)
    if (job.status === states[1]) return
    if (!states[0].includes(job.status)) throw new Error(JSON.stringify(job))
    await delay(20)
  }
}

async function importOurs({ ours, rows }: TransferField): Promise<Omit<Transfer, 'slowestMs'>> {
  const headers = { authorization: `Bearer ${await signIn(ours)}` }
  const body = formOf(rows)
  return measured(ours, async () => {
    const preview = await fetch(`${ours.url}/api/v1/import/preview`, { method: 'POST', headers, body })
    const { file_id } = (await preview.json()) as { file_id: string }
    const asked = { file_id, template_id: 'customer_import' }
    const { progress_url } = await ask<{ progress_url: string }>(`${ours.url}/api/v1/import/execute`, headers, asked)
    await ended(ours.url + progress_url, headers, [['processing'], 'completed'])
  })
}

async function importInto(peer: Directus, rows: number): Promise<Omit<Transfer, 'slowestMs'>> {
  const body = formOf(rows)
  return measured(peer.server, async () => {
    const { status, text } = await longRequest(`${peer.server.url}/utils/import/customers`, peer.headers, body)
    if (status >= 300) throw new Error(`import into Directus: ${status} ${text.slice(0, 500)}`)
  })
}

/** fetch gives up after five minutes without an answer; an import of Directus answers when it has ended. */
async function longRequest(url: string, headers: Record<string, string>, body: FormData) {
  const { Agent, fetch: patientFetch } = await import('undici')
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 })
  const encoded = new Response(body)
  const type = encoded.headers.get('content-type') ?? ''
  const answer = await patientFetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': type },
    body: Buffer.from(await encoded.arrayBuffer()),
    dispatcher,
  })
  const result = { status: answer.status, text: await answer.text() }
  await dispatcher.close()
  return result
}

/** Reads one row after another until the work is done. */
async function besides(url: string, headers: Record<string, string>, work: Promise<unknown>): Promise<number> {
  let [running, slowest] = [true, 0]
  const ending = work.finally(() => {
    running = false
  })
  while (running) {
    const started = performance.now()
    await (await fetch(url, { headers })).arrayBuffer()
    slowest = Math.max(slowest, performance.now() - started)
    await delay(5)
  }
  await ending
  return slowest
}

async function exportOurs({ ours, rows, database }: TransferField): Promise<Transfer> {
  await fill(database, rows, {
    text: 'delete from customers where tenant_id = $1',
    insert: `insert into customers (tenant_id, id, code, name, email, siret, postal_code, city, country_code)
     select $1, gen_random_uuid(), ${generated} from generate_series(1, $2::integer) n`,
    values: [firstTenant],
  })
  const headers = { authorization: `Bearer ${await signIn(ours)}` }
  let slowestMs = 0
  const wanted = { entity_type: 'customers', format: 'csv', columns: ['id', ...columns] }
  const taken = await measured(ours, async () => {
    const work = (async () => {
      const asked = await ask<{ export_id: string }>(`${ours.url}/api/v1/export`, headers, wanted)
      const address = `${ours.url}/api/v1/export/${asked.export_id}`
      await ended(address, headers, [['pending', 'running'], 'ready'])
      await download(`${address}/download`, headers, rows)
    })()
    slowestMs = await besides(`${ours.url}/api/v1/auth/me`, headers, work)
  })
  return { ...taken, slowestMs }
}

async function exportOf(peer: Directus, rows: number): Promise<Transfer> {
  await fill({ connectionString: peer.databaseUrl }, rows, {
    text: 'delete from customers where $1::text is not null',
    insert: `insert into customers (id, code, name, email, siret, postal_code, city, country_code)
     select gen_random_uuid(), ${generated} from generate_series(1, $2::integer) n where $1::text is not null`,
    values: [''],
  })
  let slowestMs = 0
  const taken = await measured(peer.server, async () => {
    const address = `${peer.server.url}/items/customers?export=csv&limit=-1`
    const one = `${peer.server.url}/items/clients/${peer.someIds[0]}`
    slowestMs = await besides(one, peer.headers, download(address, peer.headers, rows))
  })
  return { ...taken, slowestMs }
}

async function download(url: string, headers: Record<string, string>, rows: number): Promise<void> {
  const answer = await fetch(url, { headers: { ...headers, 'accept-encoding': 'identity' } })
  const text = await answer.text()
  const lines = text.trimEnd().split('\n').length
  if (!answer.ok || lines !== rows + 1) throw new Error(`${url}: ${answer.status}, ${lines} lines, not ${rows + 1}`)
}

const generated = `'CLI' || lpad(n::text, 8, '0'), 'Client ' || n || ' de la Société Générale d''Essais', 'client' || n || '@example.com',
            '73282932000074', '69001', 'Lyon', 'FR'`

async function fill(
  connection: pg.ClientConfig,
  rows: number,
  { text, insert, values }: { text: string; insert: string; values: string[] },
): Promise<void> {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    await client.query(text, values)
    await client.query(insert, [...values, rows])
    await client.query('vacuum analyze customers')
  } finally {
    await client.end()
  }
}
