export { claimsOf, claimsOfRegisteredClient } from './claims.ts'
export { RateLimits } from './rate-limits.ts'
export type { RateLimitSettings } from './settings.ts'
export { documentedRateLimits, highestRateLimit, parseRateLimits } from './settings.ts'
