/**
 * A report as it is printed: texts only, every value in its final form. What makes the pdf and the html sees nothing else, so
 * nothing that somebody has written can become markup there.
 */
import type { ChartKind, Language } from './schemas.ts'

export type PrintedChart = {
  type: 'chart'
  title: string
  /** What it shows, for who cannot see it. */
  alternative: string
  chart: ChartKind
  width: 'full' | 'half'
  categories: string[]
  series: { name: string; values: number[] }[]
  /** Of the numbers along the axis. */
  unit: 'money' | 'percent' | 'count'
  currency: string
  nothing: string
}
export type PrintedTable = {
  type: 'table'
  title: string
  columns: { label: string; align: 'left' | 'right'; wide: boolean }[]
  rows: string[][]
  /** Below it: how many more there are, or that there are none. */
  note: string
}
export type PrintedTiles = { type: 'tiles'; tiles: { label: string; value: string }[] }
export type PrintedText = { type: 'text'; text: string }
export type PrintedBlock = PrintedChart | PrintedTable | PrintedTiles | PrintedText

export type PrintedReport = {
  language: Language
  title: string
  tenant: string
  period: string
  /** Further lines of the title: currency, client, category. */
  details: string[]
  made: string
  /** Epoch seconds, into the file's own description. */
  madeAt: number
  logo: { type: 'image/png' | 'image/jpeg'; base64: string } | null
  words: { page: string; of: string }
  blocks: PrintedBlock[]
}
