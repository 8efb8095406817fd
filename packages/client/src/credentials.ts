/** What a request proves itself by. */
import { AuthenticationError, ConnectionError, readError } from './errors.ts'
import type { Fetch } from './transport.ts'

export type Place = { baseUrl: string; fetch: Fetch }

export type Credential = {
  /** Asked before every request. @throws ApiError, ConnectionError when there is none to be had */
  headers(place: Place): Promise<Record<string, string>>
  /** The server refused these headers. Whether others can be had: then the request is sent once more. */
  renew?(refused: Record<string, string>): boolean
}

/** Sends none: for registration, and for addresses that need none. */
export const noCredential: Credential = { headers: async () => ({}) }

/** A client's API key. */
export function apiKey(key: string): Credential {
  return { headers: async () => ({ 'x-api-key': key }) }
}

/** An access token that was got elsewhere; a function is asked before every request. */
export function accessToken(token: string | (() => string | Promise<string>)): Credential {
  return {
    headers: async () => ({ authorization: `Bearer ${typeof token === 'string' ? token : await token()}` }),
  }
}

/** A new token this long before the old one ends: clocks differ, requests take time. */
const earlyMs = 30_000

type Token = { value: string; endsAt: number }

/** Keeps a token until shortly before its end; of many who ask at once one fetches it. */
class TokenCache {
  readonly #fetch: (place: Place) => Promise<Token>
  #token: Token | null = null
  #fetching: Promise<Token> | null = null

  constructor(fetch: (place: Place) => Promise<Token>) {
    this.#fetch = fetch
  }

  async get(place: Place): Promise<string> {
    if (this.#token && this.#token.endsAt - earlyMs > Date.now()) return this.#token.value
    this.#fetching ??= this.#fetch(place).finally(() => {
      this.#fetching = null
    })
    this.#token = await this.#fetching
    return this.#token.value
  }

  /** That token only: another one may have taken its place meanwhile. */
  forget({ authorization }: Record<string, string>): void {
    if (authorization === `Bearer ${this.#token?.value}`) this.#token = null
  }
}

export type ClientCredentialsOptions = {
  clientId: string
  clientSecret: string
  /** Separated by spaces; left out: all that the client has registered. */
  scope?: string
  /** Default: /oauth2/token of the server. */
  tokenUrl?: string
}

/** OAuth 2.0 client credentials (RFC 6749, 4.4), the client authenticated by client_secret_basic; the token is kept until it ends. */
export function clientCredentials(options: ClientCredentialsOptions): Credential {
  const basic = [options.clientId, options.clientSecret].map(formEncoded).join(':')
  const cache = new TokenCache(async (place) => {
    const form = new URLSearchParams({ grant_type: 'client_credentials' })
    if (options.scope !== undefined) form.set('scope', options.scope)
    const url = options.tokenUrl ?? `${place.baseUrl}/oauth2/token`
    const authorization = `Basic ${Buffer.from(basic).toString('base64')}`
    const body = await ask(place.fetch, new Request(url, { method: 'POST', headers: { authorization }, body: form }))
    return { value: String(body.access_token), endsAt: Date.now() + Number(body.expires_in) * 1000 }
  })
  return {
    headers: async (place) => ({ authorization: `Bearer ${await cache.get(place)}` }),
    renew: (refused) => {
      cache.forget(refused)
      return true
    },
  }
}

/** RFC 6749, 2.3.1: id and secret as application/x-www-form-urlencoded before they are joined. */
const formEncoded = (text: string) => new URLSearchParams({ a: text }).toString().slice(2)

export type SignInOptions = {
  username: string
  password: string
  tenantId: string
  /** The client to act for: a session of client level. Left out: of account level. */
  clientUid?: string
  /** Asked for when the account has a second factor. */
  mfaCode?: () => string | Promise<string>
}

export type SessionCredential = Credential & {
  /** Ends the session at the server. */
  signOut(place: Place): Promise<void>
}

type Tokens = { access_token: string; refresh_token: string; expires_in: number }

/** A user's session: signs in at the first request, refreshes before the access token ends, signs in again when the session has ended. */
export function session(options: SignInOptions): SessionCredential {
  let refreshToken: string | null = null
  const keep = (tokens: Tokens): Token => {
    refreshToken = tokens.refresh_token
    return { value: tokens.access_token, endsAt: Date.now() + tokens.expires_in * 1000 }
  }
  const cache = new TokenCache(async (place) => {
    if (refreshToken === null) return keep(await signIn(place, options))
    const known = refreshToken
    // It works once: whatever becomes of the answer, it is not sent again.
    refreshToken = null
    try {
      return keep((await post(place, '/api/v1/auth/refresh', { refresh_token: known })) as Tokens)
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error
      return keep(await signIn(place, options))
    }
  })
  const headers = async (place: Place) => ({ authorization: `Bearer ${await cache.get(place)}` })
  return {
    headers,
    renew: (refused) => {
      cache.forget(refused)
      return true
    },
    signOut: async (place) => {
      const own = await headers(place)
      cache.forget(own)
      refreshToken = null
      await ask(place.fetch, new Request(`${place.baseUrl}/api/v1/auth/logout`, { method: 'POST', headers: own }))
    },
  }
}

async function signIn(place: Place, options: SignInOptions): Promise<Tokens> {
  const { username, password, tenantId, clientUid, mfaCode } = options
  const body = { username, password, tenant_id: tenantId, ...(clientUid ? { client_uid: clientUid } : {}) }
  const answer = await post(place, '/api/v1/auth/session', body)
  if (answer.access_token !== undefined) return answer as Tokens
  if (!mfaCode) {
    const told = { status: 401, code: 'mfa_required', message: 'The account has a second factor: give mfaCode.' }
    throw new AuthenticationError({ ...told, fieldErrors: [], requestId: null, retryAfterSeconds: null, body: null })
  }
  return (await post(place, '/api/v1/auth/session', { ...body, mfa_code: await mfaCode() })) as Tokens
}

function post(place: Place, path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  return ask(place.fetch, new Request(place.baseUrl + path, init))
}

async function ask(fetch: Fetch, request: Request): Promise<Record<string, unknown>> {
  const limited = new Request(request, { signal: AbortSignal.timeout(30_000), redirect: 'manual' })
  let response: Response
  let text: string
  try {
    response = await fetch(limited)
    text = await response.text()
  } catch (cause) {
    throw new ConnectionError(`no answer: ${request.method} ${request.url}`, { cause })
  }
  if (!response.ok) throw readError(response, text)
  return JSON.parse(text) as Record<string, unknown>
}
