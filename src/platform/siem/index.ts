export type { Destination } from './destination.ts'
export { parseDestination } from './destination.ts'
export type { ForwardedBatch } from './send.ts'
export { sendBatch } from './send.ts'
