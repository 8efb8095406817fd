import { hash, verify } from '@node-rs/argon2'
import { checkPassword, normalizePassword } from '#kernel/password-policy.ts'
import { userError } from './errors.ts'

/** argon2id with OWASP's first choice (19 MiB, 2 passes, 1 lane); a hash carries its own parameters. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** @throws password_too_short, password_too_long, password_too_common */
export function requireGoodPassword(password: string): void {
  const verdict = checkPassword(password)
  if (!verdict.ok) throw userError(`password_${verdict.reason}`)
}

/** A PHC string. About 20 ms of one core, off the main thread. */
export function hashPassword(password: string): Promise<string> {
  return hash(normalizePassword(password), parameters)
}

/** For a user that does not exist: the answer must take as long as for a wrong password. */
let decoy: Promise<string> | undefined

/** Whether the password is the hash's; with null (no such user) it takes as long and is false. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  if (passwordHash === null) {
    decoy ??= hashPassword('the decoy is nobody\u2019s password')
    await verify(await decoy, normalizePassword(password))
    return false
  }
  return verify(passwordHash, normalizePassword(password))
}
