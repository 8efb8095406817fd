export type { Clock } from './database-clock.ts'
export { DatabaseClock, processClock } from './database-clock.ts'
