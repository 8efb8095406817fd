import type { SecretBox } from '#platform/secrets/secret-box.ts'
import { isContentLost } from '#platform/secrets/secret-box.ts'

/** What a sealed column holds, from JSON; undefined: its key is lost, and nobody can read it. */
export function openSealed(secrets: SecretBox, ciphertext: string): unknown {
  try {
    return JSON.parse(secrets.decrypt(ciphertext).toString('utf8')) as unknown
  } catch (error) {
    if (!isContentLost(error)) throw error
    return undefined
  }
}
