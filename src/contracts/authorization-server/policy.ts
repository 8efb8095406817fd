/** When somebody has to sign in, when to consent, and what a grant holds. */
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { errors, interactionPolicy } from 'oidc-provider'
import { identityScopes, useSessionForSignOn } from '#features/oauth/index.ts'
import type { Services } from '#platform/operations/services.ts'
import { clientSettingsOf, fromAcr, servedClient } from './client.ts'

const { Check, base } = interactionPolicy

export const isIdentityScope = (scope: string) => (identityScopes as readonly string[]).includes(scope)

export function createPolicy(services: Services) {
  const policy = base()
  const login = policy.get('login')
  login?.checks.add(
    new Check('account_unavailable', 'the account is not one of this client', (ctx) =>
      ctx.oidc.session?.accountId !== undefined && !ctx.oidc.account ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT,
    ),
  )
  login?.checks.add(
    new Check('session_ended', 'the session has ended', async (ctx) => {
      const { session, account } = ctx.oidc
      if (!session?.accountId || !account) return Check.NO_NEED_TO_PROMPT
      const signOn = fromAcr(session.acr)
      const holds = signOn && (await useSessionForSignOn(services.database, { ...signOn, userId: session.accountId }))
      return holds ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT
    }),
  )
  return policy
}

/** The grant that the user gave in this browser; a client that needs no consent gets what it asks for. */
export function existingGrant(issuer: string): NonNullable<Configuration['loadExistingGrant']> {
  return async (ctx) => {
    const { client, session, account, provider, result } = ctx.oidc
    if (!client || !account) return undefined
    const consented = (result?.consent as { grantId?: string } | undefined)?.grantId
    const grantId = consented ?? session?.grantIdFor(client.clientId)
    const found = grantId ? await provider.Grant.find(grantId) : undefined
    const grant =
      found && found.accountId === account.accountId && found.clientId === client.clientId ? found : undefined
    if (clientSettingsOf(client).requireAuthorizationConsent || consented) return grant
    const wanted = requestedScopes(ctx.oidc.params)
    const given = grant ?? new provider.Grant({ accountId: account.accountId, clientId: client.clientId })
    addScopes(given, wanted, issuer)
    await given.save()
    return given
  }
}

export function requestedScopes(params: Record<string, unknown> | undefined): string[] {
  const { scope } = params ?? {}
  return typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : []
}

type GrantLike = { addOIDCScope(scope: string): void; addResourceScope(resource: string, scope: string): void }

/** Both halves: oidc-provider asks for identity scopes in one, and for everything that a token may hold in the other. */
export function addScopes(grant: GrantLike, scopes: readonly string[], issuer: string): void {
  const identity = scopes.filter(isIdentityScope)
  if (identity.length > 0) grant.addOIDCScope(identity.join(' '))
  if (scopes.length > 0) grant.addResourceScope(issuer, scopes.join(' '))
}

/** oidc-provider drops unknown scopes silently; a client that asks for one that it has not registered shall hear it. */
export function requireRegisteredScopes(ctx: KoaContextWithOIDC, client: unknown): string[] {
  const { scopes } = servedClient(client)
  const params = ctx.oidc.params
  if (params && params.scope === undefined && params.grant_type === 'client_credentials') {
    // RFC 6749 3.3: a pre-defined default.
    params.scope = scopes.filter((scope) => !isIdentityScope(scope)).join(' ') || undefined
  }
  // A refresh or a code may hold scopes that the client has lost since: they are left out of the new token.
  const isNewRequest = ctx.oidc.route !== 'token' || params?.grant_type === 'client_credentials'
  const unknown = isNewRequest ? requestedScopes(ctx.oidc.params).find((scope) => !scopes.includes(scope)) : undefined
  if (unknown !== undefined) throw new errors.InvalidScope('requested scope is not allowed', unknown)
  return scopes
}
