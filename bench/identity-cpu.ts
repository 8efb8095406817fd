/** CPU time from /proc (Linux): what an answer costs, whoever else uses the machine. */
import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = 100

/** A line of /proc/<pid>/stat (proc_pid_stat(5)). The name may hold blanks and parentheses. */
function readStat(pid: string): { pid: number; name: string; parent: number; seconds: number } | null {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const end = line.lastIndexOf(')')
    const fields = line
      .slice(end + 2)
      .split(' ')
      .map(Number)
    // utime (field 14) and stime (15), and those of ended children (16, 17); the fields begin with the third.
    const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + (fields[i] ?? 0), 0)
    return {
      pid: Number(pid),
      name: line.slice(line.indexOf('(') + 1, end),
      parent: fields[1] ?? 0,
      seconds: ticks / ticksPerSecond,
    }
  } catch {
    return null // ended between the list and the look
  }
}

/** CPU seconds that the process has used, with its ended children. */
export function cpuSecondsOf(pid: number): number {
  return readStat(String(pid))?.seconds ?? 0
}

/** CPU seconds of every postgres below this process, ended backends included. */
export function cpuSecondsOfPostgres(): number {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readStat(pid) ?? [])
  const mine = new Set([process.pid])
  for (let before = 0; before !== mine.size; ) {
    before = mine.size
    for (const one of all) if (mine.has(one.parent)) mine.add(one.pid)
  }
  return all.filter((one) => one.name === 'postgres' && mine.has(one.pid)).reduce((sum, one) => sum + one.seconds, 0)
}
