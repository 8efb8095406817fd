import { hashArgon2id, verifyArgon2id } from '#kernel/argon2.ts'
import { checkPassword, normalizePassword } from '#kernel/password-policy.ts'
import { userError } from './errors.ts'

/** @throws password_too_short, password_too_long, password_too_common */
export function requireGoodPassword(password: string): void {
  const verdict = checkPassword(password)
  if (!verdict.ok) throw userError(`password_${verdict.reason}`)
}

/** A PHC string. About 20 ms of one core, off the main thread. */
export function hashPassword(password: string): Promise<string> {
  return hashArgon2id(normalizePassword(password))
}

/** For a user that does not exist: the answer must take as long as for a wrong password. */
let decoy: Promise<string> | undefined

/** Whether the password is the hash's; with null (no such user) it takes as long and is false. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  if (passwordHash === null) {
    decoy ??= hashPassword('the decoy is nobody\u2019s password')
    await verifyArgon2id(await decoy, normalizePassword(password))
    return false
  }
  return verifyArgon2id(passwordHash, normalizePassword(password))
}
