/** The same requests to us and to the peers, in turn, by the same load generator. */
import pg from 'pg'
import { firstTenant } from '#src/bootstrap.ts'
import { jsonHeaders, registerClient, tokenRequest } from './identity-stage.ts'
import type { Contestant, LoadRequest, Standing } from './load.ts'
import { runContest } from './load.ts'
import type { BetterAuth } from './peers-better-auth.ts'
import type { Directus } from './peers-directus.ts'
import { directusEmail } from './peers-directus.ts'
import type { Contender, PeerRow } from './peers-report.ts'
import type { Measured } from './processes.ts'
import type { Stage } from './stage.ts'
import { password, signIn } from './stage.ts'
import { pairedRatio } from './statistics.ts'

export type Field = {
  stage: Stage
  ours: Measured
  directus: Directus | null
  directusTuned: Directus | null
  betterAuth: BetterAuth | null
  warmUpSeconds: number
}

type Entry = { server: Measured; requests: readonly LoadRequest[] }
type Work = {
  measurement: string
  goal: number
  against: 'directusTuned' | 'betterAuthTuned'
  /** A new text in the place of every `[<id>]`. */
  uniqueBodies?: boolean
  ours: readonly LoadRequest[]
  directus?: (peer: Directus) => readonly LoadRequest[]
  betterAuth?: (peer: BetterAuth) => readonly LoadRequest[]
}

export const workNames = [
  'read',
  'list',
  'deep-page',
  'session',
  'key',
  'token',
  'sign-in',
  'create',
  'update',
] as const
export type WorkName = (typeof workNames)[number]

const pageSize = 20
const users = 50
const newClient = JSON.stringify({ name: 'Made [<id>]', description: 'One of many, for measuring' })
const change = JSON.stringify({ description: 'Changed [<id>]' })

export async function measureWork(field: Field, only: ReadonlySet<string>): Promise<PeerRow[]> {
  const works = await prepareWork(field)
  const rows: PeerRow[] = []
  for (const name of workNames) {
    if (!only.has(name)) continue
    process.stderr.write(`measuring: ${name}\n`)
    rows.push(await compete(field, works[name]))
  }
  return rows
}

async function compete(field: Field, work: Work): Promise<PeerRow> {
  const { directus, directusTuned, betterAuth } = field
  const entries: [Contender, Entry][] = [['ours', { server: field.ours, requests: work.ours }]]
  const forDirectus = work.directus
  for (const [name, peer] of [
    ['directus', directus],
    ['directusTuned', directusTuned],
  ] as const) {
    if (peer && forDirectus) entries.push([name, { server: peer.server, requests: forDirectus(peer) }])
  }
  if (betterAuth && work.betterAuth) {
    const requests = work.betterAuth(betterAuth)
    entries.push(['betterAuth', { server: betterAuth.installed, requests }])
    entries.push(['betterAuthTuned', { server: betterAuth.tuned, requests }])
  }
  const contestants = entries.map(([name, entry]): Contestant => {
    return { name, ...entry, ...(work.uniqueBodies ? { uniqueBodies: true } : {}) }
  })
  const options = { ...field.stage.options, mostWarmUpSeconds: field.warmUpSeconds }
  const standings = await runContest(field.stage.generator, contestants, options)
  return rowOf(work, standings)
}

function rowOf({ measurement, goal, against }: Work, standings: readonly Standing[]): PeerRow {
  const of = (name: Contender) => standings.find((one) => one.name === name)
  const each = (pick: (standing: Standing) => number) =>
    Object.fromEntries(standings.map((one) => [one.name, pick(one)])) as Partial<Record<Contender, number>>
  const [ours, theirs] = [of('ours'), of(against)]
  return {
    measurement,
    unit: '/s',
    figures: each((one) => one.perSecond),
    cpuUs: each((one) => one.cost.server + one.cost.database),
    ...(ours && theirs ? { ratio: pairedRatio(ours.rounds, theirs.rounds) } : {}),
    against,
    goal,
  }
}

async function prepareWork(field: Field): Promise<Record<WorkName, Work>> {
  const { stage, ours } = field
  const token = await signIn(ours)
  const headers = { authorization: `Bearer ${token}` }
  const writing = { ...jsonHeaders, ...headers }
  const deepPage = Math.ceil(stage.options.clients / pageSize / 2)
  const each = (prefix: string, ids: readonly string[], more: LoadRequest) =>
    ids.map((id): LoadRequest => ({ ...more, path: prefix + id }))
  const directusPage = (peer: Directus, page: number) => [
    { path: `/items/clients?limit=${pageSize}&sort=-date_created&page=${page}`, headers: peer.headers },
  ]
  const ourPage = (page: number) => [{ path: `/api/v1/clients?page=${page}&pageSize=${pageSize}`, headers }]
  await makeUsers(stage)
  await registerClient(ours.url, password, 'reference')
  const apiKey = await createKey(ours, headers)
  const against = { directusTuned: 'directusTuned', betterAuthTuned: 'betterAuthTuned' } as const
  return {
    read: {
      measurement: 'read one of many',
      goal: 7,
      against: against.directusTuned,
      ours: each('/api/v1/clients/', stage.someUids, { headers }),
      directus: (peer) => each('/items/clients/', peer.someIds, { headers: peer.headers }),
    },
    list: {
      measurement: 'list, first page, newest first (ours with the total)',
      goal: 7,
      against: against.directusTuned,
      ours: ourPage(1),
      directus: (peer) => directusPage(peer, 1),
    },
    'deep-page': {
      measurement: `list, page ${deepPage}`,
      goal: 20,
      against: against.directusTuned,
      ours: ourPage(deepPage),
      directus: (peer) => directusPage(peer, deepPage),
    },
    session: {
      measurement: 'session check',
      goal: 8,
      against: against.betterAuthTuned,
      ours: [{ path: '/api/v1/auth/me', headers }],
      betterAuth: (peer) => peer.sessionChecks,
    },
    key: {
      measurement: 'API-key check',
      goal: 8,
      against: against.betterAuthTuned,
      ours: [{ path: '/api/v1/clients/me', headers: { 'x-api-key': apiKey } }],
      betterAuth: (peer) => peer.keyChecks,
    },
    token: {
      measurement: 'client-credentials token, opaque, in the database',
      goal: 5,
      against: against.betterAuthTuned,
      ours: [{ method: 'POST', path: '/oauth2/token', ...tokenRequest('reference') }],
      betterAuth: (peer) => peer.tokens,
    },
    'sign-in': {
      measurement: 'sign-in (argon2id; better-auth: scrypt)',
      goal: 4,
      against: against.directusTuned,
      ours: Array.from({ length: users }, (_, i) => ({
        method: 'POST',
        path: '/api/token/',
        headers: jsonHeaders,
        body: JSON.stringify({ username: `bench${i + 1}@example.com`, password }),
      })),
      directus: () => [
        {
          method: 'POST',
          path: '/auth/login',
          headers: jsonHeaders,
          body: JSON.stringify({ email: directusEmail, password }),
        },
      ],
      betterAuth: (peer) => peer.signIns,
    },
    create: {
      measurement: 'create, audited',
      goal: 7,
      against: against.directusTuned,
      uniqueBodies: true,
      ours: [{ method: 'POST', path: '/api/v1/clients', headers: writing, body: newClient }],
      directus: ({ headers: own }) => [
        { method: 'POST', path: '/items/clients', headers: { ...jsonHeaders, ...own }, body: newClient },
      ],
    },
    update: {
      measurement: 'update, audited',
      goal: 7,
      against: against.directusTuned,
      uniqueBodies: true,
      ours: each('/api/v1/clients/', stage.someUids, { method: 'PATCH', headers: writing, body: change }),
      directus: ({ headers: own, someIds }) =>
        each('/items/clients/', someIds, { method: 'PATCH', headers: { ...jsonHeaders, ...own }, body: change }),
    },
  }
}

/** So that sign-ins do not end one another's sessions. */
async function makeUsers(stage: Stage): Promise<void> {
  const owner = new pg.Client(stage.database.owner)
  await owner.connect()
  await owner.query(
    `insert into users (tenant_id, id, email, email_key, display_name, password_hash, roles)
     select u.tenant_id, 'user_bench' || n, 'bench' || n || '@example.com', 'bench' || n || '@example.com', 'Bench', u.password_hash, u.roles
       from users u, generate_series(1, $2::integer) n where u.tenant_id = $1 and u.email_key = 'admin@example.com'`,
    [firstTenant, users],
  )
  await owner.end()
}

async function createKey(ours: Measured, headers: Record<string, string>): Promise<string> {
  const answer = await fetch(`${ours.url}/api/v1/clients/`, {
    method: 'POST',
    headers: { ...jsonHeaders, ...headers },
    body: JSON.stringify({ name: `With a key, ${Date.now()}` }),
  })
  if (answer.status !== 201) throw new Error(`creation: ${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { data: { api_key: string } }).data.api_key
}
