/**
 * Self-contained access tokens (tokenSettings.accessTokenFormat): a JWT whose "jti" is the opaque token that oidc-provider
 * keeps. Resource servers elsewhere verify the signature; here the jti is looked up, so that revocation holds at once and
 * userinfo, introspection and revocation take both forms.
 */
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Services } from '#platform/operations/services.ts'
import { servedClient, tokenSettingsOf } from './client.ts'

type Middleware = (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void>

const jwt = /^[\w-]+\.[\w-]+\.[\w-]+$/
const mostBodyBytes = 56 * 1024

export function issueSelfContained(services: Services): Middleware {
  return async (ctx, next) => {
    await next()
    if (ctx.path !== '/oauth2/token' || ctx.status !== 200 || !ctx.oidc?.client) return
    const token = ctx.oidc.entities.AccessToken ?? ctx.oidc.entities.ClientCredentials
    const body = ctx.body as { access_token?: string }
    if (!token || !body.access_token || tokenSettingsOf(ctx.oidc.client).accessTokenFormat !== 'self-contained') return
    const { tenantId, clientId } = servedClient(ctx.oidc.client)
    const issuedAt = token.iat ?? Math.floor(Date.now() / 1000)
    body.access_token = await services.signingKeys.signOAuth(
      {
        sub: ('accountId' in token ? token.accountId : undefined) ?? clientId,
        tid: tenantId,
        client_id: clientId,
        ...(token.scope ? { scope: token.scope } : {}),
        aud: services.settings.publicUrl,
        jti: token.jti,
      },
      { issuedAt, expiresAt: issuedAt + token.expiration },
    )
  }
}

export function acceptSelfContained(services: Services): Middleware {
  return async (ctx, next) => {
    if (ctx.path === '/oauth2/userinfo') await unwrapHeader(services, ctx)
    else if (ctx.method === 'POST' && (ctx.path === '/oauth2/introspect' || ctx.path === '/oauth2/revoke')) {
      await unwrapBody(services, ctx)
    }
    await next()
  }
}

/** What is no valid token of ours stays as it is: oidc-provider refuses it. */
async function opaqueOf(services: Services, token: string): Promise<string> {
  if (!jwt.test(token)) return token
  try {
    return (await services.signingKeys.verifyOAuth(token)).jti
  } catch {
    // An unknown opaque token: "inactive" at introspection, nothing to do at revocation (RFC 7009 2.2).
    return 'not-a-token'
  }
}

async function unwrapHeader(services: Services, ctx: KoaContextWithOIDC): Promise<void> {
  const found = /^Bearer +(\S+)$/i.exec(ctx.headers.authorization ?? '')
  if (found?.[1]) ctx.req.headers.authorization = `Bearer ${await opaqueOf(services, found[1])}`
}

async function unwrapBody(services: Services, ctx: KoaContextWithOIDC): Promise<void> {
  if (!ctx.is('application/x-www-form-urlencoded') || (ctx.request.length ?? 0) > mostBodyBytes) return
  const form = new URLSearchParams(await text(ctx.req))
  const token = form.get('token')
  if (token !== null && form.getAll('token').length === 1) form.set('token', await opaqueOf(services, token))
  const body = Buffer.from(form.toString())
  // oidc-provider reads the request's stream itself; it gets one of the same request with the other body.
  const { headers, method, url, socket } = ctx.req
  headers['content-length'] = String(body.length)
  ctx.req = Object.assign(Readable.from([body]), { headers, method, url, socket }) as unknown as typeof ctx.req
}
