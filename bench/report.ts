/** What a run gives: lines of figures, printed as one table and kept as JSON. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export type Unit = '/s' | 'MB' | 's'

/** One figure, what it is held against, and the target. */
export type Line = {
  measurement: string
  value: number
  unit: Unit
  /** Another figure of the same run, in the same unit. */
  peer?: { name: string; value: number; ratio: number }
  /** On the ratio where there is a peer, else on the value. Absent: for information. */
  target?: { atLeast: number } | { atMost: number }
  /** Largest difference between rounds, as a fraction of the median. */
  spread?: number
  /** CPU time for one answer, in microseconds. */
  cost?: { server: number; database: number }
}

/** Whether the target was reached; null where there is none. */
export function isMet(line: Line): boolean | null {
  const reached = line.peer ? line.peer.ratio : line.value
  if (!line.target) return null
  return 'atLeast' in line.target ? reached >= line.target.atLeast : reached <= line.target.atMost
}

const headings = [
  'measurement',
  'figure',
  'compared with',
  'its figure',
  'ratio',
  'target',
  'reached',
  'spread',
  'CPU us: server + PostgreSQL',
]

/** A Markdown table whose columns also line up on a terminal. */
export function formatTable(lines: readonly Line[]): string {
  const rows = [headings, ...lines.map(cellsOf)]
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const print = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [print(headings), rule, ...rows.slice(1).map(print)].join('\n')
}

function cellsOf(line: Line): string[] {
  const met = isMet(line)
  return [
    line.measurement,
    formatValue(line.value, line.unit),
    line.peer?.name ?? '',
    line.peer ? formatValue(line.peer.value, line.unit) : '',
    line.peer ? line.peer.ratio.toFixed(2) : '',
    formatTarget(line),
    met === null ? '' : met ? 'yes' : 'NO',
    line.spread === undefined ? '' : `${Math.round(line.spread * 100)} %`,
    line.cost ? `${line.cost.server.toFixed(0)} + ${line.cost.database.toFixed(0)}` : '',
  ]
}

function formatTarget({ target, peer, unit }: Line): string {
  if (!target) return ''
  const [word, limit] = 'atLeast' in target ? ['>=', target.atLeast] : ['<=', target.atMost]
  return `${word} ${peer ? limit : formatValue(limit, unit)}`
}

function formatValue(value: number, unit: Unit): string {
  const digits = unit === 's' ? 2 : value < 100 ? 1 : 0
  return unit === '/s' ? `${value.toFixed(digits)}/s` : `${value.toFixed(digits)} ${unit}`
}

/** Keeps a run in bench/results. @returns the path of the file */
export function saveResult(result: { at: string }): string {
  const directory = path.join(import.meta.dirname, 'results')
  mkdirSync(directory, { recursive: true })
  const file = path.join(directory, `${result.at.replaceAll(':', '-')}.json`)
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
  return file
}
