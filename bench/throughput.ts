/** Answers a second: our server and its peers in turn. */
import pg from 'pg'
import { firstTenant } from '#src/bootstrap.ts'
import type { Contestant, LoadRequest, Standing } from './load.ts'
import { runContest } from './load.ts'
import type { Measured } from './processes.ts'
import type { Line } from './report.ts'
import type { Stage } from './stage.ts'
import { password, signIn } from './stage.ts'
import { pairedRatio } from './statistics.ts'

export type Outcome = { lines: Line[]; standings: Standing[] }

/** GET of one client: row level security, permission, revocation checks and logging on. */
export async function measureGet(stage: Stage, server: Measured): Promise<Outcome> {
  const token = await signIn(server)
  const { apiKey } = await createClientWithKey(server, token)
  const headers = { authorization: `Bearer ${token}` }
  const sample = await fetch(`${server.url}/api/v1/clients/${stage.someUids[0]}`, { headers })
  const bare = await stage.launchPeer('json', { PEER_BODY: await sample.text() })
  const select = await stage.launchPeer('select')
  const paths = (prefix: string, more: LoadRequest = {}) =>
    stage.someUids.map((uid) => ({ ...more, path: prefix + uid }))
  const { lines, standings } = await compete(stage, [
    { name: 'GET a client, JWT', server, requests: paths('/api/v1/clients/', { headers }) },
    {
      name: 'GET the own client, API key',
      server,
      requests: [{ path: '/api/v1/clients/me', headers: { 'x-api-key': apiKey } }],
    },
    { name: 'Fastify, same select, pool.query', server: select, requests: paths('/plain/') },
    { name: 'Fastify, same select, prepared', server: select, requests: paths('/prepared/') },
    { name: 'Fastify, same JSON, no database', server: bare, requests: [{ path: '/json' }] },
  ])
  await Promise.all([bare.stop(), select.stop()])
  const [jwt, key, plain, prepared, json] = standings as [Standing, Standing, Standing, Standing, Standing]
  return {
    standings,
    lines: [
      { ...lineOf(jwt, plain), target: { atLeast: 0.8 } },
      lineOf(jwt, prepared),
      { ...lineOf(jwt, json), target: { atLeast: 0.3 } },
      lineOf(key, plain),
      ...lines.slice(2),
    ],
  }
}

/** POST of a client: row, count of rows, audit event and domain event in one durable transaction. */
export async function measurePost(stage: Stage, server: Measured): Promise<Outcome> {
  const token = await signIn(server)
  const insert = await stage.launchPeer('insert')
  const body = JSON.stringify({ name: 'Made [<id>]', description: 'One of many, for measuring' })
  const post = (path: string, headers: Record<string, string> = {}): LoadRequest[] => [
    { method: 'POST', path, headers: { 'content-type': 'application/json', ...headers }, body },
  ]
  const { lines, standings } = await compete(stage, [
    {
      name: 'POST a client, audited',
      server,
      requests: post('/api/v1/clients', { authorization: `Bearer ${token}` }),
      uniqueBodies: true,
    },
    { name: 'Fastify, one insert, pool.query', server: insert, requests: post('/plain'), uniqueBodies: true },
    { name: 'Fastify, one insert, prepared', server: insert, requests: post('/prepared'), uniqueBodies: true },
  ])
  await insert.stop()
  const [ours, plain, prepared] = standings as [Standing, Standing, Standing]
  return {
    standings,
    lines: [{ ...lineOf(ours, plain), target: { atLeast: 0.6 } }, lineOf(ours, prepared), ...lines.slice(1)],
  }
}

const pageSize = 20

/** Pages of a long list. The ratio is of throughputs, first page by this one: how many times dearer this one is. */
export async function measureList(stage: Stage, server: Measured): Promise<Outcome> {
  const headers = { authorization: `Bearer ${await signIn(server)}` }
  const answer = await fetch(`${server.url}/api/v1/clients?pageSize=${pageSize}`, { headers })
  const { total } = (await answer.json()) as { total: number }
  const lastPage = Math.ceil(total / pageSize)
  const page = (name: string, number: number): Contestant => ({
    name: `list, ${name} of ${total} clients`,
    server,
    requests: [{ path: `/api/v1/clients?page=${number}&pageSize=${pageSize}`, headers }],
  })
  const { lines, standings } = await compete(stage, [
    page('page 1', 1),
    page('middle page', Math.ceil(lastPage / 2)),
    page('last page', lastPage),
  ])
  const [first, middle, last] = standings as [Standing, Standing, Standing]
  const against = (standing: Standing): Line => ({
    ...lineOf(standing, first),
    peer: { name: 'page 1 (times dearer)', value: first.perSecond, ratio: pairedRatio(first.rounds, standing.rounds) },
  })
  return {
    standings,
    lines: [...lines.slice(0, 1), against(middle), { ...against(last), target: { atMost: 2 } }],
  }
}

const users = 50

/** Sign-ins of many users with the right password: argon2id dominates, on purpose. */
export async function measureSignIn(stage: Stage, server: Measured): Promise<Outcome> {
  const owner = new pg.Client(stage.database.owner)
  await owner.connect()
  await owner.query(
    `insert into users (tenant_id, id, email, email_key, display_name, password_hash, roles)
     select u.tenant_id, 'user_bench' || n, 'bench' || n || '@example.com', 'bench' || n || '@example.com', 'Bench', u.password_hash, u.roles
       from users u, generate_series(1, $2::integer) n where u.tenant_id = $1 and u.email_key = 'admin@example.com'`,
    [firstTenant, users],
  )
  await owner.end()
  const requests = Array.from({ length: users }, (_, i) => ({
    method: 'POST',
    path: '/api/token/',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: `bench${i + 1}@example.com`, password }),
  }))
  return compete(stage, [{ name: 'sign-in (argon2id)', server, requests }])
}

async function compete(stage: Stage, contestants: readonly Contestant[]): Promise<Outcome> {
  const standings = await runContest(stage.generator, contestants, stage.options)
  return { standings, lines: standings.map((standing) => lineOf(standing)) }
}

export function lineOf(standing: Standing, peer?: Standing): Line {
  return {
    measurement: standing.name,
    value: standing.perSecond,
    unit: '/s',
    spread: standing.spread,
    cost: standing.cost,
    ...(peer
      ? { peer: { name: peer.name, value: peer.perSecond, ratio: pairedRatio(standing.rounds, peer.rounds) } }
      : {}),
  }
}

async function createClientWithKey(server: Measured, token: string): Promise<{ apiKey: string }> {
  const answer = await fetch(`${server.url}/api/v1/clients/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ name: `With a key, ${Date.now()}` }),
  })
  if (answer.status !== 201) throw new Error(`creation: ${answer.status} ${await answer.text()}`)
  const { data } = (await answer.json()) as { data: { api_key: string } }
  return { apiKey: data.api_key }
}
