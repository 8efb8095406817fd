/**
 * Does works in their order, two at a time, until the first one is done that is the last wanted. What one throws is thrown once
 * the other one has ended; nothing is begun behind it.
 * @returns what they gave, in their order, up to that one
 */
export async function inTwoLanes<T>(works: readonly (() => Promise<T>)[], isLast: (given: T) => boolean): Promise<T[]> {
  const given: T[] = []
  let next = 0
  let end = works.length
  const lane = async () => {
    for (let work = works[next]; next < end && work !== undefined; work = works[next]) {
      const place = next++
      try {
        const one = await work()
        given[place] = one
        if (isLast(one)) end = Math.min(end, place + 1)
      } catch (error) {
        end = 0
        throw error
      }
    }
  }
  for (const ended of await Promise.allSettled([lane(), lane()])) {
    if (ended.status === 'rejected') throw ended.reason
  }
  return given.slice(0, end)
}
