/**
 * The catalogue in force. Each process remembers the last one that it saw of a tenant; what is written says which version it
 * was checked against, and the database refuses it when there is a newer one (store.insertProfile), so remembering costs no
 * round trip and no wrong answer.
 */
import { LRUCache } from 'lru-cache'
import type { OperationContext } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { builtInDefinition } from './built-in-catalogue.ts'
import * as store from './catalogue-store.ts'
import type { Catalogue } from './compiled-catalogue-rules.ts'
import { compileCatalogue } from './compiled-catalogue-rules.ts'

const builtIn = compileCatalogue(0, builtInDefinition)

/** A compiled one with all countries takes some 100 KB. */
const mostRemembered = 200
const remembered = new WeakMap<object, LRUCache<string, Catalogue>>()

function cacheOf({ database }: Services): LRUCache<string, Catalogue> {
  let cache = remembered.get(database)
  if (!cache) {
    cache = new LRUCache({ max: mostRemembered })
    remembered.set(database, cache)
  }
  return cache
}

type Asking = Pick<OperationContext, 'services' | 'tenantId' | 'tx'>

/** The last one that this process saw, which may be outdated; of a tenant that it has not met, the built-in one. */
export function lastSeenCatalogue({ services, tenantId }: Asking): Catalogue {
  return cacheOf(services).get(tenantId) ?? builtIn
}

/** The one in force, asked of the database. */
export async function currentCatalogue(context: Asking): Promise<Catalogue> {
  const { services, tenantId, tx } = context
  const known = lastSeenCatalogue(context)
  const { version, definition } = await store.findNewest(tx, tenantId, known.version)
  if (version === known.version) return known
  if (definition === null) return builtIn
  const catalogue = compileCatalogue(version, definition)
  cacheOf(services).set(tenantId, catalogue)
  return catalogue
}
