/** Codes: how they look, and which of them may still be used. */
import { createHash, randomInt } from 'node:crypto'

export const totpPeriodSeconds = 30
/** Steps before and after the present one that are accepted, for clocks that differ (RFC 6238, 5.2). */
export const totpWindowSteps = 1
export const backupCodeCount = 10

// Without 0, O, 1, I: read aloud and copied by hand.
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Ten different codes like ABCD-1234-EFGH: 60 random bits each. */
export function generateBackupCodes(): string[] {
  const codes = new Set<string>()
  while (codes.size < backupCodeCount) {
    const characters = Array.from({ length: 12 }, () => alphabet.charAt(randomInt(alphabet.length))).join('')
    codes.add(`${characters.slice(0, 4)}-${characters.slice(4, 8)}-${characters.slice(8)}`)
  }
  return [...codes]
}

/** The code as it is compared: without dashes and blanks, in capitals. */
export function normalizeBackupCode(text: string): string {
  return text.replaceAll(/[\s-]/g, '').toUpperCase()
}

/** SHA-256: 60 random bits leave nothing to guess; the user's id makes equal codes of two users differ. */
export function hashBackupCode(owner: { tenantId: string; userId: string }, code: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([owner.tenantId, owner.userId, normalizeBackupCode(code)]))
    .digest()
}

export type CodeMethod = 'totp' | 'backup_code'

/** What a code is, where the caller does not say: six digits come from an authenticator. */
export function methodOf(code: string): CodeMethod {
  return /^\d{6}$/.test(code.trim()) ? 'totp' : 'backup_code'
}

/** The step of time that a moment lies in (RFC 6238, 4.2). */
export function totpStep(now: Date): number {
  return Math.floor(now.getTime() / 1000 / totpPeriodSeconds)
}
