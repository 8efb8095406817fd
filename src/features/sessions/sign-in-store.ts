/** The end of a sign-in, in as few calls as it takes: it pays for each statement beside the hash. */
import { hash } from 'node:crypto'
import type { Compilable } from 'kysely'
import { CompiledQuery } from 'kysely'
import type { StandingRow } from '#features/throttling/index.ts'
import { networkOf } from '#features/throttling/index.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Signer } from './store.ts'
import { idleSince } from './store.ts'

export type NewSession = {
  id: string
  userId: string
  clientUid: string | null
  expiresAt: Date
  ipAddress: string | null
  userAgent: string | null
  steppedUpAt: Date | null
  refreshTokenHash: Buffer
}

/**
 * Somebody who is about to sign in, as he stands once no other attempt of this user at this address is being judged; his row is
 * locked (see lockSigner). With what has been counted by then.
 */
export async function takeTurn(
  tx: Tx,
  turn: { lock: string; keys: readonly Buffer[] },
  { tenantId, userId }: { tenantId: string; userId: string },
): Promise<{ signer: Signer | null; counted: StandingRow[] }> {
  const { rows } = await tx.executeQuery<TurnRow>(
    CompiledQuery.raw('select * from take_sign_in_turn($1, $2, $3, $4)', [turn.lock, turn.keys, tenantId, userId]),
  )
  const [row] = rows
  const signer =
    row === undefined || row.email_key === null
      ? null
      : {
          emailKey: row.email_key,
          passwordHash: row.password_hash,
          canSignIn: row.can_sign_in,
          mfaEnabled: row.mfa_enabled,
        }
  return { signer, counted: rows.filter((one): one is TurnRow & StandingRow => one.key_hash !== null) }
}

type TurnRow = {
  /** Null, and with it the others: there is no such user any more. */
  email_key: string | null
  password_hash: string
  can_sign_in: boolean
  mfa_enabled: boolean
  key_hash: Buffer | null
}

/**
 * Inserts the session with its refresh token, and remembers the address as one of the user's own; beyond `most` live sessions
 * of the user at the same level, the oldest ends. The user's row is locked.
 */
export function openSession(tenantId: string, session: NewSession, limits: { most: number; now: Date }): Compilable {
  const values = [
    tenantId,
    session.userId,
    session.id,
    session.clientUid,
    limits.now,
    session.expiresAt,
    idleSince(limits.now),
    limits.most,
    session.ipAddress,
    session.userAgent?.slice(0, 512) ?? null,
    session.steppedUpAt,
    session.refreshTokenHash,
    networkOf(session.ipAddress),
  ]
  const text = 'select open_session($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)'
  return { compile: () => CompiledQuery.raw(text, values) }
}

/**
 * The same for a sign-in that nothing stands against, with its turn and the look at the user's row: see finish_sign_in. When it is
 * not so (any more), the unit of work fails with a serialization failure, and is run again.
 */
export function finishSignIn(
  turn: { lock: string; keys: readonly Buffer[] },
  { tenantId, passwordHash }: { tenantId: string; passwordHash: string },
  session: NewSession,
  limits: { most: number; now: Date },
): Compilable {
  const values = [
    turn.lock,
    turn.keys,
    hash('sha256', passwordHash, 'buffer'),
    tenantId,
    session.userId,
    session.id,
    limits.now,
    session.expiresAt,
    idleSince(limits.now),
    limits.most,
    session.ipAddress,
    session.userAgent?.slice(0, 512) ?? null,
    session.refreshTokenHash,
    networkOf(session.ipAddress),
  ]
  const text = 'select finish_sign_in($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)'
  return { compile: () => CompiledQuery.raw(text, values) }
}
