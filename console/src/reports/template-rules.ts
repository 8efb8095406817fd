/** What a template may be: the server's rules (features/reports: schemas.ts, requests.ts), told while one writes. A test compares both. */

export type Words = { fr?: string; en?: string }
/** One part of the report; what is none of the known kinds stays as it was written. */
export type Block = { type: string; [field: string]: unknown }
export type Dataset = {
  id: string
  label: Words
  for_tables_only: boolean
  columns: { id: string; kind: string; label: Words }[]
}
export type Draft = { name: Words; description: Words; parameters: Record<string, unknown>; blocks: Block[] }

export type FaultWord = 'needed' | 'unknown' | 'twice' | 'tooMany' | 'tooLong' | 'tablesOnly' | 'oneInPie' | 'rows'
/** place: such as blocks.0.dataset, as the server names it. */
export type Fault = { place: string; word: FaultWord }

export const blockTypes = ['tiles', 'chart', 'table', 'text'] as const
export type BlockType = (typeof blockTypes)[number]
export const chartKinds = ['bar', 'horizontal_bar', 'stacked_bar', 'line', 'pie'] as const
export const mostBlocks = 24
export const mostTableRows = 2000
/** How many columns fit into one. */
export const mostOf = { fields: 12, columns: 12, values: 4 } as const
export const longest = { title: 120, name: 120, description: 500, text: 2000 } as const

const numeric = ['integer', 'decimal', 'money', 'percent', 'score']
export const isNumeric = ({ kind }: { kind: string }) => numeric.includes(kind)

export const stringsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []

export function wordsOf(value: unknown): Words {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const words: Words = {}
  if (typeof given.fr === 'string') words.fr = given.fr
  if (typeof given.en === 'string') words.en = given.en
  return words
}

/** Without languages that say nothing; undefined: none says anything. */
export function said(words: Words): Words | undefined {
  const kept = Object.entries(words).filter(([, text]) => text.trim() !== '')
  return kept.length > 0 ? (Object.fromEntries(kept) as Words) : undefined
}

const isTooLong = (words: Words, most: number) => Object.values(words).some((text) => text.length > most)

export function faultsIn(draft: Draft, datasets: readonly Dataset[]): Fault[] {
  const faults: Fault[] = []
  if (!said(draft.name)) faults.push({ place: 'name', word: 'needed' })
  if (isTooLong(draft.name, longest.name)) faults.push({ place: 'name', word: 'tooLong' })
  if (isTooLong(draft.description, longest.description)) faults.push({ place: 'description', word: 'tooLong' })
  if (draft.blocks.length === 0) faults.push({ place: 'blocks', word: 'needed' })
  if (draft.blocks.length > mostBlocks) faults.push({ place: 'blocks', word: 'tooMany' })
  draft.blocks.forEach((block, at) => {
    for (const { place, word } of faultsOf(block, datasets)) faults.push({ place: `blocks.${at}.${place}`, word })
  })
  return faults
}

function faultsOf(block: Block, datasets: readonly Dataset[]): Fault[] {
  if (block.type === 'text') {
    const words = wordsOf(block.text)
    if (isTooLong(words, longest.text)) return [{ place: 'text', word: 'tooLong' }]
    return Object.keys(words).length > 0 ? [] : [{ place: 'text', word: 'needed' }]
  }
  if (!blockTypes.some((one) => one === block.type)) return [{ place: 'type', word: 'unknown' }]
  const title: Fault[] = isTooLong(wordsOf(block.title), longest.title) ? [{ place: 'title', word: 'tooLong' }] : []
  const dataset = datasets.find((one) => one.id === block.dataset)
  if (!dataset) return [...title, { place: 'dataset', word: block.dataset === undefined ? 'needed' : 'unknown' }]
  if (block.type === 'table') return [...title, ...tableFaults(block, dataset)]
  if (dataset.for_tables_only) return [...title, { place: 'dataset', word: 'tablesOnly' }]
  if (block.type === 'tiles') return columnFaults(block, 'fields', dataset.columns)
  return [...title, ...chartFaults(block, dataset)]
}

function tableFaults(block: Block, dataset: Dataset): Fault[] {
  const rows = block.max_rows
  const fits = rows === undefined || (Number.isInteger(rows) && Number(rows) >= 1 && Number(rows) <= mostTableRows)
  return [
    ...(block.columns === undefined ? [] : columnFaults(block, 'columns', dataset.columns)),
    ...(fits ? [] : [{ place: 'max_rows', word: 'rows' } as const]),
  ]
}

function chartFaults(block: Block, dataset: Dataset): Fault[] {
  const categories = dataset.columns.filter((one) => !isNumeric(one)).map((one) => one.id)
  const faults: Fault[] = []
  if (!chartKinds.some((one) => one === block.chart)) faults.push({ place: 'chart', word: 'unknown' })
  if (typeof block.category !== 'string') faults.push({ place: 'category', word: 'needed' })
  else if (!categories.includes(block.category)) faults.push({ place: 'category', word: 'unknown' })
  faults.push(...columnFaults(block, 'values', dataset.columns.filter(isNumeric)))
  if (block.chart === 'pie' && stringsOf(block.values).length > 1) faults.push({ place: 'values', word: 'oneInPie' })
  return faults
}

function columnFaults(block: Block, field: keyof typeof mostOf, columns: Dataset['columns']): Fault[] {
  const ids = stringsOf(block[field])
  if (ids.length === 0) return [{ place: field, word: 'needed' }]
  if (ids.length > mostOf[field]) return [{ place: field, word: 'tooMany' }]
  if (ids.some((id) => !columns.some((one) => one.id === id))) return [{ place: field, word: 'unknown' }]
  return new Set(ids).size === ids.length ? [] : [{ place: field, word: 'twice' }]
}

/** A part of this kind, about the first dataset that it can show. */
export function beginning(type: BlockType, datasets: readonly Dataset[]): Block {
  if (type === 'text') return { type, text: {} }
  if (type === 'table') return { type, dataset: datasets[0]?.id }
  const dataset = datasets.find((one) => canShow(type, one))
  if (type === 'tiles') return { type, dataset: dataset?.id, fields: stringsOf([dataset?.columns[0]?.id]) }
  return { type, chart: 'bar', dataset: dataset?.id, ...axesOf(dataset) }
}

export function canShow(type: string, dataset: Dataset): boolean {
  if (type === 'table') return true
  if (dataset.for_tables_only) return false
  return type === 'tiles' || (dataset.columns.some(isNumeric) && !dataset.columns.every(isNumeric))
}

function axesOf(dataset: Dataset | undefined): { category: string | undefined; values: string[] } {
  const values = stringsOf([dataset?.columns.find(isNumeric)?.id])
  return { category: dataset?.columns.find((one) => !isNumeric(one))?.id, values }
}

/** The part about another dataset: columns that it has as well stay. */
export function about(block: Block, dataset: Dataset): Block {
  const has = (id: string) => dataset.columns.some((one) => one.id === id)
  const next: Block = { ...block, dataset: dataset.id }
  if (block.type === 'tiles') {
    const fields = stringsOf(block.fields).filter(has)
    next.fields = fields.length > 0 ? fields : stringsOf([dataset.columns[0]?.id])
  } else if (block.type === 'table') {
    delete next.columns
  } else {
    const values = stringsOf(block.values).filter((id) =>
      dataset.columns.some((one) => one.id === id && isNumeric(one)),
    )
    const isCategory = dataset.columns.some((one) => one.id === block.category && !isNumeric(one))
    const axes = axesOf(dataset)
    next.values = values.length > 0 ? values : axes.values
    next.category = isCategory ? block.category : axes.category
  }
  return next
}
