import { randomBytes } from 'node:crypto'
import type { Services } from '#platform/operations/services.ts'
import { openOwn } from '#platform/secrets/secret-box.ts'
import { findLinkKey, keepLinkKey } from './link-key-store.ts'

const keyId = 'unsubscribe'
const known = new WeakMap<object, Promise<string>>()

/** The key of this installation for links to unsubscribe; made when it is first asked for. */
export function linkKey({ database, secrets }: Pick<Services, 'database' | 'secrets'>): Promise<string> {
  let key = known.get(database)
  if (!key) {
    key = (async () => {
      const found = await findLinkKey(database, keyId)
      const stored = found ?? (await keepLinkKey(database, keyId, secrets.encrypt(randomBytes(32).toString('hex'))))
      return openOwn(secrets, stored).toString()
    })()
    // A failure is asked again next time.
    key.catch(() => known.delete(database))
    known.set(database, key)
  }
  return key
}
