/** Lists that come in pages, each contract's in its own way, as one sequence. */
import { ClienteleError } from './errors.ts'

type Named = Record<string, unknown>
const isNamed = (value: unknown): value is Named => typeof value === 'object' && value !== null && !Array.isArray(value)

export type Query = Record<string, unknown>
export type Page<Item> = { items: Item[]; next: Query | null }

/**
 * What a page holds, and the query of the next one; null after the last.
 * @throws ClienteleError where the answer is no list
 */
export function readPage(answer: unknown, query: Query): Page<unknown> {
  const outer = isNamed(answer) ? answer : {}
  const list = isNamed(outer.data) ? outer.data : outer
  const items = Object.values(list).find((value) => Array.isArray(value)) as unknown[] | undefined
  if (items === undefined) throw new ClienteleError('the answer has no list')
  return { items, next: nextOf(list, items, query) }
}

function nextOf(list: Named, items: unknown[], query: Query): Query | null {
  const pointer = pointerIn(list, items)
  if (pointer)
    return pointer.value === null ? null : { ...without(query, 'page', 'offset'), [pointer.name]: pointer.value }
  if (items.length === 0) return null
  if (typeof list.page === 'number') {
    const hasMore = list.hasMore ?? list.page * Number(list.pageSize) < Number(list.total)
    return hasMore ? { ...query, page: list.page + 1 } : null
  }
  if (typeof list.pageNum === 'number') {
    return list.pageNum * Number(list.pageSize) < Number(list.total) ? { ...query, page: list.pageNum + 1 } : null
  }
  if (list.has_more === true) return { ...query, offset: Number(query.offset ?? 0) + items.length }
  return null
}

/** Where the answer names the place itself: it costs the same on every page, which a page's number does not. */
function pointerIn(list: Named, items: unknown[]): { name: string; value: unknown } | null {
  if ('next_cursor' in list) return { name: 'cursor', value: list.next_cursor }
  if ('next_after' in list) return { name: 'after', value: list.next_after }
  if ('next' in list) return { name: 'before', value: list.next }
  const last = items.at(-1)
  // Scorecards and suppressed addresses: the last one is the place.
  if ('hasMore' in list && !('page' in list)) {
    return { name: 'before', value: list.hasMore && isNamed(last) ? last.version : null }
  }
  if ('suppressions' in list) return { name: 'after', value: isNamed(last) ? last.address : null }
  return null
}

function without(query: Query, ...names: string[]): Query {
  return Object.fromEntries(Object.entries(query).filter(([name]) => !names.includes(name)))
}

/** Items one by one, with the next page asked for when it is needed; pages() gives them page by page. */
export class Items<Item> implements AsyncIterable<Item> {
  readonly #query: Query
  readonly #load: (query: Query) => Promise<unknown>

  constructor(query: Query, load: (query: Query) => Promise<unknown>) {
    this.#query = query
    this.#load = load
  }

  async *pages(): AsyncGenerator<Item[]> {
    let query: Query | null = this.#query
    while (query !== null) {
      const page: Page<unknown> = readPage(await this.#load(query), query)
      yield page.items as Item[]
      query = page.next
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for await (const page of this.pages()) yield* page
  }

  /** All of them, or the first ones. */
  async toArray(most = Number.POSITIVE_INFINITY): Promise<Item[]> {
    const all: Item[] = []
    for await (const page of this.pages()) {
      all.push(...page)
      if (all.length >= most) return all.slice(0, most)
    }
    return all
  }
}
