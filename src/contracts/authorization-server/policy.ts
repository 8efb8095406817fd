/** When somebody has to sign in, when to consent, and what a grant holds. */
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { errors, interactionPolicy } from 'oidc-provider'
import { findConsentedScopes, identityScopes, useSessionForSignOn } from '#features/oauth/index.ts'
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

/**
 * What the user has allowed the client, as oidc-provider's grant: one for each browser session, since tokens end with it. A
 * client that needs no consent gets what it asks for; another what stands in the table, whichever browser it was given in.
 */
export function existingGrant(services: Services): NonNullable<Configuration['loadExistingGrant']> {
  const issuer = services.settings.publicUrl
  return async (ctx) => {
    const { client, session, account, provider, result } = ctx.oidc
    if (!client || !account) return undefined
    const { accountId } = account
    const consented = (result?.consent as { grantId?: string } | undefined)?.grantId
    const grantId = consented ?? session?.grantIdFor(client.clientId)
    const found = grantId ? await provider.Grant.find(grantId) : undefined
    const isTheirs = found?.accountId === accountId && found.clientId === client.clientId
    const grant = isTheirs ? found : new provider.Grant({ accountId, clientId: client.clientId })
    if (clientSettingsOf(client).requireAuthorizationConsent) {
      const scopes = await consentedScopes(services, client, accountId)
      if (scopes.length === 0) return undefined
      // What the browser's grant had from before may have been withdrawn, or taken from the client, since.
      delete grant.openid
      delete grant.resources
      addScopes(grant, scopes, issuer)
    } else {
      addScopes(grant, requestedScopes(ctx.oidc.params), issuer)
    }
    await grant.save()
    return grant
  }
}

function consentedScopes(services: Services, client: unknown, userId: string): Promise<string[]> {
  const { id, tenantId } = servedClient(client)
  return findConsentedScopes(services.database, { tenantId, userId, registeredClientId: id })
}

/** What a token may hold: the client's scopes, and of a user's token those that the user allows still. */
export async function grantableScopes(services: Services, ctx: KoaContextWithOIDC, client: unknown): Promise<string[]> {
  const scopes = requireRegisteredScopes(ctx, client)
  const account = ctx.oidc.entities.Account
  if (ctx.oidc.route !== 'token' || !account || !clientSettingsOf(client).requireAuthorizationConsent) return scopes
  const consented = await consentedScopes(services, client, account.accountId)
  if (consented.length === 0) throw new errors.InvalidGrant('consent withdrawn')
  return scopes.filter((scope) => consented.includes(scope))
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
function requireRegisteredScopes(ctx: KoaContextWithOIDC, client: unknown): string[] {
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
