/** Whether two answers are one and the same, but for what is new each time: ids, secrets and times. */
import assert from 'node:assert/strict'

/** What has randomness in it: ids, tokens, keys, hashes. Words of ten letters fall under it too, and must then be equal or renamed for good. */
const telling = /[\w+/=.~…-]{10,}/g
/** Dates and times, and those in the names of files. */
const time = /\d{8}-\d{6}|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?/g
/** How long something took, or how fast it goes, if that is known already; rows in which something is counted by shards drawn by chance. */
const ofTheMoment =
  /(?:Ms|_ms|PerSecond|_per_second|secondsLeft|seconds_left|remaining_seconds|\.removed\.notification_usage)$/
/** Clients that were there before the courses began, numbered for all tenants together (test/support/prepared-client.ts). */
const prepared = /^Prepared \d+$/
const looksRandom = (word: string): boolean =>
  /\d/.test(word) || word.length >= 16 || /^[A-Z]{4}(?:-[A-Z]{4}){2}$/.test(word)

/** Nothing to look into. */
const isSealed = (one: object, other: object): boolean =>
  (one instanceof Date && other instanceof Date) ||
  (Symbol.asyncIterator in one && Symbol.asyncIterator in other) ||
  (Buffer.isBuffer(one) && Buffer.isBuffer(other))

/** One to one, for the whole of both courses: an id that stands for two, or two for one, is a difference. */
export class Renaming {
  readonly #there = new Map<string, string>()
  readonly #back = new Map<string, string>()
  /** What both callers named themselves, and may be told again. */
  named = new Map<string, string>()

  /** @throws AssertionError where they differ in more than names */
  assertSame(one: unknown, other: unknown, where: string): void {
    if (typeof one === 'function' && typeof other === 'function') return
    if (ofTheMoment.test(where) && [one, other].every((it) => it === null || typeof it === 'number')) return
    if (typeof one === 'string' && typeof other === 'string') this.#texts(one, other, where)
    else if (typeof one === 'number' && typeof other === 'number') this.#numbers(one, other, where)
    else if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
      assert.deepEqual(one, other, where)
    } else if (!isSealed(one, other)) this.#members(one, other, where)
  }

  #numbers(one: number, other: number, where: string): void {
    if (/(?:pk|Pk|\.id)$/.test(where)) {
      // Each kind of thing is counted by itself: the operation and the place in its answer say which.
      const kind = where.replace(/^.*, /, '').replaceAll(/\.\d+(?=\.)/g, '')
      this.#rename(`${kind} ${one}`, `${kind} ${other}`, where)
    } else assert.equal(one, other, where)
  }

  #members(one: object, other: object, where: string): void {
    const keys = Object.keys(one)
    assert.deepEqual(
      Object.keys(other),
      keys,
      `${where}: ${JSON.stringify(one).slice(0, 600)} and ${JSON.stringify(other).slice(0, 600)}`,
    )
    for (const key of keys) {
      this.assertSame(one[key as keyof typeof one], other[key as keyof typeof other], `${where}.${key}`)
    }
  }

  #texts(one: string, other: string, where: string): void {
    const [a, b] = [one.replace(time, 'TIME'), other.replace(time, 'TIME')]
    if (a === b) return
    if (prepared.test(a) && prepared.test(b)) {
      this.#rename(a, b, where)
      return
    }
    // Numbers of things of several kinds, each of which is counted for all tenants together.
    if (where.endsWith('.target.id') && /^\d+$/.test(one) && /^\d+$/.test(other)) return
    const [left, right] = [a.match(telling) ?? [], b.match(telling) ?? []]
    const difference = `${where}: ${one.slice(0, 300)} and ${other.slice(0, 300)}`
    assert.equal(a.replace(telling, '*'), b.replace(telling, '*'), difference)
    for (const [i, word] of left.entries()) {
      const counterpart = right[i] ?? ''
      if (word === counterpart || this.named.get(word) === counterpart) continue
      assert.ok(looksRandom(word) && looksRandom(counterpart), difference)
      this.#rename(word, counterpart, where)
    }
  }

  #rename(one: string, other: string, where: string): void {
    const [there, back] = [this.#there.get(one) ?? other, this.#back.get(other) ?? one]
    assert.deepEqual([there, back], [other, one], `${where}: the same thing there, another one here`)
    this.#there.set(one, other)
    this.#back.set(other, one)
  }
}
