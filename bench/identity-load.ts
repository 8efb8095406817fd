/** Closed loops: each connection sends its next request when the answer to the last one is there. */
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'undici'
import { cpuSecondsOf, cpuSecondsOfPostgres } from './identity-cpu.ts'

export type Asked = { path: string; headers: Record<string, string>; body: string }

/** What one connection does: its next request, and what it learns from the answer. */
export type Caller = { next(): Asked; learn?(body: string): void }

/** cpuMs: of server and PostgreSQL for one answer, beyond what they need at rest; databaseMs: the latter's part of it. */
export type Rate = { perSecond: number; p50Ms: number; p99Ms: number; cpuMs: number; databaseMs: number }

/** atRest: CPU seconds that server and PostgreSQL spend in a second without a request (jobs, housekeeping). */
export type Server = { url: string; pid: number; atRest: Spent }

type Spent = { server: number; database: number }

const spentBy = (pid: number): Spent => ({ server: cpuSecondsOf(pid), database: cpuSecondsOfPostgres() })

export async function measureRest(pid: number, seconds = 5): Promise<Spent> {
  // What the start and filling the tables have left behind is done first.
  await delay(10_000)
  const before = spentBy(pid)
  await delay(seconds * 1000)
  const after = spentBy(pid)
  return {
    server: (after.server - before.server) / seconds,
    database: (after.database - before.database) / seconds,
  }
}

/** What the compiler needs until a server is as fast as it gets. */
const warmUpAnswers = 20_000
const mostWarmUpSeconds = 20

export async function warmUp(server: Server, callers: readonly Caller[]): Promise<void> {
  const until = performance.now() + mostWarmUpSeconds * 1000
  for (let answers = 0; answers < warmUpAnswers && performance.now() < until; ) {
    answers += (await runCallers(server, callers, 1)).perSecond
  }
}

/** @throws Error for an answer that is no success: what is refused is fast, and no figure */
export async function runCallers(server: Server, callers: readonly Caller[], seconds: number): Promise<Rate> {
  const clients = callers.map(() => new Client(server.url, { pipelining: 1 }))
  const tookMs: number[] = []
  const before = spentBy(server.pid)
  const started = performance.now()
  const until = started + seconds * 1000
  try {
    await Promise.all(
      callers.map(async (caller, i) => {
        const client = clients[i] as Client
        while (performance.now() < until) {
          const { path, headers, body } = caller.next()
          const sent = performance.now()
          const answer = await client.request({ method: 'POST', path, headers, body })
          const text = await answer.body.text()
          if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${text.slice(0, 300)}`)
          tookMs.push(performance.now() - sent)
          caller.learn?.(text)
        }
      }),
    )
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
  const perSecond = (tookMs.length * 1000) / (performance.now() - started)
  const after = spentBy(server.pid)
  const lasted = tookMs.length / perSecond
  const msOf = (part: keyof Spent) =>
    ((after[part] - before[part] - server.atRest[part] * lasted) * 1000) / tookMs.length
  const databaseMs = msOf('database')
  const cpuMs = databaseMs + msOf('server')
  tookMs.sort((a, b) => a - b)
  const at = (share: number) => tookMs[Math.floor(tookMs.length * share)] ?? Number.NaN
  return { perSecond, p50Ms: at(0.5), p99Ms: at(0.99), cpuMs, databaseMs }
}
