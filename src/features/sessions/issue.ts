import { rememberAddress } from '#features/throttling/index.ts'
import { generateToken, hashSecret } from '#kernel/api-key.ts'
import { newId } from '#kernel/ids.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { mostSessions, sessionLifetimeSeconds } from './rules.ts'
import * as store from './store.ts'

/** What a sign-in or a refresh gives. Times in seconds. */
export type Tokens = {
  sessionId: string
  accessToken: string
  refreshToken: string
  expiresInSeconds: number
}

type SessionOf = { id: string; userId: string; clientUid: string | null; expiresAt: Date }

export async function issueTokens(
  context: OperationContext,
  session: SessionOf,
  accessLifetimeSeconds: number,
): Promise<Tokens> {
  const refreshToken = generateToken('rt')
  const stored = { hash: hashSecret(refreshToken), sessionId: session.id, expiresAt: session.expiresAt }
  context.write(store.insertRefreshToken(context.tx, context.tenantId, stored))
  const accessToken = await context.services.signingKeys.sign(
    {
      sub: session.userId,
      tid: context.tenantId,
      sid: session.id,
      ...(session.clientUid ? { client_uid: session.clientUid } : {}),
    },
    accessLifetimeSeconds,
  )
  return { sessionId: session.id, accessToken, refreshToken, expiresInSeconds: accessLifetimeSeconds }
}

export type Opening = {
  userId: string
  clientUid: string | null
  accessLifetimeSeconds: number
  /** A second factor was proven just now. */
  isSteppedUp: boolean
}

/** A new session with its tokens, for a user who has proven everything and whose row is locked. */
export async function openSession(context: OperationContext, opening: Opening): Promise<Tokens> {
  const { tx, tenantId, now, origin } = context
  const session = {
    id: newId('sess'),
    userId: opening.userId,
    clientUid: opening.clientUid,
    expiresAt: new Date(now.getTime() + sessionLifetimeSeconds * 1000),
  }
  const opened = {
    ...session,
    ipAddress: origin.ipAddress,
    userAgent: origin.userAgent,
    steppedUpAt: opening.isSteppedUp ? now : null,
  }
  for (const query of store.insertSession(tx, tenantId, opened, { most: mostSessions, now })) context.write(query)
  context.write(rememberAddress(tx, tenantId, opening.userId, origin.ipAddress))
  return issueTokens(context, session, opening.accessLifetimeSeconds)
}
