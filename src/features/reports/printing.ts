/** Figures in the template's layout, as they are printed (document.ts). Memory is bounded by what the layout may hold. */
import type { Builder, Dataset } from './builder.ts'
import type { PrintedBlock, PrintedChart, PrintedReport, PrintedTable } from './document.ts'
import type { Spoken } from './format-rules.ts'
import { formatValue, isNumeric, longDay, longMonth, shortDay } from './format-rules.ts'
import { monthOf } from './period-rules.ts'
import type { Figures } from './reading-store.ts'
import type { Block, DatasetColumn, ReportRequest, Row, TableBlock } from './schemas.ts'
import { phrases, pick, wordIn } from './words.ts'

/** Rows of a table for which the template says nothing. */
const usualTableRows = 500
/** Further slices of a pie are one. */
const mostSlices = 8

/** @param onBlock is told how many blocks are done, of how many */
export async function printReport(
  figures: Figures,
  { request, builder, now }: { request: ReportRequest; builder: Builder; now: Date },
  onBlock: (done: number, all: number) => Promise<void>,
): Promise<PrintedReport> {
  const { content, language, resolved } = request
  const { currency, timeZone } = resolved
  const spoken = { language, currency, timeZone }
  const wanted = content.blocks.filter((block) => block.type !== 'chart' || resolved.includeCharts)
  const blocks: PrintedBlock[] = []
  for (const block of wanted) {
    blocks.push(await printBlock(figures, block, { builder, spoken }))
    await onBlock(blocks.length, wanted.length)
  }
  const about = await figures.about(resolved.clientUid)
  const said = phrases[language]
  const details = [
    ...(hasMoney(content.blocks, builder) ? [said.currency(currency)] : []),
    ...(resolved.clientUid === null ? [] : [said.client(about.client ?? resolved.clientUid)]),
    ...(resolved.category === null ? [] : [said.category(wordIn(language, resolved.category))]),
  ]
  const made = `${formatValue('moment', now.toISOString(), spoken)} (${timeZone})`
  return {
    language,
    title: pick(content.name, language),
    tenant: about.tenant,
    period: periodText(resolved.from, resolved.to, spoken),
    details,
    made: said.generated(made),
    madeAt: Math.floor(now.getTime() / 1000),
    logo: about.logo as PrintedReport['logo'],
    words: { page: said.page, of: said.of },
    blocks,
  }
}

export function periodText(from: string, to: string, { language }: Pick<Spoken, 'language'>): string {
  const month = monthOf(from.slice(0, 7))
  if (month.from === from && month.to === to) return longMonth(from.slice(0, 7), language)
  if (from === to) return phrases[language].day(longDay(from, language))
  return phrases[language].period(longDay(from, language), longDay(to, language))
}

type Place = { builder: Builder; spoken: Spoken }

export function datasetOf(builder: Builder, id: string): Dataset {
  const dataset = Object.hasOwn(builder.datasets, id) ? builder.datasets[id] : undefined
  // Templates are checked before they are kept; a program of another version may know less.
  if (!dataset) throw new Error(`the builder ${builder.id} has no dataset ${id}`)
  return dataset
}

export function columnsOf(dataset: Dataset, ids: readonly string[] | undefined): readonly DatasetColumn[] {
  if (!ids) return dataset.columns
  return ids.flatMap((id) => dataset.columns.filter((column) => column.id === id))
}

export function shown({ id, kind }: DatasetColumn, row: Row, spoken: Spoken): string {
  const value = row[id] ?? null
  if (kind === 'word') return value === null ? '' : wordIn(spoken.language, String(value))
  if (kind === 'boolean') return value === null ? '' : phrases[spoken.language][value ? 'yes' : 'no']
  return formatValue(kind, value, spoken)
}

async function printBlock(figures: Figures, block: Block, place: Place): Promise<PrintedBlock> {
  const { builder, spoken } = place
  const { language } = spoken
  if (block.type === 'text') return { type: 'text', text: pick(block.text, language) }
  const dataset = datasetOf(builder, block.dataset)
  if (block.type === 'table') return printTable(figures, block, { dataset, spoken })
  const rows = await figures.rows(block.dataset, dataset)
  if (block.type === 'chart') {
    const title = pick(block.title, language) || dataset.label[language]
    return printChart(rows, { ...block, title }, { dataset, spoken })
  }
  const row = rows[0] ?? {}
  return {
    type: 'tiles',
    tiles: columnsOf(dataset, block.fields).map((column) => ({
      label: column.label[language],
      value: shown(column, row, spoken) || '–',
    })),
  }
}

type Shown = { dataset: Dataset; spoken: Spoken }

async function printTable(figures: Figures, block: TableBlock, { dataset, spoken }: Shown): Promise<PrintedTable> {
  const { language } = spoken
  const columns = columnsOf(dataset, block.columns)
  const most = block.max_rows ?? usualTableRows
  const rows: string[][] = []
  let hasMore = false
  for await (const group of figures.stream(block.dataset, dataset)) {
    for (const row of group.slice(0, most - rows.length)) rows.push(columns.map((column) => shown(column, row, spoken)))
    hasMore = rows.length === most
    if (hasMore) break
  }
  const all = !hasMore
    ? rows.length
    : dataset.isLong
      ? await figures.count(dataset)
      : (await figures.rows(block.dataset, dataset)).length
  const hasNames = columns.some(({ kind, isShort }) => kind === 'text' && !isShort)
  const number = (count: number) => formatValue('integer', count, spoken)
  const said = phrases[language]
  return {
    type: 'table',
    title: pick(block.title, language) || dataset.label[language],
    columns: columns.map(({ label, kind, isShort }, i) => ({
      label: label[language],
      align: isNumeric(kind) ? ('right' as const) : ('left' as const),
      // Tables are as wide as the page: where there are no names, the first column takes the room.
      wide: hasNames ? kind === 'text' && !isShort : i === 0,
    })),
    rows,
    note: all === 0 ? said.nothing : all > rows.length ? said.more(number(rows.length), number(all)) : '',
  }
}

type ChartWanted = Extract<Block, { type: 'chart' }> & { title: string }

function printChart(rows: readonly Row[], block: ChartWanted, { dataset, spoken }: Shown): PrintedChart {
  const { language } = spoken
  const [category] = columnsOf(dataset, [block.category])
  const values = columnsOf(dataset, block.values)
  const [first = ''] = block.values
  // Slices of nothing would only stand in the legend.
  const counted =
    block.chart === 'pie'
      ? withOthers(
          rows.filter((row) => Number(row[first] ?? 0) > 0),
          block,
          phrases[language].other,
        )
      : rows
  const categories = counted.map((row) => (category ? categoryText(category, row, spoken) : ''))
  const series = values.map((column) => ({
    name: column.label[language],
    values: counted.map((row) => Number(row[column.id] ?? 0)),
  }))
  const isEmpty = series.every((one) => one.values.every((value) => value === 0))
  const kind = values[0]?.kind
  return {
    type: 'chart',
    title: block.title,
    alternative: alternativeOf(block.title, { categories, series, isEmpty }, spoken),
    chart: block.chart,
    width: block.width ?? 'full',
    categories: isEmpty ? [] : categories,
    series: isEmpty ? [] : series,
    unit: kind === 'money' ? 'money' : kind === 'percent' ? 'percent' : 'count',
    currency: spoken.currency,
    nothing: phrases[language].nothing,
  }
}

function categoryText(column: DatasetColumn, row: Row, spoken: Spoken): string {
  const value = row[column.id]
  return column.kind === 'day' && value ? shortDay(String(value), spoken.language) : shown(column, row, spoken)
}

function withOthers(rows: readonly Row[], { category, values }: ChartWanted, other: string): readonly Row[] {
  if (rows.length <= mostSlices) return rows
  const rest = rows.slice(mostSlices - 1)
  const sums = values.map((id) => [id, rest.reduce((sum, row) => sum + Number(row[id] ?? 0), 0)])
  return [...rows.slice(0, mostSlices - 1), { ...Object.fromEntries(sums), [category]: other }]
}

type Drawn = { categories: readonly string[]; series: PrintedChart['series']; isEmpty: boolean }

/** The largest value of each series: the table beside a chart has the rest. */
function alternativeOf(title: string, { categories, series, isEmpty }: Drawn, spoken: Spoken): string {
  const said = phrases[spoken.language]
  if (isEmpty) return `${said.chartOf(title)}. ${said.nothing}`
  const peaks = series.map(({ name, values }) => {
    const peak = values.reduce((best, value, i) => (value > (values[best] ?? 0) ? i : best), 0)
    return `${name} : max. ${formatValue('decimal', values[peak] ?? 0, spoken)} (${categories[peak] ?? ''})`
  })
  return `${said.chartOf(title)}. ${peaks.join(' ; ')}.`
}

function hasMoney(blocks: readonly Block[], builder: Builder): boolean {
  return blocks.some((block) => {
    if (block.type === 'text') return false
    const ids = block.type === 'tiles' ? block.fields : block.type === 'chart' ? block.values : block.columns
    return columnsOf(datasetOf(builder, block.dataset), ids).some(({ kind }) => kind === 'money')
  })
}
