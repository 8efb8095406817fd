export type { ThrottlingErrorCode } from './errors.ts'
