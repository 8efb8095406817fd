/**
 * A program's own token at once (client credentials, RFC 6749 4.4), for the request that nearly all of them are: a client that
 * this process knows, a secret that it has verified before, and nothing unusual. Whatever is not so, and every refusal, is left
 * to oidc-provider, which begins anew; it answers the same to what is answered here (docs/decisions/0038).
 */
import { randomBytes } from 'node:crypto'
import { parse } from 'node:querystring'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isKnownSecret, saveProgramToken } from '#features/oauth/index.ts'
import type { Services } from '#platform/operations/services.ts'
import type { Client } from './adapter.ts'
import { servedClient, tokenSettingsOf } from './client.ts'
import { countRequest } from './limits.ts'
import { isIdentityScope } from './policy.ts'
import type { AuthorizationServer } from './provider.ts'
import { selfContained } from './self-contained.ts'

/** RFC 6749 5.1, members in oidc-provider's order. */
type TokenResponse = { access_token: string; expires_in: number; scope?: string; token_type: 'Bearer' }

type Exchange = { request: FastifyRequest; reply: FastifyReply }

/** @returns null, and nothing has happened but that the request may have been counted: it is oidc-provider's to answer */
export async function issueAtOnce(
  services: Services,
  { lastServed }: AuthorizationServer,
  { request, reply }: Exchange,
): Promise<TokenResponse | null> {
  const asked = plainRequest(request)
  const client = asked && lastServed.get(asked.clientId)
  if (!client || !proves(client, asked.secret)) return null
  const granted = grantedScope(client, asked.scope)
  if (!granted) return null
  const served = servedClient(client)
  const headers = { get: (name: string) => reply.getHeader(name), set: reply.headers.bind(reply) }
  const verdict = await countRequest(services, served, { response: reply.raw, headers })
  if (verdict && !verdict.allowed) return null
  const { accessTokenSeconds: seconds, accessTokenFormat } = tokenSettingsOf(client)
  const { scope } = granted
  const jti = randomBytes(32).toString('base64url')
  const issuedAt = Math.floor(Date.now() / 1000)
  const [isKept, signed] = await Promise.all([
    saveProgramToken(services, jti, {
      client: served,
      content: {
        iat: issuedAt,
        exp: issuedAt + seconds,
        kind: 'ClientCredentials',
        clientId: served.clientId,
        aud: services.settings.publicUrl,
        extra: { tid: served.tenantId },
        ...(scope ? { scope } : {}),
      },
      expiresInSeconds: seconds,
    }),
    accessTokenFormat === 'self-contained'
      ? selfContained(services, served, { scope, jti, issuedAt, seconds })
      : undefined,
  ])
  if (!isKept) {
    lastServed.delete(served.clientId)
    return null
  }
  return { access_token: signed ?? jti, expires_in: seconds, ...(scope ? { scope } : {}), token_type: 'Bearer' }
}

type Asked = { clientId: string; secret: string; scope: string | undefined }

const form = /^application\/x-www-form-urlencoded(?:; ?charset=utf-8)?$/i

/** What oidc-provider looks at beside the body and the client's credentials. */
const unusualHeaders = ['origin', 'dpop', 'oauth-client-attestation', 'oauth-client-attestation-pop'] as const

function plainRequest({ url, headers, body }: FastifyRequest): Asked | null {
  if (url !== '/oauth2/token' || !Buffer.isBuffer(body) || !form.test(headers['content-type'] ?? '')) return null
  if (unusualHeaders.some((name) => headers[name] !== undefined)) return null
  const { grant_type, scope, client_id, client_secret, ...others } = parse(body.toString())
  if (grant_type !== 'client_credentials' || Object.keys(others).length > 0) return null
  // Given twice, or empty.
  if (scope !== undefined && (typeof scope !== 'string' || scope === '')) return null
  if (headers.authorization !== undefined) {
    const credentials = client_id === undefined && client_secret === undefined ? basic(headers.authorization) : null
    return credentials && { ...credentials, scope }
  }
  if (typeof client_id !== 'string' || typeof client_secret !== 'string') return null
  return { clientId: client_id, secret: client_secret, scope }
}

/** RFC 6749 2.3.1: both halves are form-encoded. */
function basic(authorization: string): { clientId: string; secret: string } | null {
  const encoded = /^basic ((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/i.exec(authorization)?.[1]
  if (!encoded) return null
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 1) return null
  try {
    const [clientId, secret] = [text.slice(0, colon), text.slice(colon + 1)].map(decodeFormText)
    return clientId && secret && visible.test(secret) ? { clientId, secret } : null
  } catch {
    return null
  }
}

/** RFC 6749 appendix A.2. */
const visible = /^[\x20-\x7e]+$/

const decodeFormText = (text: string) => decodeURIComponent(text.replaceAll('+', '%20'))

const secretMethods: ReadonlySet<string | undefined> = new Set(['client_secret_basic', 'client_secret_post'])

function proves(client: Client, secret: string): boolean {
  const { secretHash, secretExpiresAt } = servedClient(client)
  if (secretHash === null || (secretExpiresAt !== null && secretExpiresAt <= new Date())) return false
  return secretMethods.has(client.clientAuthMethod) && isKnownSecret(secretHash, secret)
}

/** As grantableScopes (policy.ts) has it; null: something is asked for that has to be looked at. */
function grantedScope(client: Client, asked: string | undefined): { scope: string | undefined } | null {
  if (!client.grantTypeAllowed('client_credentials')) return null
  const { scopes } = servedClient(client)
  const own = scopes.filter((scope) => !isIdentityScope(scope))
  if (asked === undefined) return { scope: own.join(' ') || undefined }
  const wanted = asked.split(' ')
  const isPlain = wanted.every((scope) => own.includes(scope)) && new Set(wanted).size === wanted.length
  return isPlain ? { scope: asked } : null
}
