/** Programs that ask for tokens, and who issues them. */
import assert from 'node:assert/strict'
import { mock } from 'node:test'
import Provider from 'oidc-provider'
import type { Answer, TestApp } from '#test/support/app.ts'
import { registerClient, secret } from './oauth.fixture.ts'

export const machine = {
  clientAuthenticationMethods: 'client_secret_basic,client_secret_post',
  authorizationGrantTypes: 'client_credentials',
  redirectUris: '',
  scopes: 'openid,client:view,client:create',
}

export const basic = (clientId: string, password = secret) =>
  `Basic ${Buffer.from(`${clientId}:${password}`).toString('base64')}`

export type Sent = { body: string; headers?: Record<string, string>; path?: string; method?: string }

export function ask(app: TestApp, { body, headers, path = '/oauth2/token', method = 'POST' }: Sent): Promise<Answer> {
  return app.request(path, {
    method,
    ...(method === 'POST' ? { raw: body } : {}),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })
}

export const plain = (clientId: string, password = secret): Sent => ({
  body: 'grant_type=client_credentials&scope=client%3Aview',
  headers: { authorization: basic(clientId, password) },
})

/** Sees which tokens oidc-provider issues; the others are issued at once. */
export class LibrarySpy {
  readonly #emit = mock.method(Provider.prototype, 'emit')

  get issued(): number {
    return this.#emit.mock.calls.filter((one) => one.arguments[0] === 'grant.success').length
  }

  /** From here on this process knows the client and its secret. */
  async prime(app: TestApp, clientId: string, password = secret): Promise<void> {
    const first = await ask(app, plain(clientId, password))
    assert.equal(first.status, 200, first.text)
    const before = this.issued
    assert.equal((await ask(app, plain(clientId, password))).status, 200)
    assert.equal(this.issued, before, 'the second token is issued at once')
  }

  restore(): void {
    this.#emit.mock.restore()
  }
}

let registered = 0

export async function register(
  app: TestApp,
  fields: Record<string, unknown> = {},
): Promise<{ id: string; clientId: string }> {
  const clientId = `program-${++registered}`
  return { clientId, id: await registerClient(app, { clientId, ...machine, ...fields }) }
}
