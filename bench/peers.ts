/**
 * Measures us beside Directus and better-auth in one run, on one PostgreSQL: node bench/peers.ts -- --help
 * What the figures mean: docs/performance-peers.md.
 */
import { spawnSync } from 'node:child_process'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import type { BetterAuth } from './peers-better-auth.ts'
import { startBetterAuth } from './peers-better-auth.ts'
import type { Directus } from './peers-directus.ts'
import { startDirectus } from './peers-directus.ts'
import { installPeer, peerVersions } from './peers-install.ts'
import type { Contender, PeerRow } from './peers-report.ts'
import { formatPeerTable } from './peers-report.ts'
import type { TransferField } from './peers-transfer.ts'
import { measureExport, measureImport } from './peers-transfer.ts'
import { measureWork, workNames } from './peers-work.ts'
import type { Measured } from './processes.ts'
import { repository } from './processes.ts'
import { saveResult } from './report.ts'
import type { Stage } from './stage.ts'
import { fillDatabase, openStage, password } from './stage.ts'
import { median } from './statistics.ts'

const all = [...workNames, 'import', 'export', 'rest'] as const
const usage = `npm run bench:peers -- [options]
  --only a,b             of ${all.join(', ')} (all); rest: start and idle memory
  --peers a,b            of directus, better-auth (both)
  --seconds N            length of one round of one contender (3)
  --rounds N             rounds, contenders taking turns (3)
  --warm-up N            most seconds of a contender's warm-up before each measurement (3)
  --connections N        requests in flight (16)
  --clients N            rows that are read and listed (100000)
  --rows N               of our import, and of every export (100000)
  --peer-rows N          of Directus' imports, which take minutes (20000)
  --idle-seconds N       before idle memory is read (15)
Peers are installed once, from the npm registry: CLIENTELE_PEERS_DIR, or clientele-peers in the temporary folder.`

const text = (fallback: string) => ({ type: 'string', default: fallback }) as const
const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    only: text(all.join(',')),
    peers: text('directus,better-auth'),
    seconds: text('3'),
    rounds: text('3'),
    'warm-up': text('3'),
    connections: text('16'),
    clients: text('100000'),
    rows: text('100000'),
    'peer-rows': text('20000'),
    'idle-seconds': text('15'),
  },
  allowPositionals: true,
})

if (values.help) console.log(usage)
else await main()

async function main(): Promise<void> {
  const only = new Set(values.only.split(','))
  const unknown = [...only].filter((one) => !all.some((known) => known === one))
  if (unknown.length > 0) throw new Error(`--only takes ${all.join(', ')}, not ${unknown.join(', ')}`)
  const wanted = new Set(values.peers.split(','))
  const folders = {
    directus: wanted.has('directus') ? await installPeer('directus') : null,
    betterAuth: wanted.has('better-auth') ? await installPeer('better-auth') : null,
  }
  const stage = await openStage({
    only: new Set(),
    seconds: Number(values.seconds),
    rounds: Number(values.rounds),
    connections: Number(values.connections),
    clients: Number(values.clients),
    idleSeconds: Number(values['idle-seconds']),
    pin: 'shared',
    json: false,
  })
  try {
    const rows = await measure(stage, folders, only)
    const result = { at: new Date().toISOString(), machine: describe(stage), options: values, rows }
    const file = saveResult(result)
    console.log(`${result.machine.join('\n')}\n\n${formatPeerTable(rows)}\n\nKept in ${file}`)
  } finally {
    await stage.close()
  }
}

type Folders = { directus: string | null; betterAuth: string | null }

async function measure(stage: Stage, folders: Folders, only: ReadonlySet<string>): Promise<PeerRow[]> {
  const serve = await stage.launchOurs('serve')
  await fillDatabase(stage)
  const directus = folders.directus ? await directusIn(stage, folders.directus, false) : null
  const directusTuned = folders.directus ? await directusIn(stage, folders.directus, true) : null
  const betterAuth = folders.betterAuth ? await betterAuthIn(stage, folders.betterAuth) : null
  const peers = { directus, directusTuned }
  const rows: PeerRow[] = []
  if (workNames.some((one) => only.has(one))) {
    const field = { stage, ours: serve, ...peers, betterAuth, warmUpSeconds: Number(values['warm-up']) }
    rows.push(...(await measureWork(field, only)))
  }
  await serve.stop()
  // Both sides one process that does it all, as who follows the README has it; serve and worker apart are for larger machines.
  const start = await stage.launchOurs('start')
  const transfer: TransferField = {
    ...{ ours: start, ...peers },
    database: stage.database.owner,
    rows: Number(values.rows),
    peerRows: Number(values['peer-rows']),
  }
  if (only.has('import')) rows.push(...(await measureImport(transfer)))
  if (only.has('export')) rows.push(...(await measureExport(transfer)))
  const running = [start, directus?.server, directusTuned?.server, betterAuth?.installed, betterAuth?.tuned]
  await Promise.all(running.map(async (one) => one?.stop()))
  if (only.has('rest')) rows.push(...(await measureRest(stage, { directus, directusTuned, betterAuth })))
  return rows
}

/** On the same server, as a superuser whom no policy binds. */
async function createDatabase(stage: Stage, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: stage.database.superuserUrl })
  await client.connect()
  try {
    await client.query(`drop database if exists ${name} with (force)`)
    await client.query(`create database ${name}`)
  } finally {
    await client.end()
  }
  const url = new URL(stage.database.superuserUrl)
  url.pathname = `/${name}`
  return url.toString()
}

async function directusIn(stage: Stage, folder: string, tuned: boolean): Promise<Directus> {
  process.stderr.write(`starting Directus${tuned ? ', tuned' : ''}\n`)
  const databaseUrl = await createDatabase(stage, tuned ? 'peer_directus_tuned' : 'peer_directus')
  const { directory, options } = stage
  return startDirectus({ folder, databaseUrl, password, rows: options.clients, tuned, directory })
}

async function betterAuthIn(stage: Stage, folder: string): Promise<BetterAuth> {
  process.stderr.write('starting better-auth\n')
  const databaseUrl = await createDatabase(stage, 'peer_better_auth')
  const logFile = (name: string) => path.join(stage.directory, `${name}.log`)
  return startBetterAuth({ folder, databaseUrl, password, users: 50, logFile })
}

/** New processes on the databases as they are by now: from the start to the first answer, and memory after some seconds without a request. */
async function measureRest(
  stage: Stage,
  peers: { directus: Directus | null; directusTuned: Directus | null; betterAuth: BetterAuth | null },
): Promise<PeerRow[]> {
  process.stderr.write('measuring: start and idle memory\n')
  const { directus, directusTuned, betterAuth } = peers
  const starts: [Contender, () => Promise<Measured>][] = [['ours', () => stage.launchOurs('start')]]
  if (directus) starts.push(['directus', directus.restart])
  if (directusTuned) starts.push(['directusTuned', directusTuned.restart])
  if (betterAuth) starts.push(['betterAuth', betterAuth.restart])
  const times: Partial<Record<Contender, number>> = {}
  const memory: Partial<Record<Contender, number>> = {}
  for (const [name, start] of starts) {
    const seconds: number[] = []
    for (let round = 0; round < stage.options.rounds; round++) {
      const started = await start()
      seconds.push(started.readyAfterMs / 1000)
      await started.stop()
    }
    times[name] = median(seconds)
    const server = await start()
    await delay(stage.options.idleSeconds * 1000)
    memory[name] = server.residentMegabytes()
    await server.stop()
  }
  return [
    { measurement: 'start, to the first answer', unit: 's', figures: times, against: 'directusTuned' },
    {
      measurement: 'idle memory (ours: start, worker included)',
      unit: 'MB',
      figures: memory,
      against: 'directusTuned',
    },
  ]
}

function describe({ options, cores }: Stage): string[] {
  const [cpu] = os.cpus()
  const told = spawnSync('git', ['describe', '--always', '--dirty'], { cwd: repository, encoding: 'utf8' })
  return [
    `${os.cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${Math.round(os.totalmem() / 1024 ** 3)} GiB, load ${os.loadavg()[0]?.toFixed(1)}; commit ${told.stdout?.trim()}`,
    `Node ${process.versions.node}, Directus ${peerVersions.directus}, better-auth ${peerVersions['better-auth']}, one embedded PostgreSQL, fsync on`,
    `${cores.description}; ${options.connections} connections, ${options.rounds} rounds of ${options.seconds} s in turn, ${options.clients} rows; in parentheses CPU time of server and PostgreSQL for one answer`,
  ]
}
