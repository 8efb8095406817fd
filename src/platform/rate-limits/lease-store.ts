/** The functions of migrations/0004: the only way to the windows. */
import type { Database } from '../db/database.ts'
import type { Claim } from './claims.ts'
import type { Grant } from './lease.ts'
import type { RateLimitSettings } from './settings.ts'

export type Unused = { tenantId: string; subject: string; windowStartMs: number; unused: number }

type LeaseRow = {
  most: number
  granted: number
  remaining: number
  others_hold: boolean
  passing: boolean
  database_now_ms: number
  window_start_ms: number
}

export class LeaseStore {
  readonly #database: Database
  readonly #node: string
  readonly #windowSeconds: number

  constructor(database: Database, node: string, windowSeconds: number) {
    this.#database = database
    this.#node = node
    this.#windowSeconds = windowSeconds
  }

  /**
   * One call, one round trip, for quotas of one tenant.
   * @param wanted by claim: how many requests wait
   * @returns the grants in the order of the claims
   */
  async lease(
    claims: readonly Claim[],
    limits: RateLimitSettings,
    wanted: readonly number[],
    mayHold: boolean,
  ): Promise<Grant[]> {
    const rows = await this.#database.platformRead<LeaseRow>(
      'select * from lease_rate_limits($1, $2, $3, $4, $5, $6, $7, $8)',
      [
        this.#node,
        mayHold,
        this.#windowSeconds,
        claims[0]?.tenantId,
        claims.map((claim) => claim.subject),
        claims.map((claim) => claim.kind),
        claims.map((claim) => limits[claim.kind]),
        wanted,
      ],
    )
    return rows.map((row) => ({
      most: row.most,
      granted: row.granted,
      remaining: row.remaining,
      othersHold: row.others_hold,
      passing: row.passing,
      databaseNowMs: row.database_now_ms,
      windowStartMs: row.window_start_ms,
    }))
  }

  async giveBack(unused: readonly Unused[]): Promise<void> {
    await this.#database.platformRead('select return_rate_limits($1, $2, $3, $4, $5)', [
      this.#node,
      unused.map((one) => one.tenantId),
      unused.map((one) => one.subject),
      unused.map((one) => one.windowStartMs),
      unused.map((one) => one.unused),
    ])
  }

  async beat(): Promise<void> {
    await this.#database.platformRead('select beat_rate_limit_node($1)', [this.#node])
  }

  async leave(): Promise<void> {
    await this.#database.platformRead('select leave_rate_limits($1)', [this.#node])
  }
}
