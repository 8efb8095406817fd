import type { enLedger } from './en-ledger.ts'
import type { Words } from './words.ts'

export const frLedger: Words<typeof enLedger> = {}
