/**
 * One table over everything that is held against something: npm run bench:all -- [--kept]
 * Runs bench/run.ts and bench/peers.ts one after the other, some 20 minutes; with --kept only reads what they kept last.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { PeerRow } from './peers-report.ts'
import { contenders, ratioOf } from './peers-report.ts'
import { repository } from './processes.ts'
import type { Line } from './report.ts'
import { isMet } from './report.ts'

type Entry = {
  measurement: string
  ours: string
  peer: string
  ceiling: string
  ratio: string
  goal: string
  reached: string
}
type Kept = { at: string; lines?: Line[]; rows?: PeerRow[] }

const directory = path.join(repository, 'bench/results')

if (!process.argv.includes('--kept')) {
  for (const program of ['bench/run.ts', 'bench/peers.ts']) {
    const { status } = spawnSync(process.execPath, [program], { cwd: repository, stdio: 'inherit' })
    if (status !== 0) throw new Error(`${program} ended with ${status}`)
  }
}
const [own, peers] = [newest('lines'), newest('rows')]
console.log(`bench/run.ts of ${own?.at ?? 'never'}, bench/peers.ts of ${peers?.at ?? 'never'}\n`)
console.log(table([...(own?.lines ?? []).map(entryOfLine), ...(peers?.rows ?? []).map(entryOfRow)]))

/** Names begin with the time. */
function newest(content: 'lines' | 'rows'): Kept | null {
  const files = readdirSync(directory).filter((name) => name.endsWith('.json'))
  for (const name of files.sort().reverse()) {
    const kept = JSON.parse(readFileSync(path.join(directory, name), 'utf8')) as Kept
    if (kept[content]) return kept
  }
  return null
}

/** What no server with sign-in, audit and isolation can reach: the same statement prepared, the same answer without a database. */
const isCeiling = (name: string) => /prepared|no database/.test(name)

function entryOfLine(line: Line): Entry {
  const met = isMet(line)
  const against = line.peer ? `${line.peer.name}: ${figure(line.peer.value, line.unit)}` : ''
  const ceiling = line.peer !== undefined && isCeiling(line.peer.name)
  const goal = line.target ? ('atLeast' in line.target ? `>= ${line.target.atLeast}` : `<= ${line.target.atMost}`) : ''
  return {
    measurement: line.measurement,
    ours: figure(line.value, line.unit),
    peer: ceiling ? '' : against,
    ceiling: ceiling ? against : '',
    ratio: line.peer ? line.peer.ratio.toFixed(2) : '',
    goal,
    reached: met === null ? '' : met ? 'yes' : 'NO',
  }
}

function entryOfRow(row: PeerRow): Entry {
  const ratio = ratioOf(row)
  const peer = row.figures[row.against]
  return {
    measurement: row.measurement,
    ours: row.figures.ours === undefined ? '' : figure(row.figures.ours, row.unit),
    peer: peer === undefined ? '' : `${contenders[row.against]}: ${figure(peer, row.unit)}`,
    ceiling: '',
    ratio: Number.isFinite(ratio) ? ratio.toFixed(2) : '',
    goal: row.goal === undefined ? '' : `>= ${row.goal}`,
    reached: row.goal === undefined || !Number.isFinite(ratio) ? '' : ratio >= row.goal ? 'yes' : 'NO',
  }
}

function figure(value: number, unit: string): string {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0
  return unit === '/s' ? `${value.toFixed(digits)}/s` : `${value.toFixed(digits)} ${unit}`
}

function table(entries: readonly Entry[]): string {
  const columns = ['measurement', 'ours', 'peer', 'ceiling', 'ratio', 'goal', 'reached'] as const
  const rows = [columns, ...entries.map((entry) => columns.map((column) => entry[column]))]
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  const print = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [print(columns), rule, ...rows.slice(1).map(print)].join('\n')
}
