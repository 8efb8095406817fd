/**
 * Requests of a registered client that has proven itself count towards its quota and its tenant's, beside its address's
 * (plugin.ts). Not before the proof: else whoever knows a client's name could use its quota up.
 */
import type { ServerResponse } from 'node:http'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { errors } from 'oidc-provider'
import type { ServedClient } from '#features/oauth/index.ts'
import type { Services } from '#platform/operations/services.ts'
import type { Verdict } from '#platform/rate-limits/index.ts'
import { claimsOfRegisteredClient } from '#platform/rate-limits/index.ts'
import { servedClient } from './client.ts'

/** Where clients authenticate. */
const routes: ReadonlySet<string> = new Set(['token', 'introspection', 'revocation'])

/** What has been counted once stands for the whole request, whoever asks again. */
const verdicts = new WeakMap<ServerResponse, Verdict>()

export type AnswerHeaders = { get(name: string): unknown; set(headers: Record<string, string>): void }

/** Counts a request of this client; null: nobody is limited. The headers show the tighter quota. */
export async function countRequest(
  { rateLimits }: Services,
  { tenantId, id }: ServedClient,
  { response, headers }: { response: ServerResponse; headers: AnswerHeaders },
): Promise<Verdict | null> {
  if (!rateLimits) return null
  const known = verdicts.get(response)
  if (known) return known
  const verdict = await rateLimits.take(claimsOfRegisteredClient(tenantId, id))
  verdicts.set(response, verdict)
  const shown = headers.get('x-ratelimit-remaining') ?? ''
  if (!verdict.allowed || shown === '' || verdict.remaining < Number(shown)) {
    headers.set({
      'x-ratelimit-limit': String(verdict.limit),
      'x-ratelimit-remaining': String(verdict.remaining),
      'x-ratelimit-reset': String(verdict.resetEpochSeconds),
    })
  }
  return verdict
}

/**
 * Called where a request first looks for a token, or is about to be given one: the client is authenticated there, and
 * nothing has been used up, so that a refused request can be sent again.
 * @throws temporarily_unavailable (429) with the seconds to wait in Retry-After
 */
export async function limitClient(services: Services, ctx: KoaContextWithOIDC | undefined): Promise<void> {
  if (!ctx?.oidc?.client || !routes.has(ctx.oidc.route)) return
  const headers = { get: (name: string) => ctx.response.get(name), set: ctx.set.bind(ctx) }
  const verdict = await countRequest(services, servedClient(ctx.oidc.client), { response: ctx.res, headers })
  if (!verdict || verdict.allowed) return
  ctx.set('retry-after', String(verdict.retryAfterSeconds))
  const seconds = `${verdict.retryAfterSeconds} s`
  const refusal = new errors.CustomOIDCProviderError(
    'temporarily_unavailable',
    `too many requests of this client: try again in ${seconds}`,
  )
  throw Object.assign(refusal, { status: 429, statusCode: 429 })
}
