/** Codes for the day the authenticator is lost: ten, each works once, shown once, stored hashed. */
import { createHash, randomInt } from 'node:crypto'

const backupCodeCount = 10

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
