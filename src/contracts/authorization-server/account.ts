import type { Configuration } from 'oidc-provider'
import { findSubject, sessionHolds } from '#features/oauth/index.ts'
import type { Services } from '#platform/operations/services.ts'
import { fromAcr, servedClient } from './client.ts'

type Token = { acr?: string; scopes?: Set<string>; extra?: Record<string, unknown> }

/** A user of the registered client's own tenant who may still sign in; with a token: whose session it came from holds. */
export function findAccount(services: Services): NonNullable<Configuration['findAccount']> {
  return async (ctx, sub, token) => {
    if (!ctx.oidc.client) return undefined
    const { tenantId } = servedClient(ctx.oidc.client)
    const subject = await findSubject(services.database, tenantId, sub)
    if (!subject || subject.lacksSecondFactor) return undefined
    if (token && !(await holds(services, tenantId, token as unknown as Token))) return undefined
    return {
      accountId: subject.userId,
      claims: () => ({
        sub: subject.userId,
        email: subject.email,
        name: subject.displayName,
        updated_at: Math.floor(subject.updatedAt.getTime() / 1000),
      }),
    }
  }
}

async function holds(services: Services, tenantId: string, token: Token): Promise<boolean> {
  const sessionId = fromAcr(token.acr)?.sessionId ?? token.extra?.session
  if (typeof sessionId !== 'string') return false
  const offlineAccess = token.scopes?.has('offline_access') ?? token.extra?.offline === true
  return sessionHolds(services.database, { tenantId, sessionId, offlineAccess })
}
