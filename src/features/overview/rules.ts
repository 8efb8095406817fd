/** A day of the caller's clock: its name, and the moment it begins. The last one is today. */
export type Day = { readonly name: string; readonly begins: Date }

const dayMs = 86_400_000

export function lastDays(now: Date, { days, offsetMinutes }: { days: number; offsetMinutes: number }): readonly Day[] {
  const offsetMs = offsetMinutes * 60_000
  const today = Math.floor((now.getTime() + offsetMs) / dayMs) * dayMs
  return Array.from({ length: days }, (_, index) => {
    const midnight = today - (days - 1 - index) * dayMs
    return { name: new Date(midnight).toISOString().slice(0, 10), begins: new Date(midnight - offsetMs) }
  })
}
