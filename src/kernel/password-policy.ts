import { readFileSync } from 'node:fs'

export type PasswordVerdict = { ok: true } | { ok: false; reason: 'too_short' | 'too_long' | 'too_common' }

export const minPasswordLength = 12
export const maxPasswordLength = 256

// Composition makes at most 4 code points (8 UTF-16 units) into one, so a longer text stays too long. It is refused
// before normalization, whose cost an anonymous caller would choose.
const maxRawLength = 8 * maxPasswordLength
const maxPaddingDigits = 12

/**
 * The form of a password to check, hash and verify: Unicode NFKC, so that the same password typed on another keyboard
 * or system (composed or not, full width or not) stays the same (NIST SP 800-63B section 5.1.1.2).
 */
export function normalizePassword(text: string): string {
  return text.normalize('NFKC')
}

/**
 * Judges a new password: 12 to 256 Unicode code points after NFKC, and none of the 10,000 most common passwords in any
 * letter case, neither as it is, nor repeated ("qwertyqwerty"), nor with up to 12 digits around it ("password1234").
 */
export function checkPassword(text: string): PasswordVerdict {
  if (text.length > maxRawLength) return { ok: false, reason: 'too_long' }
  const password = normalizePassword(text)
  const length = Array.from(password).length
  if (length < minPasswordLength) return { ok: false, reason: 'too_short' }
  if (length > maxPasswordLength) return { ok: false, reason: 'too_long' }
  if (isCommonWithDigits(password.toLowerCase())) return { ok: false, reason: 'too_common' }
  return { ok: true }
}

/** Tries every way to take 0 to 12 digits off the two ends: digits may belong to the common password ("test123"). */
function isCommonWithDigits(password: string): boolean {
  const leading = /^[0-9]{0,12}/.exec(password)?.[0].length ?? 0
  const trailing = /[0-9]{0,12}$/.exec(password)?.[0].length ?? 0
  for (let start = 0; start <= leading; start++) {
    for (let cut = 0; cut <= Math.min(trailing, maxPaddingDigits - start); cut++) {
      if (isCommonOrRepeated(password.slice(start, password.length - cut))) return true
    }
  }
  return false
}

/** A common password once, or again and again, the last time perhaps cut short ("dragondragondra"). */
function isCommonOrRepeated(text: string): boolean {
  const common = commonPasswords()
  for (let period = 1; period <= text.length; period++) {
    if (text.startsWith(text.slice(period)) && common.has(text.slice(0, period))) return true
  }
  return false
}

let loadedCommonPasswords: ReadonlySet<string> | undefined

/**
 * The list is read here, once and synchronously, though the kernel does no I/O elsewhere: it is part of the program
 * like a constant, and as a source file it would be 10,000 lines to parse at every start, also where nobody ever
 * chooses a password. Source and licence: common-passwords.license.txt.
 */
function commonPasswords(): ReadonlySet<string> {
  if (loadedCommonPasswords === undefined) {
    const lines = readFileSync(new URL('common-passwords.txt', import.meta.url), 'utf8').split('\n')
    loadedCommonPasswords = new Set(lines.filter((line) => line !== '').map((line) => line.toLowerCase()))
  }
  return loadedCommonPasswords
}
