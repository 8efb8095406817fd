/** Which cores the processes of a run may use: the same for every contestant, and said in the result. */
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import type { BenchOptions } from './options.ts'

export type Cores = {
  /** What was done, for the result. */
  description: string
  /** Put before a server's command line. */
  forServers: readonly string[]
  /** Put before the load generator's command line. */
  forLoad: readonly string[]
}

/** Of util-linux. */
const taskset = 'taskset'

/**
 * Restricts this process, and with it the PostgreSQL that it starts later, and says how to start the others.
 * On a machine with more than two cores only the first two are used, so that figures of two machines can be compared.
 */
export function pinCores(pin: BenchOptions['pin']): Cores {
  const nothing = { forServers: [], forLoad: [] }
  if (pin === 'none') return { description: 'nothing pinned', ...nothing }
  if (!hasTaskset()) return { description: 'nothing pinned: there is no taskset', ...nothing }
  const last = Math.min(availableParallelism(), 2) - 1
  if (pin === 'split' && last > 0) {
    restrictThisProcess('1')
    return {
      description: 'servers on core 0; PostgreSQL and load generator on core 1',
      forServers: [taskset, '-c', '0'],
      forLoad: [taskset, '-c', '1'],
    }
  }
  restrictThisProcess(`0-${last}`)
  return { description: `servers, PostgreSQL and load generator on the same cores 0-${last}`, ...nothing }
}

function hasTaskset(): boolean {
  return spawnSync(taskset, ['--version']).status === 0
}

/** All threads; children inherit it. */
function restrictThisProcess(cores: string): void {
  const done = spawnSync(taskset, ['-a', '-c', '-p', cores, String(process.pid)], { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`taskset refused the cores ${cores}: ${done.stderr.trim()}`)
}
