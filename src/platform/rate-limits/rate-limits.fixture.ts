/** Nodes that share limits on one test database, and quotas that no other test has. */
import { randomUUID } from 'node:crypto'
import { Database } from '#platform/db/database.ts'
import type { TestDatabase } from '#test/support/postgres.ts'
import type { Claim } from './claims.ts'
import type { RateLimitsOptions } from './rate-limits.ts'
import { RateLimits } from './rate-limits.ts'
import { documentedRateLimits } from './settings.ts'

export type Node = { rateLimits: RateLimits; database: Database; logs: string[]; close(): Promise<void> }

export function startNode(test: TestDatabase, options: Partial<RateLimitsOptions> = {}): Node {
  const database = new Database({ connection: test.application, poolSize: 4 })
  const logs: string[] = []
  const log = (_fields: object, message: string) => {
    logs.push(message)
  }
  const rateLimits = new RateLimits({
    database,
    connection: test.application,
    limits: documentedRateLimits,
    logger: { debug: log, info: log, warn: log, error: log },
    // Long enough for a test; the tests of windows that end say otherwise.
    windowSeconds: 3600,
    ...options,
  })
  return {
    rateLimits,
    database,
    logs,
    close: async () => {
      await rateLimits.close()
      await database.end()
    },
  }
}

export function claim(kind: Claim['kind'], tenantId: string, subject: string): Claim {
  return { kind, tenantId, subject, key: `${tenantId}\n${subject}` }
}

/** A user of a tenant that nobody else has. */
export function someUser(tenantId: string = randomUUID()): readonly Claim[] {
  return [claim('user', tenantId, `user:${randomUUID()}`), claim('tenant', tenantId, 'tenant')]
}

/** How many of the requests, made at once, were let through. */
export async function countAllowed(node: Node, claims: readonly Claim[], requests: number): Promise<number> {
  const verdicts = await Promise.all(Array.from({ length: requests }, async () => node.rateLimits.take(claims)))
  return verdicts.filter((verdict) => verdict.allowed).length
}
