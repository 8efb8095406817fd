/**
 * Measures our server beside bare Fastify servers, in one run on one PostgreSQL: npm run bench -- --help
 * What the figures mean: docs/performance.md.
 */
import { spawnSync } from 'node:child_process'
import os from 'node:os'
import type { Standing } from './load.ts'
import type { BenchOptions } from './options.ts'
import { parseOptions, UsageError, usage } from './options.ts'
import { repository } from './processes.ts'
import { measureMemory, measureStart } from './processes-at-rest.ts'
import { measureProfiles } from './profiles.ts'
import type { Line } from './report.ts'
import { formatTable, saveResult } from './report.ts'
import type { Stage } from './stage.ts'
import { fillDatabase, openStage } from './stage.ts'
import { measureGet, measureList, measurePost, measureSignIn } from './throughput.ts'

const args = process.argv.slice(2)
if (args.includes('--help')) console.log(usage)
else await main()

async function main(): Promise<void> {
  try {
    await bench(parseOptions(args))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    process.exitCode = 2
  }
}

async function bench(options: BenchOptions): Promise<void> {
  const stage = await openStage(options)
  try {
    const machine = describeMachine(stage)
    const loadBefore = os.loadavg()[0] ?? 0
    const { lines, standings } = await measure(stage)
    const result = {
      at: new Date().toISOString(),
      machine,
      loadBefore,
      options: { ...options, only: [...options.only] },
      lines,
      standings,
    }
    const file = saveResult(result)
    if (options.json) console.log(JSON.stringify(result, null, 2))
    else console.log(`${machine.join('\n')}\n\n${formatTable(lines)}\n\nKept in ${file}`)
  } finally {
    await stage.close()
  }
}

async function measure(stage: Stage): Promise<{ lines: Line[]; standings: Standing[] }> {
  const { only } = stage.options
  const lines: Line[] = []
  const standings: Standing[] = []
  const server = await stage.launchOurs('serve')
  await fillDatabase(stage)
  // In this order: what is written by POST would make the list longer, and sign-ins end older sessions.
  const contests = [
    ['list', measureList],
    ['get', measureGet],
    ['post', measurePost],
    ['signin', measureSignIn],
    ['profiles', measureProfiles],
  ] as const
  for (const [name, run] of contests) {
    if (!only.has(name)) continue
    tell(name)
    const outcome = await run(stage, server)
    lines.push(...outcome.lines)
    standings.push(...outcome.standings)
  }
  if (standings.length > 0) {
    lines.push({ measurement: 'memory of serve right after all that', value: server.residentMegabytes(), unit: 'MB' })
  }
  await server.stop()
  for (const [name, run] of [
    ['start', measureStart],
    ['memory', measureMemory],
  ] as const) {
    if (!only.has(name)) continue
    tell(name)
    lines.push(...(await run(stage)))
  }
  return { lines, standings }
}

/** Progress is no result: it does not go where --json goes. */
function tell(name: string): void {
  process.stderr.write(`measuring: ${name}\n`)
}

function describeMachine({ options, cores }: Stage): string[] {
  const [cpu] = os.cpus()
  return [
    `${os.cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${Math.round(os.totalmem() / 1024 ** 3)} GiB, ${os.type()} ${os.release()}`,
    `Node ${process.versions.node}, embedded PostgreSQL, fsync on; commit ${commit()}`,
    `${cores.description}; ${options.connections} connections, ${options.rounds} rounds of ${options.seconds} s in turn, ${options.clients} clients`,
  ]
}

/** With what was not committed yet; a copy without git has no commit to name. */
function commit(): string {
  const told = spawnSync('git', ['describe', '--always', '--dirty'], { cwd: repository, encoding: 'utf8' })
  return told.status === 0 ? told.stdout.trim() : 'unknown'
}
