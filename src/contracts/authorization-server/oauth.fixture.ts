/** The application under its public address, registered clients in it, and a browser's half of the protocol by plain HTTP. */
import * as client from 'openid-client'
import type { Config } from '#src/config.ts'
import type { TestApp } from '#test/support/app.ts'
import { adminPassword, firstAdministrator, startTestApp } from '#test/support/app.ts'
import { freePort } from '#test/support/free-port.ts'

export const callback = 'http://127.0.0.1:9/callback'

export async function startOAuthApp(config: Partial<Config> = {}): Promise<TestApp> {
  const port = await freePort()
  return startTestApp({ config: { port, publicUrl: `http://127.0.0.1:${port}`, ...config } })
}

export type Registration = { clientId: string } & Record<string, unknown>

export async function registerClient(app: TestApp, fields: Registration): Promise<string> {
  const token = await app.signIn()
  const body = {
    clientSecret: 'a secret of the client',
    clientAuthenticationMethods: 'client_secret_basic',
    authorizationGrantTypes: 'authorization_code,refresh_token',
    redirectUris: callback,
    postLogoutRedirectUris: 'http://127.0.0.1:9/bye',
    scopes: 'openid,profile,email,offline_access,client:view,client:create',
    ...fields,
  }
  body.clientSecret = typeof body.clientSecret === 'string' ? body.clientSecret.replaceAll(' ', '-') : body.clientSecret
  const base = '/oauth2-service/api/oauth2-clients'
  const created = await app.request(`${base}/createClient`, { method: 'POST', token, body })
  if (created.status !== 200) throw new Error(`registration: ${created.text}`)
  const found = await app.request(`${base}/findByClientId/${fields.clientId}`, { token })
  return (found.body as { data: { id: string } }).data.id
}

export const secret = 'a-secret-of-the-client'

export function discover(
  app: TestApp,
  clientId: string,
  authentication?: client.ClientAuth,
): Promise<client.Configuration> {
  return client.discovery(new URL(app.url), clientId, secret, authentication ?? client.ClientSecretBasic(secret), {
    execute: [client.allowInsecureRequests],
  })
}

export type Page = { status: number; url: string; text: string; headers: Headers }

/** Follows redirects with cookies and answers the pages' forms, as a browser without its window. */
export class Visitor {
  readonly #cookies = new Map<string, { value: string; path: string }>()
  readonly headers: Record<string, string>

  constructor(headers: Record<string, string> = {}) {
    this.headers = headers
  }

  async fetch(url: string, form?: Record<string, string>): Promise<Page & { location: string | null }> {
    const { pathname } = new URL(url)
    const cookie = [...this.#cookies]
      .filter(
        ([, one]) => pathname === one.path || pathname.startsWith(one.path.endsWith('/') ? one.path : `${one.path}/`),
      )
      .map(([name, one]) => `${name}=${one.value}`)
      .join('; ')
    const answer = await fetch(url, {
      redirect: 'manual',
      method: form ? 'POST' : 'GET',
      headers: { ...this.headers, ...(cookie ? { cookie } : {}) },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    })
    for (const line of answer.headers.getSetCookie()) this.#keep(line)
    const { status, headers } = answer
    return { status, headers, url, text: await answer.text(), location: headers.get('location') }
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals)
    const path = attributes.find((one) => one.toLowerCase().startsWith('path='))?.slice(5) ?? '/'
    if (/expires=Thu, 01 Jan 1970/i.test(line)) this.#cookies.delete(name)
    else this.#cookies.set(name, { value: pair.slice(equals + 1), path })
  }

  /** Until a page or an address of somebody else's. */
  async follow(url: string, form?: Record<string, string>): Promise<Page> {
    const { origin } = new URL(url)
    let answer = await this.fetch(url, form)
    while (answer.location) {
      const next = new URL(answer.location, answer.url).href
      if (new URL(next).origin !== origin) return { ...answer, url: next, text: '' }
      answer = await this.fetch(next)
    }
    return answer
  }

  /** Sends the page's form whose address ends so. */
  submit(page: { url: string; text: string }, ending: string, fields: Record<string, string> = {}) {
    for (const [, action = '', inner = ''] of page.text.matchAll(
      /<form method="post" action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/g,
    )) {
      if (!action.endsWith(ending)) continue
      const hidden = [...inner.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)]
      const given = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]))
      return this.follow(new URL(action, page.url).href, { ...given, ...fields })
    }
    throw new Error(`the page has no form for ${ending}: ${page.text.slice(0, 2000)}`)
  }
}

export type Flow = { config: client.Configuration; url: URL; verifier: string; state: string; nonce: string }

export async function beginFlow(
  config: client.Configuration,
  options: { scope?: string; parameters?: Record<string, string>; pkce?: boolean } = {},
): Promise<Flow> {
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const nonce = client.randomNonce()
  const scope = options.scope ?? 'openid profile email client:view'
  const pkce =
    options.pkce === false
      ? {}
      : { code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope,
    state,
    ...(scope.split(' ').includes('openid') ? { nonce } : {}),
    ...pkce,
    ...options.parameters,
  })
  return { config, url, verifier, state, nonce }
}

export function exchange(
  flow: Flow,
  landed: string,
): Promise<client.TokenEndpointResponse & client.TokenEndpointResponseHelpers> {
  return client.authorizationCodeGrant(flow.config, new URL(landed), {
    pkceCodeVerifier: flow.verifier,
    expectedState: flow.state,
    ...(flow.url.searchParams.has('nonce') ? { expectedNonce: flow.nonce } : {}),
  })
}

export const credentials = { username: firstAdministrator, password: adminPassword }

/** Signs in (and consents where asked) and comes back with the address at the client. */
export async function authorize(flow: Flow, visitor = new Visitor(), user = credentials): Promise<string> {
  let page = await visitor.follow(flow.url.href)
  if (page.text.includes('/sign-in"')) page = await visitor.submit(page, '/sign-in', user)
  if (page.text.includes('/consent"')) page = await visitor.submit(page, '/consent')
  return page.url
}
