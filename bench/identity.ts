/**
 * Measures identity in one run: node bench/identity.ts [--seconds N] [--rounds N] [--connections N]
 *   [--only sign-in,refresh,tokens,check,limits]
 * What the figures mean: docs/performance-identity.md.
 */
import os from 'node:os'
import { parseArgs } from 'node:util'
import { authenticate } from '#features/authentication/index.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { entranceOf } from '#platform/operations/actor.ts'
import { claimsOf, documentedRateLimits, highestRateLimit, RateLimits } from '#platform/rate-limits/index.ts'
import type { Caller, Rate } from './identity-load.ts'
import { runCallers, warmUp } from './identity-load.ts'
import type { IdentityStage, TokenFormat } from './identity-stage.ts'
import {
  jsonHeaders,
  openIdentityStage,
  password,
  post,
  rawPasswordRate,
  tokenFormats,
  tokenRequest,
} from './identity-stage.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '16' },
    only: { type: 'string', default: 'sign-in,refresh,tokens,check,limits' },
  },
})
const [seconds, rounds, connections] = [values.seconds, values.rounds, values.connections].map(Number) as [
  number,
  number,
  number,
]

type Line = {
  measurement: string
  figure: string
  peer?: string
  ratio?: number
  target?: string
  reached?: boolean
  /** CPU time of the peer for one answer as a fraction of ours: what the ratio would be on a machine without others. */
  'CPU ratio'?: number
}
/** Ours and the peer's, measured one after the other. */
type Pair = [Rate, Pick<Rate, 'perSecond' | 'cpuMs'>]

console.log(
  `${os.cpus().length} cores (${os.cpus()[0]?.model.trim()}), Node ${process.versions.node}, load ${os.loadavg()[0]?.toFixed(1)}; ` +
    `${connections} in flight, ${rounds} rounds of ${seconds} s in turn; server, PostgreSQL and load share the cores`,
)
const measurements: Record<string, (stage: IdentityStage) => Promise<Line | Line[]>> = {
  'sign-in': measureSignIn,
  refresh: measureRefresh,
  tokens: measureClientCredentials,
  check: measureTokenCheck,
  limits: measureLimits,
}
const stage = await openIdentityStage(connections * 4)
try {
  const lines: Line[] = []
  for (const [name, measure] of Object.entries(measurements)) {
    if (values.only.split(',').includes(name)) lines.push(...[await measure(stage)].flat())
  }
  console.table(lines)
} finally {
  await stage.close()
}

/** Each connection goes through users of its own: two sign-ins of one user follow one another. */
function signInCallers({ users }: IdentityStage): Caller[] {
  return Array.from({ length: connections }, (_, i) => {
    const own = users.filter((_user, number) => number % connections === i)
    let turn = 0
    return {
      next: () => ({
        path: '/api/token/',
        headers: jsonHeaders,
        body: JSON.stringify({ username: own[turn++ % own.length], password }),
      }),
    }
  })
}

async function measureSignIn(stage: IdentityStage): Promise<Line> {
  await warmUp(stage.ours, signInCallers(stage))
  const pairs: Pair[] = []
  for (let round = 0; round < rounds; round++) {
    const ours = await runCallers(stage.ours, signInCallers(stage), seconds)
    pairs.push([ours, await rawPasswordRate(connections, seconds)])
  }
  return compared('password sign-ins', pairs, 'argon2id alone', 0.8)
}

/** Each connection refreshes a session of its own, again and again. */
async function measureRefresh({ ours, users }: IdentityStage): Promise<Line> {
  const callers = await Promise.all(
    users.slice(0, connections).map(async (username): Promise<Caller> => {
      let { refresh } = await post<{ refresh: string }>(`${ours.url}/api/token/`, { username, password })
      return {
        next: () => ({
          path: '/api/v1/auth/refresh',
          headers: jsonHeaders,
          body: JSON.stringify({ refresh_token: refresh }),
        }),
        learn: (body) => {
          refresh = (JSON.parse(body) as { refresh_token: string }).refresh_token
        },
      }
    }),
  )
  await runCallers(ours, callers, 2)
  const rates: Rate[] = []
  for (let round = 0; round < rounds; round++) rates.push(await runCallers(ours, callers, seconds))
  return { measurement: 'refreshes', figure: describe(rates) }
}

/** In both formats; the peer's are of the same format and, where signed, of the same algorithm. */
async function measureClientCredentials(stage: IdentityStage): Promise<Line[]> {
  const lines: Line[] = []
  for (const format of tokenFormats) lines.push(await measureTokens(stage, format))
  return lines
}

async function measureTokens({ ours, peer }: IdentityStage, format: TokenFormat): Promise<Line> {
  const callers = (path: string): Caller[] =>
    Array.from({ length: connections }, () => ({ next: () => ({ path, ...tokenRequest(format) }) }))
  const contestants = [
    [ours, callers('/oauth2/token')],
    [peer, callers('/token')],
  ] as const
  for (const [server, all] of contestants) await warmUp(server, all)
  const pairs: Pair[] = []
  for (let round = 0; round < rounds; round++) {
    const own = await runCallers(ours, contestants[0][1], seconds)
    pairs.push([own, await runCallers(peer, contestants[1][1], seconds)])
  }
  return compared(`client-credentials tokens, ${format}`, pairs, 'bare oidc-provider, in memory', 0.7)
}

/** From the header to the actor for a token that the process has seen, and what the entrance adds to a statement. */
async function measureTokenCheck({ ours, users, runtime, analyze }: IdentityStage): Promise<Line[]> {
  await analyze()
  const { services } = runtime
  const presented = await Promise.all(
    users.slice(0, 16).map(async (username) => {
      const { access } = await post<{ access: string }>(`${ours.url}/api/token/`, { username, password })
      return { authorization: `Bearer ${access}`, apiKey: undefined }
    }),
  )
  const firstUs = await medianUs(presented.length, async (i) => {
    await authenticate(services, presented[i] as (typeof presented)[0])
  })
  const knownUs = await medianUs(50_000, async (i) => {
    await authenticate(services, presented[i % presented.length] as (typeof presented)[0])
  })
  const actor = await authenticate(services, presented[0] as (typeof presented)[0])
  const entrance = entranceOf(actor, { inactiveClientMay: false, withoutMfaMay: false, needsStepUp: false })
  if (!entrance) throw new Error('a user has an entrance')
  const statement = { text: 'select 1 as one', values: [] }
  const without: number[] = []
  const withIt: number[] = []
  for (let i = 0; i < 5_000; i++) {
    without.push(await tookUs(() => services.database.batch([statement])))
    withIt.push(await tookUs(() => services.database.batch([entrance, statement])))
  }
  const entranceUs = median(withIt.map((value, i) => value - (without[i] as number)))
  const us = (value: number) => `${value.toFixed(1)} us`
  return [
    { measurement: 'token check, in the process (known token)', figure: us(knownUs) },
    { measurement: 'token check, in the database (entrance)', figure: us(entranceUs) },
    {
      measurement: 'token check, both',
      figure: us(knownUs + entranceUs),
      target: '< 60 us',
      reached: knownUs + entranceUs < 60,
    },
    { measurement: 'token check, the first time in a process', figure: us(firstUs) },
  ]
}

/** What a request pays for its limits: counted in memory, and when a part of the quota is leased. */
async function measureLimits({ runtime }: IdentityStage): Promise<Line[]> {
  const { services, queueOptions } = runtime
  const options = { database: services.database, connection: queueOptions.connection, logger: services.logger }
  const plenty = { ...documentedRateLimits, user: highestRateLimit, tenant: highestRateLimit }
  const rateLimits = new RateLimits({ ...options, limits: plenty })
  const actorOf = (number: number): Actor => ({
    kind: 'api_key',
    tenantId: 'bench',
    apiKeyId: `key_${number}`,
    clientUid: `client_${number}`,
    permissions: new Set(),
  })
  try {
    const one = actorOf(0)
    const memoryUs = await medianUs(50_000, async () => {
      await rateLimits.take(claimsOf(one, '', undefined))
    })
    const leaseUs = await medianUs(2_000, async (i) => {
      await rateLimits.take(claimsOf(actorOf(i + 1), '', undefined))
    })
    return [
      { measurement: 'rate limit, counted in memory', figure: `${memoryUs.toFixed(1)} us` },
      { measurement: "rate limit, a caller's first request in a minute", figure: `${leaseUs.toFixed(0)} us` },
    ]
  } finally {
    await rateLimits.close()
  }
}

function compared(measurement: string, pairs: readonly Pair[], peer: string, atLeast: number): Line {
  const ratio = median(pairs.map(([ours, theirs]) => ours.perSecond / theirs.perSecond))
  const middle = (pick: (one: Pair[1]) => number) => median(pairs.map(([, theirs]) => pick(theirs))).toFixed(2)
  return {
    measurement,
    figure: describe(pairs.map(([ours]) => ours)),
    peer: `${peer}: ${middle((theirs) => theirs.perSecond)}/s, CPU ${middle((theirs) => theirs.cpuMs)} ms`,
    ratio: Math.round(ratio * 100) / 100,
    target: `>= ${atLeast}`,
    reached: ratio >= atLeast,
    'CPU ratio': Math.round(median(pairs.map(([ours, theirs]) => theirs.cpuMs / ours.cpuMs)) * 100) / 100,
  }
}

function describe(rates: readonly Rate[]): string {
  const middle = (pick: (rate: Rate) => number) => median(rates.map(pick)).toFixed(2)
  return `${middle((one) => one.perSecond)}/s (p50 ${middle((one) => one.p50Ms)} ms, p99 ${middle((one) => one.p99Ms)} ms, CPU ${middle((one) => one.cpuMs)} ms, of that PostgreSQL ${middle((one) => one.databaseMs)})`
}

async function medianUs(count: number, work: (i: number) => Promise<void>): Promise<number> {
  const took: number[] = []
  for (let i = 0; i < count; i++) took.push(await tookUs(() => work(i)))
  return median(took)
}

async function tookUs(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) * 1000
}

function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b)
  const [lower, upper] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]]
  if (lower === undefined || upper === undefined) throw new RangeError('the median of no values')
  return (lower + upper) / 2
}
