/**
 * Self-contained access tokens (tokenSettings.accessTokenFormat): a JWT whose "jti" is the opaque token that oidc-provider
 * keeps. Resource servers elsewhere verify the signature; here the jti is looked up, so that revocation holds at once and
 * userinfo, introspection and revocation take both forms.
 */
import { text } from 'node:stream/consumers'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { ServedClient } from '#features/oauth/index.ts'
import type { Services } from '#platform/operations/services.ts'
import type { Middleware } from './body.ts'
import { mostBodyBytes, replaceBody } from './body.ts'
import { servedClient, tokenSettingsOf } from './client.ts'

const jwt = /^[\w-]+\.[\w-]+\.[\w-]+$/

export function issueSelfContained(services: Services): Middleware {
  return async (ctx, next) => {
    await next()
    if (ctx.path !== '/oauth2/token' || ctx.status !== 200 || !ctx.oidc?.client) return
    const token = ctx.oidc.entities.AccessToken ?? ctx.oidc.entities.ClientCredentials
    const body = ctx.body as { access_token?: string }
    if (!token || !body.access_token || tokenSettingsOf(ctx.oidc.client).accessTokenFormat !== 'self-contained') return
    const accountId = 'accountId' in token ? token.accountId : undefined
    body.access_token = await selfContained(services, servedClient(ctx.oidc.client), {
      subject: accountId,
      scope: token.scope,
      jti: token.jti,
      issuedAt: token.iat ?? Math.floor(Date.now() / 1000),
      seconds: token.expiration,
    })
  }
}

type Token = {
  /** Absent: the client itself. */
  subject?: string | undefined
  scope: string | undefined
  jti: string
  /** Seconds since 1970. */
  issuedAt: number
  seconds: number
}

/** The JWT around an opaque token. */
export function selfContained(
  { signingKeys, settings }: Services,
  { tenantId, clientId }: ServedClient,
  { subject, scope, jti, issuedAt, seconds }: Token,
): Promise<string> {
  return signingKeys.signOAuth(
    {
      sub: subject ?? clientId,
      tid: tenantId,
      client_id: clientId,
      ...(scope ? { scope } : {}),
      aud: settings.publicUrl,
      jti,
    },
    { issuedAt, expiresAt: issuedAt + seconds },
  )
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
  replaceBody(ctx, Buffer.from(form.toString()))
}
