/** Parts have no name of their own: an id as long as the page is open, which a part keeps when it is changed or moved. */
import type { Block } from './template-rules.ts'

const ids = new WeakMap<Block, string>()
let last = 0

export function partId(block: Block): string {
  const known = ids.get(block)
  if (known !== undefined) return known
  last += 1
  const id = `part ${last}`
  ids.set(block, id)
  return id
}

/** Whatever stands in the place of one that is gone is that one, changed. */
export function keepPartIds(before: readonly Block[], after: readonly Block[]): void {
  if (before.length !== after.length) return
  after.forEach((block, at) => {
    const old = before[at]
    if (old && !ids.has(block) && !after.includes(old)) ids.set(block, partId(old))
  })
}
