/** The authorization server: oidc-provider, configured from our settings, tables and keys. */
import { createHash } from 'node:crypto'
import type { LRUCache } from 'lru-cache'
import type { ClientAuthMethod, Configuration, JWK, KoaContextWithOIDC } from 'oidc-provider'
import Provider, { errors } from 'oidc-provider'
import { identityScopes, verifySecret } from '#features/oauth/index.ts'
import type { Services } from '#platform/operations/services.ts'
import { findAccount } from './account.ts'
import type { Client } from './adapter.ts'
import { createAdapter, extraClientMetadata, serveRegisteredClients } from './adapter.ts'
import { takeBack } from './body.ts'
import { clientSettingsOf, fromAcr, servedClient, tokenSettingsOf } from './client.ts'
import { limitClient } from './limits.ts'
import { confirmSignOut, showError, showSignedOut } from './messages.ts'
import { createPolicy, existingGrant, grantableScopes } from './policy.ts'
import { acceptSelfContained, issueSelfContained } from './self-contained.ts'
import { signOutOfPlatform } from './sign-in.ts'

export type AuthorizationServer = {
  provider: Provider
  /** Reads the request and sends what oidc-provider has to say to it. */
  answer: ReturnType<Provider['callback']>
  /** Makes form tokens and signs cookies; the same on every node. */
  cookieKeys: string[]
  /** Registered clients as they were looked up last, by their clientId: whoever uses one says of which version he did. */
  lastServed: LRUCache<string, Client>
}

/** How long what one sign-in has given lasts at most; refreshing goes no further. */
const grantSeconds = 180 * 24 * 3600

/** One for the present signing keys; they change about once a month, and the next request gets a new one. */
export function authorizationServers(services: Services): () => Promise<AuthorizationServer> {
  let present: { keys: readonly JWK[]; server: AuthorizationServer } | null = null
  return async () => {
    const keys = await services.signingKeys.idTokenKeys()
    if (present?.keys !== keys) present = { keys, server: build(services, [...keys]) }
    return present.server
  }
}

function build(services: Services, keys: JWK[]): AuthorizationServer {
  const cookieKeys = keys.map((key) =>
    createHash('sha256').update('authorization server cookies ').update(String(key.d)).digest('base64url'),
  )
  const provider = new Provider(services.settings.publicUrl, configuration(services, { keys, cookieKeys }))
  // Links and cookies follow CLIENTELE_PUBLIC_URL, which plugin.ts puts in the place of what the caller claimed.
  provider.proxy = true
  keepSecretsHashed(provider)
  const lastServed = serveRegisteredClients(provider, services)
  provider.use(takeBack)
  provider.use(acceptSelfContained(services))
  provider.use(issueSelfContained(services))
  provider.on('server_error', (_ctx, error) => services.logger.error({ err: error }, 'authorization server'))
  provider.on('end_session.success', (ctx) => void signOutOfPlatform(services, ctx))
  return { provider, answer: provider.callback(), cookieKeys, lastServed }
}

/**
 * The stored secret is a hash; one that has expired is as good as wrong (a 401, which RFC 6749 5.2 demands, where the
 * library's own check answers 400). An opaque token has no audience, so that userinfo takes it too.
 */
function keepSecretsHashed(provider: Provider): void {
  provider.Client.prototype.compareClientSecret = function compareClientSecret(actual) {
    const { secretHash, secretExpiresAt } = servedClient(this)
    if (secretHash === null || (secretExpiresAt !== null && secretExpiresAt <= new Date())) return false
    return verifySecret(secretHash, actual)
  }
  provider.AccessToken.prototype.setAudience = () => {}
}

function configuration(services: Services, { keys, cookieKeys }: { keys: JWK[]; cookieKeys: string[] }): Configuration {
  const { publicUrl } = services.settings
  return {
    adapter: createAdapter(services),
    jwks: { keys },
    findAccount: findAccount(services),
    loadExistingGrant: existingGrant(services),
    scopes: [...identityScopes],
    claims: {
      openid: ['sub'],
      email: ['email'],
      profile: ['name', 'updated_at'],
      acr: null,
      auth_time: null,
      iss: null,
      sid: null,
    },
    responseTypes: ['code'],
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as ClientAuthMethod[],
    enabledJWA: {
      idTokenSigningAlgValues: ['RS256'],
      clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    },
    clientDefaults: { id_token_signed_response_alg: 'RS256' },
    extraClientMetadata: { properties: [...extraClientMetadata] },
    extraTokenClaims: (ctx, token) => tokenClaims(ctx, token),
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: (ctx) =>
      ctx.oidc.client?.clientAuthMethod === 'none' || !tokenSettingsOf(ctx.oidc.client).reuseRefreshTokens,
    pkce: {
      required: (_ctx, client) => client.clientAuthMethod === 'none' || clientSettingsOf(client).requireProofKey,
    },
    routes: {
      authorization: '/oauth2/authorize',
      token: '/oauth2/token',
      jwks: '/.well-known/jwks.json',
      introspection: '/oauth2/introspect',
      revocation: '/oauth2/revoke',
      userinfo: '/oauth2/userinfo',
      end_session: '/oauth2/end-session',
    },
    cookies: {
      keys: cookieKeys,
      names: { session: 'clientele_sign_on', interaction: 'clientele_interaction', resume: 'clientele_resume' },
      long: { httpOnly: true, sameSite: 'lax', path: '/oauth2', signed: true, overwrite: true },
      short: { httpOnly: true, sameSite: 'lax', signed: true, overwrite: true },
    },
    ttl: {
      AccessToken: (_ctx, _token, client) => tokenSettingsOf(client).accessTokenSeconds,
      ClientCredentials: (_ctx, _token, client) => tokenSettingsOf(client).accessTokenSeconds,
      RefreshToken: (_ctx, _token, client) => tokenSettingsOf(client).refreshTokenSeconds,
      AuthorizationCode: 60,
      IdToken: 3600,
      Interaction: 1800,
      Session: 7 * 24 * 3600,
      Grant: grantSeconds,
    },
    // Pages may call where their client's users come back to: a client that lives in a browser has its tokens fetched there.
    clientBasedCORS: (_ctx, origin, client) =>
      servedClient(client).redirectUris.some((uri) => URL.parse(uri)?.origin === origin),
    interactions: {
      policy: createPolicy(services),
      url: (_ctx, interaction) => `/oauth2/interaction/${interaction.uid}`,
    },
    renderError: showError,
    fetch: (url, options) => fetchGuarded(services, url, options),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      userinfo: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: confirmSignOut, postLogoutSuccessSource: showSignedOut },
      // A proof of possession that the contracts do not check would promise what is not kept.
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => publicUrl,
        useGrantedResource: () => true,
        getResourceServerInfo: async (ctx, resource, client) => {
          if (resource !== publicUrl) throw new errors.InvalidTarget()
          await limitClient(services, ctx)
          const scope = (await grantableScopes(services, ctx, client)).join(' ')
          return { scope, audience: publicUrl, accessTokenFormat: 'opaque' }
        },
      },
    },
  }
}

/** Which session a user's token came from, and whether it may outlive it: the contracts look at both. */
function tokenClaims(ctx: KoaContextWithOIDC, token: { kind: string; clientId?: string | undefined }) {
  const tenantId = servedClient(ctx.oidc.client).tenantId
  if (token.kind !== 'AccessToken') return { tid: tenantId }
  const { AuthorizationCode: code, RefreshToken: refreshToken } = ctx.oidc.entities
  const source = refreshToken ?? code
  const session = fromAcr(source?.acr)?.sessionId
  return { tid: tenantId, ...(session ? { session } : {}), offline: source?.scopes.has('offline_access') ?? false }
}

/** For jwks_uri of registered clients: the one guarded way out. */
async function fetchGuarded(
  services: Services,
  url: string | URL | Request,
  options: RequestInit | undefined,
): Promise<Response> {
  const answer = await services.outbound.request({
    method: 'GET',
    url: url instanceof Request ? url.url : url.toString(),
    headers: Object.fromEntries(new Headers(options?.headers).entries()),
    timeoutMs: 5000,
    maxResponseBytes: 128 * 1024,
    failOnOversize: true,
    failOnRedirect: true,
  })
  return new Response(new Uint8Array(answer.body), { status: answer.status, headers: answer.headers })
}
