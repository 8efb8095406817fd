import { hash } from 'node:crypto'
import type { Compilable } from 'kysely'
import { CompiledQuery, sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { AttemptKind, Scope, Standing } from './rules.ts'
import { addressKnownForDays, blockSecondsAfter, forgetAfterSeconds, networkOf as parseNetwork } from './rules.ts'

/** An attempt to prove something: whose (a name as typed, or a user), from where. */
export type Attempt = {
  readonly kind: AttemptKind
  readonly subject: string
  readonly address: string | null
  isKnownAddress: boolean
}

const scopes: readonly Scope[] = ['pair', 'address', 'subject']

/** Asked for several times in a request, and again in those that follow. */
const networks = new LRUCache<string, string>({ max: 10_000 })

/** What counts as the address: see rules.ts. */
export function networkOf(address: string | null): string {
  const name = address ?? ''
  const known = networks.get(name)
  if (known !== undefined) return known
  const network = parseNetwork(address)
  networks.set(name, network)
  return network
}

/** Its keys are asked for until it has been judged and counted. */
const keys = new WeakMap<Attempt, Record<Scope, Buffer>>()

function keysOf(attempt: Attempt): Record<Scope, Buffer> {
  const known = keys.get(attempt)
  if (known) return known
  const { kind, subject } = attempt
  const network = networkOf(attempt.address)
  const keyOf = (parts: string[]) => hash('sha256', JSON.stringify(parts), 'buffer')
  const made = {
    pair: keyOf(['pair', kind, subject, network]),
    address: keyOf(['address', network]),
    subject: keyOf(['subject', kind, subject]),
  }
  keys.set(attempt, made)
  return made
}

const keyOf = (attempt: Attempt, scope: Scope): Buffer => keysOf(attempt)[scope]

/** Under which names an attempt is counted, and the advisory lock by which attempts of one user at one address follow one another. */
export function turnOf(attempt: Attempt): { lock: string; keys: Buffer[] } {
  return {
    lock: keyOf(attempt, 'pair').readBigInt64BE(0).toString(),
    keys: scopes.map((scope) => keyOf(attempt, scope)),
  }
}

export type StandingRow = { key_hash: Buffer; failures: number; last_failed_at: Date; blocked_until: Date }

export function toStandings(attempt: Attempt, rows: readonly StandingRow[]): Standing[] {
  return rows.flatMap((row) => {
    const scope = scopes.find((one) => keyOf(attempt, one).equals(row.key_hash))
    return scope
      ? [{ scope, failures: row.failures, lastFailedAt: row.last_failed_at, blockedUntil: row.blocked_until }]
      : []
  })
}

/** What has been counted for this attempt's user and address. */
export async function findStandings(tx: Tx, attempt: Attempt): Promise<Standing[]> {
  const found = await tx.executeQuery<StandingRow>(
    CompiledQuery.raw(
      'select key_hash, failures, last_failed_at, blocked_until from sign_in_failures where key_hash = any ($1::bytea[])',
      [turnOf(attempt).keys],
    ),
  )
  return toStandings(attempt, found.rows)
}

/** Until the end of the unit of work, no other attempt of this user at this address is judged: guesses in parallel queue up. */
export async function lockPair(tx: Tx, attempt: Attempt): Promise<void> {
  await tx.executeQuery(CompiledQuery.raw('select pg_advisory_xact_lock($1::bigint)', [turnOf(attempt).lock]))
}

/** Counts a failure. @returns failures of the user at this address, and the delay that follows in seconds */
export async function insertFailure(tx: Tx, attempt: Attempt, now: Date): Promise<{ failures: number; delay: number }> {
  // Where a user is known, his mistakes are his own: they slow down neither his colleagues there nor himself elsewhere.
  const counted = attempt.isKnownAddress ? (['pair'] as const) : scopes
  // In one order, so that two failures at once cannot wait for each other.
  const counts = counted
    .map((scope) => ({ scope, key: keyOf(attempt, scope) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
  let pair = { failures: 0, delay: 0 }
  for (const { scope, key } of counts) {
    const row = await tx
      .insertInto('sign_in_failures')
      .values({ key_hash: key, failures: 1, last_failed_at: now, blocked_until: now })
      .onConflict((conflict) =>
        conflict.column('key_hash').doUpdateSet({
          failures: sql`case when sign_in_failures.last_failed_at < ${now}::timestamptz - make_interval(secs => ${forgetAfterSeconds})
            then 1 else sign_in_failures.failures + 1 end`,
          last_failed_at: now,
        }),
      )
      .returning('failures')
      .executeTakeFirstOrThrow()
    const delay = blockSecondsAfter(row.failures, { scope, kind: attempt.kind })
    if (delay > 0) {
      await tx
        .updateTable('sign_in_failures')
        .set({ blocked_until: new Date(now.getTime() + delay * 1000) })
        .where('key_hash', '=', key)
        .execute()
    }
    if (scope === 'pair') pair = { failures: row.failures, delay }
  }
  return pair
}

/** After a success: the user's own mistakes here are forgotten; an address's count stays, or one good password would buy many guesses. */
export function deletePair(tx: Tx, attempt: Attempt): Compilable {
  return tx.deleteFrom('sign_in_failures').where('key_hash', '=', keyOf(attempt, 'pair'))
}

export async function isKnownAddress(
  tx: Tx,
  tenantId: string,
  userId: string,
  address: string | null,
): Promise<boolean> {
  const row = await tx
    .selectFrom('known_addresses')
    .select('address')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('address', '=', networkOf(address))
    .where('last_used_at', '>', sql<Date>`now() - make_interval(days => ${addressKnownForDays})`)
    .executeTakeFirst()
  return row !== undefined
}
