export { mostDays, viewOverview } from './operations.ts'
export { mostCounted } from './store.ts'
