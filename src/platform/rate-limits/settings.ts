/** Requests a minute. */
export type RateLimitSettings = {
  /** Of a user, or of the client behind an API key or a client-level token. */
  readonly user: number
  /** Of all callers of a tenant together. */
  readonly tenant: number
  /** Of a user or client, on operations that move files in or out. */
  readonly transfer: number
  /** Of callers without a valid credential, by address: sign-in, registration, wrong tokens. */
  readonly address: number
}

export type RateLimitKind = keyof RateLimitSettings

export const documentedRateLimits: RateLimitSettings = { user: 100, tenant: 1000, transfer: 10, address: 100 }

export const highestRateLimit = 1_000_000

/**
 * Reads "on", "off", or "user=100,tenant=1000,transfer=10,address=100" (what is left out is as documented).
 * @returns null for "off"
 * @throws RangeError whose message says what it takes
 */
export function parseRateLimits(text: string): RateLimitSettings | null {
  const word = text.trim().toLowerCase()
  if (word === 'on') return documentedRateLimits
  if (word === 'off') return null
  const given = new Map<RateLimitKind, number>()
  for (const part of word.split(',')) {
    const [, name = '', digits = ''] = /^\s*(\w+)\s*=\s*(\d{1,7})\s*$/.exec(part) ?? []
    const limit = Number(digits)
    if (!isKind(name) || given.has(name) || limit < 1 || limit > highestRateLimit) {
      throw new RangeError(
        `takes on, off, or requests a minute such as "user=100,tenant=1000,transfer=10,address=100" (1 to ${highestRateLimit})`,
      )
    }
    given.set(name, limit)
  }
  return { ...documentedRateLimits, ...Object.fromEntries(given) }
}

function isKind(name: string): name is RateLimitKind {
  return Object.hasOwn(documentedRateLimits, name)
}
