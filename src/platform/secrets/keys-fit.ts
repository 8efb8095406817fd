/** Whether the master keys of this process are those that the database was written under. */
import type { Database } from '../db/database.ts'
import type { SecretBox } from './secret-box.ts'
import { isContentLost } from './secret-box.ts'

/** The master keys are not those of the database, or are gone; the message says what to do. */
export class ForeignKeysError extends Error {
  override readonly name = 'ForeignKeysError'
}

/** Of what every server needs: the keys that sign access tokens. There are a few. Part of what readiness asks. */
export const signingSecrets = 'array(select private_ciphertext from signing_keys where expires_at > now()) as secrets'

/** In words for the operator; null: they open what they must. */
export function findForeignKeys(secrets: SecretBox, stored: readonly string[]): string | null {
  try {
    for (const one of stored) secrets.decrypt(one)
    return null
  } catch (error) {
    if (isContentLost(error)) return foreignKeys
    throw error
  }
}

const foreignKeys =
  'the master keys are not those that this database was written under: give the servers the right CLIENTELE_MASTER_KEYS, or put back ' +
  'your copy of master.keys. Nothing was changed. "clientele key status" tells what opens; docs/operations.md, "Lost master keys"'

/**
 * Before anything is written under them.
 * @throws ForeignKeysError
 */
export async function requireOwnKeys(database: Database, secrets: SecretBox): Promise<void> {
  const [row] = await database.platformRead<{ secrets: string[] }>(`select ${signingSecrets}`)
  const problem = findForeignKeys(secrets, row?.secrets ?? [])
  if (problem !== null) throw new ForeignKeysError(problem)
}
