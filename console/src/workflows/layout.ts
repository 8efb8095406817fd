/** Where a definition's steps and ways are drawn: from above to below, and as few ways as possible across one another. */
import type { Action, Definition, Exit } from './definition.ts'
import { exitsOf } from './definition.ts'

export const node = { width: 200, height: 68 }
const [gapX, gapY, margin] = [24, 64, 14]
/** A way past other steps needs no more than this of their row. */
const passWidth = 28
const stub = 34

export type Spot = { x: number; y: number }
export type Way = {
  from: string
  exit: Exit
  /** The id of a step, "end" or "fail". */
  to: string
  /** From the step's lower edge, past others, to the next one's upper edge. */
  points: Spot[]
}
export type Layout = { width: number; height: number; spots: Map<string, Spot>; ways: Way[] }

/** One place of a row: a step, or a way that goes past. */
type Place = { id: string; width: number; wants: number; x: number }
type Link = { from: string; exit: Exit; to: string; index: number; passes: string[] }

const centre = (place: Place) => place.x + place.width / 2

/** Each step's row: below all that lead to it. Those that nothing leads to have none. */
export function rowsOf(definition: Definition): Map<string, number> {
  const rows = new Map<string, number>()
  const visit = (id: string, row: number, way: readonly string[]): void => {
    const action = definition.actions.find((one) => one.id === id)
    // A loop is refused by the server; here it must only not hang.
    if (!action || way.includes(id) || (rows.get(id) ?? -1) >= row) return
    rows.set(id, row)
    for (const { to } of exitsOf(definition, action)) visit(to, row + 1, [...way, id])
  }
  const [first] = definition.actions
  if (first) visit(first.id, 0, [])
  return rows
}

export function layOut(definition: Definition): Layout {
  const rows = rowsOf(definition)
  const actions = definition.actions.filter(({ id }) => rows.has(id))
  const links = actions.flatMap((action) => linksOf(definition, action, rows))
  const places = arrange(actions, links, rows)
  const widths = places.map((row) => row.reduce((sum, one) => sum + one.width + gapX, -gapX))
  const widest = Math.max(node.width, ...widths)
  const at = new Map(places.flatMap((row) => row.map((one) => [one.id, one] as const)))
  const top = (row: number) => margin + row * (node.height + gapY)
  const spots = new Map(actions.map(({ id }) => [id, { x: at.get(id)?.x ?? 0, y: top(rows.get(id) ?? 0) }]))
  return {
    width: widest + 2 * margin,
    height: Math.max(1, places.length) * (node.height + gapY) + 2 * margin,
    spots,
    ways: waysOf(links, at, { rows, top }),
  }
}

function linksOf(definition: Definition, action: Action, rows: ReadonlyMap<string, number>): Link[] {
  const row = rows.get(action.id) ?? 0
  return exitsOf(definition, action).map(({ exit, to }, index) => {
    const between = Math.max(0, (rows.get(to) ?? 0) - row - 1)
    const passes = Array.from({ length: between }, (_, step) => `${action.id}.${exit}.${row + 1 + step}`)
    return { from: action.id, exit, to, index, passes }
  })
}

/** Steps and passing ways of each row, from left to right: each as near as it can be to what leads to it. */
function arrange(actions: readonly Action[], links: readonly Link[], rows: ReadonlyMap<string, number>): Place[][] {
  const places: Place[][] = []
  for (const { id } of actions) {
    const row = rows.get(id) ?? 0
    places[row] = [...(places[row] ?? []), { id, width: node.width, wants: 0, x: 0 }]
  }
  for (const { from, passes } of links) {
    passes.forEach((id, step) => {
      places[(rows.get(from) ?? 0) + 1 + step]?.push({ id, width: passWidth, wants: 0, x: 0 })
    })
  }
  const widest = Math.max(...places.map((row) => row.reduce((sum, one) => sum + one.width + gapX, -gapX)), node.width)
  const known = new Map(places.flatMap((row) => row.map((one) => [one.id, one] as const)))
  for (const row of places) {
    for (const one of row) one.wants = wanted(one.id, links, known)
    row.sort((one, other) => one.wants - other.wants)
    const used = row.reduce((sum, one) => sum + one.width + gapX, -gapX)
    let x = margin + (widest - used) / 2
    for (const one of row) {
      one.x = x
      x += one.width + gapX
    }
  }
  return places
}

/** The middle of where its ways come from, the exits of a step being beside one another. */
function wanted(id: string, links: readonly Link[], known: ReadonlyMap<string, Place>): number {
  const sources = links.flatMap(({ from, to, index, passes }) => {
    const chain = [from, ...passes, to]
    const step = chain.indexOf(id)
    const source = known.get(chain[step - 1] ?? '')
    if (step < 1 || !source) return []
    return [centre(source) + (step === 1 ? index * 4 : 0)]
  })
  return sources.length === 0 ? 0 : sources.reduce((sum, one) => sum + one, 0) / sources.length
}

type Rows = { rows: ReadonlyMap<string, number>; top: (row: number) => number }

function waysOf(links: readonly Link[], at: ReadonlyMap<string, Place>, { rows, top }: Rows): Way[] {
  const next = ({ passes, to, from }: Link) => at.get(passes[0] ?? to) ?? at.get(from)
  const last = ({ passes, from }: Link) => at.get(passes.at(-1) ?? from)
  return links.flatMap((link) => {
    const source = at.get(link.from)
    if (!source) return []
    // A way that ends beneath its step stands between those to the left and those to the right.
    const beside = inOrder(
      links.filter((one) => one.from === link.from),
      (one) => centre(next(one) ?? source),
    )
    const start = {
      x: source.x + (node.width * (beside.indexOf(link) + 0.5)) / beside.length,
      y: top(rows.get(link.from) ?? 0) + node.height,
    }
    const target = at.get(link.to)
    if (!target) return [{ ...link, points: [start, { x: start.x, y: start.y + stub }] }]
    const row = rows.get(link.from) ?? 0
    const passed = link.passes.flatMap((id, step) => {
      const place = at.get(id)
      const y = top(row + 1 + step)
      return place
        ? [
            { x: centre(place), y },
            { x: centre(place), y: y + node.height },
          ]
        : []
    })
    const arriving = inOrder(
      links.filter((one) => one.to === link.to),
      (one) => startOf(one, last(one)),
    )
    const apart = Math.min(28, (node.width - 40) / arriving.length)
    const most = node.width / 2 - 24
    const from = passed.at(-1) ?? start
    // One alone comes from its own side: the ends of others beneath the same step stay free.
    const alone = Math.max(-most, Math.min(most, (from.x - centre(target)) / 2))
    const among = (arriving.indexOf(link) - (arriving.length - 1) / 2) * apart
    const end = {
      x: centre(target) + (arriving.length === 1 ? alone : among),
      y: top(rows.get(link.to) ?? 0) - 2,
    }
    return [{ ...link, points: [start, ...passed, end] }]
  })
}

const startOf = ({ passes, index }: Link, place: Place | undefined) =>
  (place ? centre(place) : 0) + (passes.length === 0 ? index * 4 : 0)

const inOrder = (links: readonly Link[], key: (link: Link) => number) =>
  [...links].sort((one, other) => key(one) - key(other) || one.index - other.index)
