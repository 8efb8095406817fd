import type { IncomingMessage } from 'node:http'

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
 * What is wrong with the headers, in words; null: nothing. A proxy in front may have judged the request by the other one of
 * two (RFC 9110, 5.3 forbids to send them), or by a host that is not there (RFC 9112, 3.2).
 */
export function ambiguityOf({ rawHeaders, headers, httpVersion }: IncomingMessage): string | null {
  if (headers.host === undefined && httpVersion === '1.1') return 'The header host is missing.'
  let seen: Set<string> | null = null
  // Names and values in turn.
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase()
    if (!singleHeaders.has(name)) continue
    seen ??= new Set()
    if (seen.has(name)) return `The header ${name} is there twice.`
    seen.add(name)
  }
  return null
}
