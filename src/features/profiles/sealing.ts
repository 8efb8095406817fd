/** How values are kept and shown: sensitive ones encrypted, and only to whom the permission allows. */
import { hash } from 'node:crypto'
import { coreError } from '#kernel/errors.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
import { isContentLost } from '#platform/secrets/secret-box.ts'
import type { Catalogue } from './compiled-catalogue-rules.ts'
import { queryWords, searchWords } from './rules.ts'
import type { Entry, ShownEntry } from './schemas.ts'
import type { StoredEntries } from './store.ts'

/** Whether an attribute is sensitive never changes, so that of what was stored by an old catalogue the newest one tells too. */
function sensitiveNames(catalogue: Catalogue): ReadonlySet<string> {
  return new Set(catalogue.definition.attributes.filter((one) => one.sensitiveData).map((one) => one.name))
}

export function seal(secrets: SecretBox, catalogue: Catalogue, entries: readonly Entry[]): StoredEntries {
  const sensitive = sensitiveNames(catalogue)
  const secret = entries.filter((one) => sensitive.has(one.name)).map((one) => one.value)
  return {
    attributes: entries.map(({ name, value }) => (sensitive.has(name) ? { name } : { name, value })),
    sensitiveCiphertext: secret.length > 0 ? secrets.encrypt(JSON.stringify(secret)) : null,
  }
}

/** Every entry with its value. */
export function unseal(secrets: SecretBox, stored: StoredEntries): Entry[] {
  const values =
    stored.sensitiveCiphertext === null
      ? []
      : (JSON.parse(secrets.decrypt(stored.sensitiveCiphertext).toString('utf8')) as string[])
  let next = 0
  return stored.attributes.map(({ name, value }) => ({ name, value: value ?? (values[next++] as string) }))
}

/** Every entry that can still be read: where the key of the sensitive ones is lost, the others. */
export function unsealReadable(secrets: SecretBox, stored: StoredEntries): Entry[] {
  try {
    return unseal(secrets, stored)
  } catch (error) {
    if (!isContentLost(error)) throw error
    return stored.attributes.flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]))
  }
}

/**
 * What a change begins with. Where the key of the sensitive entries is lost, the change has to give all of them again or take
 * them away.
 * @throws content_lost, with the attributes that are missing
 */
export function unsealForChange(secrets: SecretBox, stored: StoredEntries, named: ReadonlySet<string>): Entry[] {
  try {
    return unseal(secrets, stored)
  } catch (error) {
    if (!isContentLost(error)) throw error
    const left = stored.attributes.filter(({ name, value }) => value === undefined && !named.has(name))
    if (left.length === 0) return unsealReadable(secrets, stored)
    const names = [...new Set(left.map(({ name }) => name))]
    const details = names.map((name) => ({
      path: ['body', 'attributes', name],
      message: error.message,
      code: error.code,
      parameters: {},
    }))
    throw coreError('content_lost', { details, cause: error.cause })
  }
}

/** Every entry, the sensitive ones without their value. */
export function mask(stored: StoredEntries): ShownEntry[] {
  return stored.attributes.map(({ name, value }) => ({ name, value: value ?? null }))
}

/** Short, so that every word of the index can carry it; what two share by chance is sorted out by the query's own filter. */
function searchKey(owner: string): string {
  return hash('sha256', owner, 'base64url').slice(0, 8)
}

/** What the profile is found by: each word behind the tenant, and behind the client. */
export function lexemesOf(
  owner: { tenantId: string; clientUid: string },
  stored: StoredEntries,
  externalReference: string | null,
): string[] {
  const shown = stored.attributes.flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]))
  const keys = [searchKey(owner.tenantId), searchKey(owner.clientUid)]
  return searchWords(shown, externalReference).flatMap((word) => keys.map((key) => `${key}:${word}`))
}

/**
 * A tsquery for profiles that have a word beginning with each word of the query; words have letters and digits only.
 * @returns null where the query has no word
 */
export function toTsquery(owner: { tenantId: string; clientUid: string | null }, query: string): string | null {
  const key = searchKey(owner.clientUid ?? owner.tenantId)
  const words = queryWords(query)
  return words.length === 0 ? null : words.map((word) => `'${key}:${word}':*`).join(' & ')
}
