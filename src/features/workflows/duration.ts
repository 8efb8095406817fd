const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const
/** A year and a day: longer waits are mistakes. */
export const longestSeconds = 366 * 86_400

/** Seconds of 30s, 15m, 48h, 7d; NaN for anything else. */
export function secondsOf(duration: string): number {
  const unit = unitSeconds[duration.at(-1) as keyof typeof unitSeconds]
  return unit === undefined ? Number.NaN : Number(duration.slice(0, -1)) * unit
}

export function later(from: Date, seconds: number): Date {
  return new Date(from.getTime() + seconds * 1000)
}

/** Seconds before the attempt after this one (1 = the first): doubled each time, up to an hour. */
export function retryDelaySeconds(attempt: number, firstSeconds: number): number {
  return Math.min(firstSeconds * 2 ** Math.min(attempt - 1, 20), Math.max(3600, firstSeconds))
}
