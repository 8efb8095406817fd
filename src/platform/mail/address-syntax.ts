import { isIP } from 'node:net'

// RFC 1123, section 2.1: letters, digits and inner hyphens, 63 octets at most.
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i
// A last label like this would be another spelling of an IPv4 address (WHATWG URL, "ends in a number").
const numericLabel = /^(\d+|0x[0-9a-f]*)$/i
// RFC 5322, section 3.2.3: dot-atom. Quoted local parts are legal but no mail system in use assigns them.
const dotAtom = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i

/** A host name (RFC 1123), one label or several, without a dot at the end; internationalized names as `xn--`. */
export function isHostName(text: string): boolean {
  if (text.length > 253) return false
  const labels = text.split('.')
  return labels.every((part) => label.test(part)) && !numericLabel.test(labels.at(-1) ?? '')
}

/** A host name or an IP address in its usual spelling, without brackets. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || isHostName(text)
}

/** A host name of two labels or more. */
export function isDomainName(text: string): boolean {
  return text.includes('.') && isHostName(text)
}

/** `local@domain` within the limits of RFC 5321, section 4.5.3.1 (64 octets, 254 together), ASCII only. */
export function isMailAddress(text: string): boolean {
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  return at > 0 && at <= 64 && text.length <= 254 && dotAtom.test(local) && isDomainName(text.slice(at + 1))
}

export function hasControlCharacter(text: string): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(text)
}

export function isVisibleAscii(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text)
}

/** `"Name" <address>`, the name as a quoted-string (RFC 5322, section 3.2.4); the address alone without a name. */
export function formatMailbox(address: string, name: string | undefined): string {
  return name === undefined ? address : `"${name.replace(/["\\]/g, '\\$&')}" <${address}>`
}
