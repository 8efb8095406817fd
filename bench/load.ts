/** The measuring side of the load generator, and contests: several contestants that take turns. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { cpuSecondsOf, cpuSecondsOfPostgres } from './cpu-time.ts'
import type { Measured } from './processes.ts'
import { median, spread } from './statistics.ts'

export type LoadRequest = { method?: string; path?: string; headers?: Record<string, string>; body?: string }

export type Load = {
  url: string
  connections: number
  seconds: number
  /** Sent in turn on every connection. */
  requests: readonly LoadRequest[]
  /** A new unique text in the place of every `[<id>]` of a body. */
  uniqueBodies?: boolean
}

export type LoadResult = {
  /** Successful ones. */
  answers: number
  /** Successful answers a second. */
  perSecond: number
  latencyMs: { p50: number; p99: number }
  /** Answers that were no success, and requests without an answer. */
  refused: number
  statuses: Record<string, number>
}

export type LoadGenerator = {
  /** @throws Error when an answer was not a success: what is refused is fast, and no figure */
  run(load: Load): Promise<LoadResult>
  stop(): void
}

export function startLoadGenerator(pinned: readonly string[]): LoadGenerator {
  const file = path.join(import.meta.dirname, 'load-generator.ts')
  const [program, ...args] = [...pinned, process.execPath, file]
  const child = spawn(program ?? process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const gone = once(child, 'exit').then(() => {
    throw new Error('the load generator ended')
  })
  // Its end is a failure only while somebody waits for a result.
  gone.catch(() => {})
  return {
    run: async (load) => {
      child.send(load)
      const [result] = (await Promise.race([once(child, 'message'), gone])) as [LoadResult]
      if (result.refused > 0) {
        throw new Error(`${load.url}: ${result.refused} requests failed, by status ${JSON.stringify(result.statuses)}`)
      }
      return result
    },
    stop: () => child.disconnect(),
  }
}

export type Contestant = {
  name: string
  server: Measured
  requests: readonly LoadRequest[]
  uniqueBodies?: boolean
}

/** CPU time for one answer, in microseconds: of the server's process, and of PostgreSQL. */
export type AnswerCost = { server: number; database: number }

export type Standing = {
  name: string
  perSecond: number
  spread: number
  /** In order; the same position of two contestants was measured side by side. */
  rounds: number[]
  latencyMs: { p50: number; p99: number }
  cost: AnswerCost
}

type Round = LoadResult & { cost: AnswerCost }

/** Enough for the compiler to have optimized the long paths too: ours costs twice as much in its first thousands of answers. */
const warmUpAnswers = 20_000
const mostWarmUpSeconds = 10

/** Warms everybody up, then lets the contestants take turns (A B C, A B C, ...) and gives the medians. */
export async function runContest(
  generator: LoadGenerator,
  contestants: readonly Contestant[],
  options: { seconds: number; rounds: number; connections: number; mostWarmUpSeconds?: number },
): Promise<Standing[]> {
  const play = async ({ name: _, server, ...load }: Contestant, seconds: number): Promise<Round> => {
    const before = { server: cpuSecondsOf(server.pid), database: cpuSecondsOfPostgres() }
    const result = await generator.run({ ...load, url: server.url, seconds, connections: options.connections })
    const microseconds = (spent: number) => (spent * 1e6) / result.answers
    return {
      ...result,
      cost: {
        server: microseconds(cpuSecondsOf(server.pid) - before.server),
        database: microseconds(cpuSecondsOfPostgres() - before.database),
      },
    }
  }
  for (const contestant of contestants) {
    let answers = 0
    const most = options.mostWarmUpSeconds ?? mostWarmUpSeconds
    for (let second = 0; second < most && answers < warmUpAnswers; second++) {
      answers += (await play(contestant, 1)).answers
    }
  }
  const results: Round[][] = contestants.map(() => [])
  for (let round = 0; round < options.rounds; round++) {
    for (const [i, contestant] of contestants.entries()) results[i]?.push(await play(contestant, options.seconds))
  }
  return contestants.map(({ name }, i) => standingOf(name, results[i] ?? []))
}

function standingOf(name: string, results: readonly Round[]): Standing {
  const rounds = results.map((one) => one.perSecond)
  const middle = (pick: (round: Round) => number) => median(results.map(pick))
  return {
    name,
    perSecond: median(rounds),
    spread: spread(rounds),
    rounds,
    latencyMs: { p50: middle((one) => one.latencyMs.p50), p99: middle((one) => one.latencyMs.p99) },
    cost: { server: middle((one) => one.cost.server), database: middle((one) => one.cost.database) },
  }
}
