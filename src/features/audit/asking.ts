import type { Batches } from '#platform/db/long-reads.ts'
import type { Statement } from '#platform/db/statement-batch.ts'
import { tenantEntrance } from '#platform/operations/in-tenant.ts'

/** Runs a statement in the tenant, on a connection of its own; not for writes. */
export type Ask = <T>(text: string, values: readonly unknown[]) => Promise<T[]>

/** Hash joins would read the whole log for each stretch. */
const plan: Statement = {
  text: `select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)`,
  values: [],
}

export function askIn(batch: Batches, tenantId: string, planned: Statement = plan): Ask {
  const enter: Statement = tenantEntrance(tenantId)
  return async <T>(text: string, values: readonly unknown[]) => {
    const results = await batch([enter, planned, { text, values }])
    return (results.at(-1)?.rows ?? []) as T[]
  }
}
