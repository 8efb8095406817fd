import { coreError } from '#kernel/errors.ts'

/** Headers that HTTP lets in once, and our own. Cookie, Via, Forwarded and the like may come in several lines. */
const singleHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'content-type',
  'host',
  'idempotency-key',
  'origin',
  'x-api-key',
  'x-clientele-client',
  'x-encryption-key',
])

/**
 * A proxy in front may have judged the request by the other one (RFC 9110, 5.3 forbids to send them twice).
 * @param rawHeaders names and values in turn, as Node has them
 * @throws bad_request
 */
export function refuseRepeatedHeaders(rawHeaders: readonly string[]): void {
  let seen: Set<string> | null = null
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase()
    if (!singleHeaders.has(name)) continue
    seen ??= new Set()
    if (seen.has(name)) throw coreError('bad_request', { message: `The header ${name} is there twice.` })
    seen.add(name)
  }
}
