/**
 * CPU time from /proc (Linux): what an answer costs, whoever else uses the machine. Throughput falls when others work on
 * the same cores; this hardly moves.
 */
import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = 100

type Process = { pid: number; name: string; parent: number; own: number; ofEndedChildren: number }

/** A line of /proc/<pid>/stat (proc_pid_stat(5)); times in seconds. The name may hold blanks and parentheses. */
export function parseStat(line: string): Process {
  const end = line.lastIndexOf(')')
  const start = line.indexOf('(')
  // From field 3 on: state, ppid, ..., utime (14), stime (15), cutime (16), cstime (17).
  const fields = line.slice(end + 2).split(' ')
  const seconds = (field: number) => Number(fields[field - 3]) / ticksPerSecond
  return {
    pid: Number(line.slice(0, start)),
    name: line.slice(start + 1, end),
    parent: Number(fields[1]),
    own: seconds(14) + seconds(15),
    ofEndedChildren: seconds(16) + seconds(17),
  }
}

/** CPU seconds that a process has used, all threads. */
export function cpuSecondsOf(pid: number): number {
  return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).own
}

/** CPU seconds of the PostgreSQL that this process has started: postmaster, all backends, and those that have ended. */
export function cpuSecondsOfPostgres(): number {
  const all = processes()
  const mine = new Set([process.pid])
  // Parents are older and mostly have lower ids; a few rounds find the others too.
  for (let found = -1; found !== mine.size; ) {
    found = mine.size
    for (const one of all) if (mine.has(one.parent)) mine.add(one.pid)
  }
  return all
    .filter((one) => one.name === 'postgres' && mine.has(one.pid))
    .reduce((sum, one) => sum + one.own + one.ofEndedChildren, 0)
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))]
      } catch {
        // Ended between the list and the look.
        return []
      }
    })
}
