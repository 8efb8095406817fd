/** Addresses that a registered client may name (RFC 6749 3.1.2, RFC 9700 2.1: exact, absolute, no wildcard). */

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/** What is wrong with the address, in words that follow its name; null: nothing. */
export function uriFault(text: string): string | null {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return 'must be an absolute URL that begins with https:// (or http:// on a loopback address)'
  }
  if (text.includes('*')) return 'must not have a wildcard: list every address'
  // What URL parsing repairs silently (missing slashes, backslashes, blanks) would differ from what browsers are sent to.
  if (!/^https?:\/\/[^/?#\\\s]+/i.test(text) || /[\\\s<>"`{}|^]/.test(text)) return 'must be a valid URL'
  if (text.includes('#')) return 'must not have a fragment (#)'
  if (url.username !== '' || url.password !== '') return 'must not have a user name or password'
  if (url.protocol === 'http:' && !loopbackHosts.has(url.hostname)) {
    return 'must begin with https:// (http:// is for loopback addresses only)'
  }
  return null
}
