/** The table of bench/peers.ts: a row a measurement, a column a contender. */

export const contenders = {
  ours: 'ours',
  directus: 'Directus, as installed',
  directusTuned: 'Directus, tuned',
  betterAuth: 'better-auth, as installed',
  betterAuthTuned: 'better-auth, tuned',
} as const
export type Contender = keyof typeof contenders

export type PeerRow = {
  measurement: string
  unit: '/s' | 's' | 'MB' | 'ms'
  figures: Partial<Record<Contender, number>>
  /** CPU time of server and PostgreSQL for one answer, in microseconds. */
  cpuUs?: Partial<Record<Contender, number>>
  /** How many times better ours is than `against`: paired by rounds where there are some. */
  ratio?: number
  /** The contender that counts, and how many times better ours shall be. */
  against: Contender
  goal?: number
}

/** How many times better ours is: more a second, or less time or memory. */
export function ratioOf(row: PeerRow): number {
  if (row.ratio !== undefined) return row.ratio
  const [ours, theirs] = [row.figures.ours ?? Number.NaN, row.figures[row.against] ?? Number.NaN]
  return row.unit === '/s' ? ours / theirs : theirs / ours
}

/** The same of CPU time for one answer, which others on the machine hardly change; null where it is not measured. */
export function cpuRatioOf({ cpuUs, against }: PeerRow): number | null {
  const [ours, theirs] = [cpuUs?.ours, cpuUs?.[against]]
  return ours === undefined || theirs === undefined ? null : theirs / ours
}

const headings = [
  'measurement',
  ...Object.values(contenders),
  'times better than the tuned one',
  'in CPU time',
  'goal',
  'reached',
]

/** A Markdown table whose columns also line up on a terminal. */
export function formatPeerTable(rows: readonly PeerRow[]): string {
  const all = [headings, ...rows.map(cellsOf)]
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const print = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [print(headings), rule, ...all.slice(1).map(print)].join('\n')
}

function cellsOf(row: PeerRow): string[] {
  const ratio = ratioOf(row)
  const cpu = cpuRatioOf(row)
  return [
    row.measurement,
    ...(Object.keys(contenders) as Contender[]).map((one) => figureOf(row, one)),
    Number.isFinite(ratio) ? ratio.toFixed(1) : '',
    cpu !== null && Number.isFinite(cpu) ? cpu.toFixed(1) : '',
    row.goal === undefined ? '' : `>= ${row.goal}`,
    row.goal === undefined || !Number.isFinite(ratio) ? '' : ratio >= row.goal ? 'yes' : 'NO',
  ]
}

function figureOf({ figures, cpuUs, unit }: PeerRow, contender: Contender): string {
  const value = figures[contender]
  if (value === undefined) return ''
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0
  const cost = cpuUs?.[contender]
  const figure = unit === '/s' ? `${value.toFixed(digits)}/s` : `${value.toFixed(digits)} ${unit}`
  return cost === undefined || !Number.isFinite(cost) ? figure : `${figure} (${Math.round(cost)} us)`
}
