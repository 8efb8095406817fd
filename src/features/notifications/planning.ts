/** On which channels a recipient is told, and when. Pure: the moment comes in. */
import { isQuiet, nextDigest, quietUntil } from './quiet-hours.ts'
import type { Channel, PlannedDelivery, Preferences } from './schemas.ts'
import { securityCategory } from './schemas.ts'

export type Planned = PlannedDelivery & { inDigest: boolean }

export type Situation = {
  category: string
  channels: readonly Channel[]
  now: Date
  /** null: somebody who is no user has none. */
  preferences: Preferences | null
  /** Why the address gets no mail of this category; null: it does. */
  suppressed: string | null
}

/**
 * A security notification is sent at once, by e-mail and into the list at least, whatever the preferences say: an address
 * that bounces is the only reason not to. Others are left out where the user does not want them, wait for the end of quiet
 * hours, and go into the digest of who has one. Machines have no quiet hours: webhooks do not wait.
 */
export function planDeliveries(situation: Situation): Planned[] {
  const { category, preferences } = situation
  const isSecurity = category === securityCategory
  const wanted: Channel[] = isSecurity
    ? [...new Set<Channel>([...situation.channels, 'email', 'in_app'])]
    : [...situation.channels]
  // Who is no user has no list.
  const possible = preferences === null ? wanted.filter((one) => one !== 'in_app') : wanted
  return possible.map((channel) => {
    const reason = refusalOf(channel, situation, isSecurity)
    if (reason !== null) return { channel, status: 'suppressed', reason, dueAt: null, inDigest: false }
    return { channel, reason: null, ...timeOf(channel, situation, isSecurity) }
  })
}

function refusalOf(channel: Channel, situation: Situation, isSecurity: boolean): string | null {
  const { preferences, category, suppressed } = situation
  if (channel === 'email' && suppressed !== null) return suppressed
  if (isSecurity || preferences === null) return null
  if (!preferences.enabledChannels.includes(channel)) return 'channel_disabled'
  return preferences.categories[category] === false ? 'category_disabled' : null
}

function timeOf(
  channel: Channel,
  { preferences, now }: Situation,
  isSecurity: boolean,
): { status: PlannedDelivery['status']; dueAt: Date | null; inDigest: boolean } {
  const atOnce = channel === 'email' ? ('queued' as const) : ('sent' as const)
  if (isSecurity || preferences === null || channel === 'webhook') {
    return { status: atOnce, dueAt: channel === 'email' ? now : null, inDigest: false }
  }
  if (channel === 'email' && preferences.digest !== 'off') {
    return { status: 'digest', dueAt: digestTime(now, preferences), inDigest: true }
  }
  const end = preferences.quietHours
    ? quietUntil(now, { ...preferences.quietHours, timeZone: preferences.timeZone })
    : null
  if (end) return { status: 'queued', dueAt: end, inDigest: false }
  return { status: atOnce, dueAt: channel === 'email' ? now : null, inDigest: false }
}

/** A digest that would come in quiet hours comes at their end. */
export function digestTime(now: Date, preferences: Preferences): Date {
  const { digest, digestHour: hour, digestWeekday: weekday, timeZone, quietHours } = preferences
  const next = nextDigest(now, { every: digest === 'weekly' ? 'weekly' : 'daily', hour, weekday, timeZone })
  if (!quietHours || !isQuiet(next, { ...quietHours, timeZone })) return next
  return quietUntil(next, { ...quietHours, timeZone }) ?? next
}

const retryAfterSeconds = [5, 30, 120, 600, 1_800, 7_200, 21_600, 43_200]

/** How long after its nth attempt (1 = the first) a message is tried again, up to a tenth later; null: it is given up. */
export function retryDelayMs(attempt: number, random: number): number | null {
  const seconds = retryAfterSeconds[attempt - 1]
  return seconds === undefined ? null : Math.round(seconds * 1000 * (1 + random / 10))
}
