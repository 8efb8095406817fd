export type { MfaErrorCode } from './errors.ts'
