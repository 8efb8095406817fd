import { parseArgs } from 'node:util'

export const measurements = ['get', 'post', 'list', 'signin', 'profiles', 'memory', 'start'] as const
export type Measurement = (typeof measurements)[number]

export type BenchOptions = {
  only: ReadonlySet<Measurement>
  /** Length of one round of one contestant, in seconds. */
  seconds: number
  rounds: number
  /** Requests in flight: one a connection. */
  connections: number
  /** How many clients the tenant has. */
  clients: number
  /** How long processes are left alone before their memory is read, in seconds. */
  idleSeconds: number
  /** shared: everything on the same two cores. split: servers on one, PostgreSQL and load generator on the other. */
  pin: 'shared' | 'split' | 'none'
  json: boolean
}

export const usage = `npm run bench -- [options]
  --only a,b        of ${measurements.join(', ')} (all)
  --seconds N       length of one round of one contestant (5)
  --rounds N        rounds, contestants taking turns (5)
  --connections N   requests in flight (16)
  --clients N       clients in the database (100000)
  --idle-seconds N  before memory is read (60)
  --pin HOW         shared: all on the same two cores; split: servers on one, PostgreSQL and load on the other; none (shared)
  --json            prints the result as JSON instead of a table`

/** A command line that cannot be followed; the message says what it takes. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** @throws UsageError */
export function parseOptions(args: readonly string[]): BenchOptions {
  const values = readFlags(args)
  return {
    only: parseOnly(values.only),
    seconds: wholeNumber('--seconds', values.seconds, 5),
    rounds: wholeNumber('--rounds', values.rounds, 5),
    connections: wholeNumber('--connections', values.connections, 16),
    clients: wholeNumber('--clients', values.clients, 100_000),
    idleSeconds: wholeNumber('--idle-seconds', values['idle-seconds'], 60),
    pin: parsePin(values.pin),
    json: values.json ?? false,
  }
}

function readFlags(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: text,
        seconds: text,
        rounds: text,
        connections: text,
        clients: text,
        'idle-seconds': text,
        pin: text,
        json: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error })
  }
}

function parseOnly(given: string | undefined): Set<Measurement> {
  if (given === undefined) return new Set(measurements)
  const wanted = given.split(',').map((word) => {
    const found = measurements.find((one) => one === word.trim())
    if (!found) throw new UsageError(`--only takes ${measurements.join(', ')}, not "${word}"`)
    return found
  })
  return new Set(wanted)
}

function parsePin(given: string | undefined): BenchOptions['pin'] {
  if (given === undefined) return 'shared'
  if (given === 'shared' || given === 'split' || given === 'none') return given
  throw new UsageError(`--pin takes shared, split or none, not "${given}"`)
}

function wholeNumber(flag: string, given: string | undefined, fallback: number): number {
  if (given === undefined) return fallback
  const value = Number(given)
  if (Number.isInteger(value) && value >= 1) return value
  throw new UsageError(`${flag} takes a whole number from 1 on, not "${given}"`)
}
