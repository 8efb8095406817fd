import { existsSync } from 'node:fs'
import { masterKeyFile } from '#platform/secrets/master-keys.ts'
import { readConfig } from '../config.ts'
import { CommandError } from './exit-codes.ts'

/**
 * A command must not make keys: it would "rotate" to one that no server has, or restore what it cannot open.
 * @throws CommandError
 */
export function requireKeys(): void {
  const { masterKeys, dataDir } = readConfig()
  const file = masterKeyFile(dataDir)
  if (masterKeys === null && !existsSync(file)) {
    throw new CommandError(
      `there is no key in ${file}: give this command the CLIENTELE_DATA_DIR or CLIENTELE_MASTER_KEYS of the server, or start the server once`,
      'settings',
    )
  }
}
