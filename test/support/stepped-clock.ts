/** The clock of this machine, set to another time while everything runs; the database's stays as it is. */

const machine = globalThis.Date

/** From here on `Date` says another time, by so many milliseconds. @returns what sets it right again */
export function stepClock(byMs: number): () => void {
  const now = () => machine.now() + byMs
  globalThis.Date = new Proxy(machine, {
    construct: (target, given: unknown[], asWhat) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, asWhat) as object,
    get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
  })
  return () => {
    globalThis.Date = machine
  }
}
