/**
 * Scorecards by version. One that has judged never changes (migrations/0008), so each process remembers those that it has
 * met; which one is active it asks each time.
 */
import { LRUCache } from 'lru-cache'
import type { OperationContext } from '#platform/operations/operation.ts'
import { builtInScorecard, builtInVersion } from './built-in-scorecard.ts'
import type { ScorecardDefinition } from './scorecard.ts'
import { findScorecard } from './scorecard-store.ts'

/** A scorecard takes some 20 KB. */
const mostRemembered = 500
const remembered = new WeakMap<object, LRUCache<string, ScorecardDefinition>>()

/** @throws Error when an analysis names a version that is not there: nothing deletes scorecards */
export async function definitionOf(context: OperationContext, version: number): Promise<ScorecardDefinition> {
  if (version === builtInVersion) return builtInScorecard
  const { services, tenantId, tx } = context
  let cache = remembered.get(services.database)
  if (!cache) {
    cache = new LRUCache({ max: mostRemembered })
    remembered.set(services.database, cache)
  }
  const key = `${tenantId} ${version}`
  const known = cache.get(key)
  if (known) return known
  const found = await findScorecard(tx, tenantId, version)
  if (!found) throw new Error(`scorecard ${version} is not there`)
  if (found.status !== 'draft') cache.set(key, found.definition)
  return found.definition
}
