import { createHash } from 'node:crypto'
import type { Compilable } from 'kysely'
import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { AttemptKind, Scope, Standing } from './rules.ts'
import { addressKnownForDays, blockSecondsAfter, forgetAfterSeconds, networkOf } from './rules.ts'

/** An attempt to prove something: whose (a name as typed, or a user), from where. */
export type Attempt = { kind: AttemptKind; subject: string; address: string | null; isKnownAddress: boolean }

const scopes: readonly Scope[] = ['pair', 'address', 'subject']

function keyOf(attempt: Omit<Attempt, 'isKnownAddress'>, scope: Scope): Buffer {
  const network = networkOf(attempt.address)
  const parts = {
    pair: [attempt.kind, attempt.subject, network],
    address: [network],
    subject: [attempt.kind, attempt.subject],
  }
  return createHash('sha256')
    .update(JSON.stringify([scope, ...parts[scope]]))
    .digest()
}

/** What has been counted for this attempt's user and address. */
export async function findStandings(tx: Tx, attempt: Omit<Attempt, 'isKnownAddress'>): Promise<Standing[]> {
  const keys = new Map(scopes.map((scope) => [keyOf(attempt, scope).toString('hex'), scope]))
  const rows = await tx
    .selectFrom('sign_in_failures')
    .select(['key_hash', 'failures', 'last_failed_at', 'blocked_until'])
    .where(
      'key_hash',
      'in',
      scopes.map((scope) => keyOf(attempt, scope)),
    )
    .execute()
  return rows.map((row) => ({
    scope: keys.get(row.key_hash.toString('hex')) as Scope,
    failures: row.failures,
    lastFailedAt: row.last_failed_at,
    blockedUntil: row.blocked_until,
  }))
}

/** Until the end of the unit of work, no other attempt of this user at this address is judged: guesses in parallel queue up. */
export async function lockPair(tx: Tx, attempt: Attempt): Promise<void> {
  const name = keyOf(attempt, 'pair').readBigInt64BE(0).toString()
  await sql`select pg_advisory_xact_lock(${name}::bigint)`.execute(tx)
}

/** Counts a failure. @returns failures of the user at this address, and the delay that follows in seconds */
export async function insertFailure(tx: Tx, attempt: Attempt, now: Date): Promise<{ failures: number; delay: number }> {
  // Where a user is known, his mistakes are his own: they slow down neither his colleagues there nor himself elsewhere.
  const counted = attempt.isKnownAddress ? (['pair'] as const) : scopes
  // In one order, so that two failures at once cannot wait for each other.
  const keys = counted
    .map((scope) => ({ scope, key: keyOf(attempt, scope) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
  let pair = { failures: 0, delay: 0 }
  for (const { scope, key } of keys) {
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

/** At most one write a day for one user and address. */
export function rememberAddress(tx: Tx, tenantId: string, userId: string, address: string | null): Compilable {
  const query = sql`insert into known_addresses as k (tenant_id, user_id, address) values (${tenantId}, ${userId}, ${networkOf(address)})
    on conflict (tenant_id, user_id, address) do update set last_used_at = now()
      where k.last_used_at < now() - interval '1 day'`
  return { compile: () => query.compile(tx) }
}
