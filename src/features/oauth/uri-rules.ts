/** Addresses that a registered client may name (RFC 6749 3.1.2, RFC 9700 2.1: exact, absolute, no wildcard). */
import type { Told } from '#kernel/faults.ts'
import { oauthFault } from './faults.ts'

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/** What is wrong with the address, which the sentence calls so; null: nothing. */
export function uriFault(text: string, url: string): Told | null {
  const parsed = URL.parse(text)
  if (parsed === null || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) {
    return oauthFault('oauth_url_absolute', { url })
  }
  if (text.includes('*')) return oauthFault('oauth_url_wildcard', { url })
  // What URL parsing repairs silently (missing slashes, backslashes, blanks) would differ from what browsers are sent to.
  if (!/^https?:\/\/[^/?#\\\s]+/i.test(text) || /[\\\s<>"`{}|^]/.test(text))
    return oauthFault('oauth_url_form', { url })
  if (text.includes('#')) return oauthFault('oauth_url_fragment', { url })
  if (parsed.username !== '' || parsed.password !== '') return oauthFault('oauth_url_credentials', { url })
  if (parsed.protocol === 'http:' && !loopbackHosts.has(parsed.hostname)) {
    return oauthFault('oauth_url_https', { url })
  }
  return null
}
