export type { RateLimitsInForce } from './operations.ts'
export { adjustRateLimits, viewRateLimits } from './operations.ts'
