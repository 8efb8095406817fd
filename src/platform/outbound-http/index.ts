export type { OutboundErrorCode } from './outbound-error.ts'
export { OutboundError, tlsFailureReason } from './outbound-error.ts'
export type { OutboundHttp, OutboundHttpOptions } from './outbound-http.ts'
export { createOutboundHttp } from './outbound-http.ts'
