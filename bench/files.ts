/**
 * Measures files in one run: node bench/files.ts [--seconds N] [--rounds N] [--in-flight N] [--megabytes N]
 * What the figures mean: docs/decisions/0012-files.md.
 */
import { randomBytes } from 'node:crypto'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { Agent, request } from 'undici'
import { formOf } from '#test/support/form.ts'
import { profileAttributes } from '#test/support/prepared-client.ts'
import { cpuSecondsOf, cpuSecondsOfPostgres } from './cpu-time.ts'
import { parseOptions } from './options.ts'
import type { Measured } from './processes.ts'
import { launch } from './processes.ts'
import { openStage, signIn } from './stage.ts'
import { median } from './statistics.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    'in-flight': { type: 'string', default: '2' },
    megabytes: { type: 'string', default: '8' },
  },
})
const [seconds, rounds, inFlight, megabytes] = [
  values.seconds,
  values.rounds,
  values['in-flight'],
  values.megabytes,
].map(Number) as [number, number, number, number]

/** So many documents does a profile take. */
const documentsOfProfile = 100
const dispatcher = new Agent({ connections: inFlight })
const content = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(megabytes * 1e6)])
const form = formOf({ attribute: 'bank_statement' }, { file: content })

type Figure = { megabytesPerSecond: number; cpuMsPerMegabyte: number }
type Contestant = { name: string; server: Measured; once: () => Promise<unknown> }

const stage = await openStage(parseOptions(['--pin', 'shared']))
try {
  await prepareTable()
  const ours = await stage.launchOurs('serve')
  const peer = await launch({
    command: ['bench/files-peer.ts'],
    env: { PEER_DATABASE_URL: stage.database.superuserUrl },
    readyPath: '/ready',
    logFile: path.join(stage.directory, 'files-peer.log'),
  })
  console.log(
    `${os.cpus().length} cores (${os.cpus()[0]?.model.trim()}), load ${os.loadavg()[0]?.toFixed(1)}; files of ${megabytes} MB, ` +
      `${inFlight} in flight, ${rounds} rounds of ${seconds} s in turn; server, PostgreSQL and load share the cores`,
  )
  const authorization = `Bearer ${await signIn(ours)}`
  const send = await documentSender(ours, authorization)
  const up = await compare(uploads(ours, peer, send))
  const down = await compare(await downloads(ours, peer, { authorization, pk: await send() }))
  console.table({ ...up, ...down })
} finally {
  await dispatcher.close()
  await stage.close()
}

async function prepareTable(): Promise<void> {
  const owner = new pg.Client({ connectionString: stage.database.superuserUrl })
  await owner.connect()
  await owner.query(`create table bench_chunks (file integer, number integer, content bytea, primary key (file, number));
    alter table bench_chunks alter column content set storage external`)
  await owner.end()
}

async function call<T>(url: string, options: Parameters<typeof request>[1]): Promise<T> {
  const answer = await request(url, { dispatcher, ...options } as never)
  const text = await answer.body.text()
  if (answer.statusCode >= 300) throw new Error(`${url}: ${answer.statusCode} ${text.slice(0, 500)}`)
  return JSON.parse(text) as T
}

/** Sends the file to the address again and again; each profile takes so many. */
async function documentSender({ url }: Measured, authorization: string): Promise<() => Promise<number>> {
  const post = (address: string, type: string, body: string | Buffer) =>
    call<{ data: { pk: number } }>(url + address, {
      method: 'POST',
      headers: { authorization, 'content-type': type },
      body,
    })
  const json = 'application/json'
  const named = await call<{ uid: string }>(`${url}/api/v1/clients`, {
    method: 'POST',
    headers: { authorization, 'content-type': json },
    body: JSON.stringify({ name: 'Sends documents' }),
  })
  const profile = JSON.stringify({ attributes: profileAttributes(), client_uid: named.uid })
  let sent = 0
  let address = Promise.resolve('')
  return async () => {
    if (sent++ % documentsOfProfile === 0) {
      address = post('/api/v1/profiles/', json, profile).then(({ data }) => `/api/v1/profiles/${data.pk}/documents/`)
    }
    return (await post(await address, form.type, form.body)).data.pk
  }
}

function uploads(ours: Measured, peer: Measured, send: () => Promise<number>): Contestant[] {
  const headers = { 'content-type': form.type }
  const toPeer = (way: string) => () => call(`${peer.url}/${way}`, { method: 'POST', headers, body: form.body })
  return [
    { name: 'upload', server: ours, once: send },
    { name: 'upload, peer: thrown away', server: peer, once: toPeer('null') },
    { name: 'upload, peer: plain rows', server: peer, once: toPeer('rows') },
  ]
}

async function downloads(
  ours: Measured,
  peer: Measured,
  { authorization, pk }: { authorization: string; pk: number },
): Promise<Contestant[]> {
  const { id } = await call<{ id: number }>(`${peer.url}/rows`, {
    method: 'POST',
    headers: { 'content-type': form.type },
    body: form.body,
  })
  const get = (address: string, headers: Record<string, string>) => async () => {
    const answer = await request(address, { dispatcher, headers })
    let size = 0
    for await (const bytes of answer.body) size += (bytes as Buffer).length
    if (size !== content.length) throw new Error(`${address}: ${answer.statusCode}, ${size} bytes`)
  }
  return [
    { name: 'download', server: ours, once: get(`${ours.url}/api/v1/documents/${pk}/content/`, { authorization }) },
    { name: 'download, peer: plain rows', server: peer, once: get(`${peer.url}/rows/${id}`, {}) },
  ]
}

async function compare(contestants: readonly Contestant[]): Promise<Record<string, object>> {
  for (const one of contestants) await measure(one, 1)
  const figures = new Map(contestants.map(({ name }) => [name, [] as Figure[]]))
  for (let round = 0; round < rounds; round++) {
    for (const one of contestants) figures.get(one.name)?.push(await measure(one, seconds))
  }
  const middle = (name: string, pick: (figure: Figure) => number) => median((figures.get(name) ?? []).map(pick))
  return Object.fromEntries(
    contestants.map(({ name }) => [
      name,
      {
        'MB/s': Math.round(middle(name, (one) => one.megabytesPerSecond)),
        'CPU ms per MB (server + PostgreSQL)': Number(middle(name, (one) => one.cpuMsPerMegabyte).toFixed(1)),
      },
    ]),
  )
}

async function measure({ server, once }: Contestant, forSeconds: number): Promise<Figure> {
  const cpu = () => cpuSecondsOf(server.pid) + cpuSecondsOfPostgres()
  const spentBefore = cpu()
  const started = performance.now()
  let count = 0
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() - started < forSeconds * 1000) {
        await once()
        count++
      }
    }),
  )
  const moved = (count * content.length) / 1e6
  return {
    megabytesPerSecond: (moved * 1000) / (performance.now() - started),
    cpuMsPerMegabyte: ((cpu() - spentBefore) * 1000) / moved,
  }
}
