import { LRUCache } from 'lru-cache'
import type { Expressions } from './expressions.ts'
import { expressionsOf } from './expressions.ts'
import type { Definition } from './schemas.ts'

/** Versions never change: their programs are kept. */
const kept = new LRUCache<string, Expressions>({ max: 500 })

export function programsOf(
  version: { tenantId: string; workflowId: string; version: number },
  definition: Definition,
): Expressions {
  const key = `${version.tenantId}\n${version.workflowId}\n${version.version}`
  let programs = kept.get(key)
  if (!programs) {
    programs = expressionsOf(definition)
    kept.set(key, programs)
  }
  return programs
}
