/**
 * The console's credential: an access token in a cookie that no script can read. It counts only for requests that the
 * console itself made (decision 18):
 *
 *   1. they carry a header of ours, which a page of another origin cannot send without a CORS preflight that nobody answers;
 *   2. the browser says that they come from this very origin (Sec-Fetch-Site, or Origin where a browser has no such header);
 *   3. the cookie is SameSite=Strict and, under https, bound to this host by its name.
 *
 * Without the header the cookie is as good as absent: programs, and the pages of the authorization server, never meet it.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PresentedCredentials } from '#features/authentication/index.ts'
import { coreError } from '#kernel/errors.ts'
import type { Actor } from '#platform/operations/actor.ts'
import { clientOf } from '#platform/operations/actor.ts'
import type { Services } from '#platform/operations/services.ts'

/** Its presence says "the console asks"; its value means nothing. */
const consoleHeader = 'x-clientele-console'
/** The client that an account-level user of the console acts on where the address does not name one. */
const clientHeader = 'x-clientele-client'

/** Longer than a session may be idle: a session that holds always has a token that holds. */
export const consoleTokenSeconds = 3600
/** A token that is older is replaced beside the answer. */
const renewAfterSeconds = 600

const sessionName = 'clientele_console'
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

type CookieOptions = { publicUrl: string; name: string; path: string; maxAgeSeconds: number }

/** Under https the prefix makes browsers refuse the cookie from anywhere but this host (RFC 6265bis 4.1.3). */
function prefixed(name: string, publicUrl: string, path: string): string {
  if (!publicUrl.startsWith('https:')) return name
  return path === '/' ? `__Host-${name}` : `__Secure-${name}`
}

/** A Set-Cookie header; no life left deletes. `value` has characters of a cookie's value only (RFC 6265 4.1.1): tokens have. */
export function cookieOf(value: string, { publicUrl, name, path, maxAgeSeconds }: CookieOptions): string {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : ''
  const cookie = `${prefixed(name, publicUrl, path)}=${value}`
  return `${cookie}; Max-Age=${maxAgeSeconds}; Path=${path}; HttpOnly${secure}; SameSite=Strict`
}

export function readCookie(request: FastifyRequest, { publicUrl, name, path }: Omit<CookieOptions, 'maxAgeSeconds'>) {
  const wanted = `${prefixed(name, publicUrl, path)}=`
  const found = (request.headers.cookie ?? '').split(';').find((one) => one.trim().startsWith(wanted))
  return found?.trim().slice(wanted.length) || undefined
}

const sessionCookie = (publicUrl: string) => ({ publicUrl, name: sessionName, path: '/' })

export function sessionCookieOf(services: Services, token: string): string {
  return cookieOf(token, { ...sessionCookie(services.settings.publicUrl), maxAgeSeconds: consoleTokenSeconds })
}

export function noSessionCookie(services: Services): string {
  return cookieOf('', { ...sessionCookie(services.settings.publicUrl), maxAgeSeconds: 0 })
}

export function isFromConsole(request: FastifyRequest): boolean {
  return request.headers[consoleHeader] !== undefined
}

/** @throws unauthenticated when another origin, or another host of this site, made the browser send this */
export function requireOwnOrigin(request: FastifyRequest, publicUrl: string): void {
  const { origin } = request.headers
  const site = request.headers['sec-fetch-site']
  const own = [new URL(publicUrl).origin, `${request.protocol}://${request.headers.host}`]
  const isOwn = (site === undefined || site === 'same-origin') && (origin === undefined || own.includes(origin))
  // Browsers without Sec-Fetch-Site (and all on plain http but localhost) send Origin with what changes something.
  const isProven = site !== undefined || origin !== undefined || ['GET', 'HEAD'].includes(request.method)
  if (!isOwn || !isProven) throw coreError('unauthenticated')
}

/** What the request presents: its headers, else the console's cookie. @throws unauthenticated */
export function credentialsOf(request: FastifyRequest, publicUrl: string): PresentedCredentials {
  const { authorization } = request.headers
  const given = request.headers['x-api-key']
  const apiKey = Array.isArray(given) ? given[0] : given
  if (authorization !== undefined || apiKey !== undefined || !isFromConsole(request)) return { authorization, apiKey }
  const token = readCookie(request, sessionCookie(publicUrl))
  if (token === undefined) return { authorization, apiKey }
  requireOwnOrigin(request, publicUrl)
  return { authorization: `Bearer ${token}`, apiKey }
}

/** A new token for the same session, in the same cookie, before the old one is too old. Whether the session still holds, the entrance asks. */
export async function renewConsoleSession(
  services: Services,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  actor: Actor,
): Promise<void> {
  if (actor.kind !== 'user' || actor.oauth || !isFromConsole(request) || request.headers.authorization) return
  const token = readCookie(request, sessionCookie(services.settings.publicUrl))
  if (token === undefined || ageSecondsOf(token, services.clock.now()) < renewAfterSeconds) return
  const { userId, tenantId, sessionId, clientUid } = actor
  const claims = { sub: userId, tid: tenantId, sid: sessionId, ...(clientUid ? { client_uid: clientUid } : {}) }
  const renewed = await services.signingKeys.sign(claims, consoleTokenSeconds)
  reply.header('set-cookie', sessionCookieOf(services, renewed))
}

/** Of a token whose signature has been verified. */
function ageSecondsOf(token: string, now: Date): number {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
  const { iat } = JSON.parse(payload) as { iat: number }
  return now.getTime() / 1000 - iat
}

/** The client that an operation on "the own client" is about. @throws client_level_required */
export function ownClientOf(request: FastifyRequest, actor: Actor): string {
  const own = clientOf(actor)
  if (own !== null) return own
  const named = request.headers[clientHeader]
  const mayName = actor.kind === 'user' && !actor.oauth && isFromConsole(request) && !request.headers.authorization
  if (mayName && typeof named === 'string' && uuid.test(named)) return named.toLowerCase()
  throw coreError('client_level_required')
}
