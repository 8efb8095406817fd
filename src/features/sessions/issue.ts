import { generateToken, hashSecret } from '#kernel/api-key.ts'
import { newId } from '#kernel/ids.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { mostSessions, sessionLifetimeSeconds } from './rules.ts'
import { openSession as insertSession } from './sign-in-store.ts'
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
  return withAccessToken(context, session, { refreshToken, accessLifetimeSeconds })
}

async function withAccessToken(
  context: OperationContext,
  session: SessionOf,
  { refreshToken, accessLifetimeSeconds }: { refreshToken: string; accessLifetimeSeconds: number },
): Promise<Tokens> {
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

/**
 * A new session with its tokens, for a user who has proven everything and whose row is locked.
 * @param write where that is seen to in the same call
 */
export async function openSession(
  context: OperationContext,
  opening: Opening,
  write: typeof insertSession = insertSession,
): Promise<Tokens> {
  const { tenantId, now, origin } = context
  const refreshToken = generateToken('rt')
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
    refreshTokenHash: hashSecret(refreshToken),
  }
  context.write(write(tenantId, opened, { most: mostSessions, now }))
  return withAccessToken(context, session, { refreshToken, accessLifetimeSeconds: opening.accessLifetimeSeconds })
}
