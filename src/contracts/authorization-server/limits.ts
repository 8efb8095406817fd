/**
 * Requests of a registered client that has proven itself count towards its quota and its tenant's, beside its address's
 * (plugin.ts). Not before the proof: else whoever knows a client's name could use its quota up.
 */
import type { KoaContextWithOIDC } from 'oidc-provider'
import { errors } from 'oidc-provider'
import type { Services } from '#platform/operations/services.ts'
import { claimsOfRegisteredClient } from '#platform/rate-limits/index.ts'
import { servedClient } from './client.ts'

/** Where clients authenticate. */
const routes: ReadonlySet<string> = new Set(['token', 'introspection', 'revocation'])

const counted = new WeakSet<KoaContextWithOIDC>()

/**
 * Called where a request first looks for a token, or is about to be given one: the client is authenticated there, and
 * nothing has been used up, so that a refused request can be sent again.
 * @throws temporarily_unavailable (429) with the seconds to wait in Retry-After
 */
export async function limitClient({ rateLimits }: Services, ctx: KoaContextWithOIDC | undefined): Promise<void> {
  if (!rateLimits || !ctx?.oidc?.client || !routes.has(ctx.oidc.route) || counted.has(ctx)) return
  counted.add(ctx)
  const { tenantId, id } = servedClient(ctx.oidc.client)
  const verdict = await rateLimits.take(claimsOfRegisteredClient(tenantId, id))
  const shown = ctx.response.get('x-ratelimit-remaining')
  if (!verdict.allowed || shown === '' || verdict.remaining < Number(shown)) {
    ctx.set({
      'x-ratelimit-limit': String(verdict.limit),
      'x-ratelimit-remaining': String(verdict.remaining),
      'x-ratelimit-reset': String(verdict.resetEpochSeconds),
    })
  }
  if (verdict.allowed) return
  ctx.set('retry-after', String(verdict.retryAfterSeconds))
  const seconds = `${verdict.retryAfterSeconds} s`
  const refusal = new errors.CustomOIDCProviderError(
    'temporarily_unavailable',
    `too many requests of this client: try again in ${seconds}`,
  )
  throw Object.assign(refusal, { status: 429, statusCode: 429 })
}
