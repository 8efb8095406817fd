/** Pages of a client's own origins fetch its tokens; others' do not. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { authorize, beginFlow, callback, discover, registerClient, startOAuthApp } from './oauth.fixture.ts'

const own = new URL(callback).origin
const foreign = 'https://elsewhere.example'

describe('a client that lives in a browser', () => {
  let app: TestApp
  before(async () => {
    app = await startOAuthApp()
    const fields = { clientSecret: null, clientAuthenticationMethods: 'none' }
    await registerClient(app, { clientId: 'page', ...fields })
  })
  after(() => app.close())

  async function exchangeFrom(origin: string) {
    const flow = await beginFlow(await discover(app, 'page'))
    const code = new URL(await authorize(flow)).searchParams.get('code') ?? ''
    const fields = { grant_type: 'authorization_code', client_id: 'page', code, redirect_uri: callback }
    return app.request('/oauth2/token', {
      method: 'POST',
      raw: new URLSearchParams({ ...fields, code_verifier: flow.verifier }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin },
    })
  }
  const allowedOrigin = ({ headers }: { headers: Headers }) => headers.get('access-control-allow-origin')

  test('gets tokens, and uses them, from where its users come back to', async () => {
    const answer = await exchangeFrom(own)
    assert.equal(answer.status, 200, answer.text)
    assert.equal(allowedOrigin(answer), own)
    assert.equal(answer.headers.get('access-control-allow-credentials'), null)
    const { access_token: token } = answer.body as { access_token: string }
    const user = await app.request('/oauth2/userinfo', { token, headers: { origin: own } })
    assert.equal(user.status, 200, user.text)
    assert.equal(allowedOrigin(user), own)
  })

  test('from no other origin, nor from a page without one', async () => {
    for (const origin of [foreign, 'null', `${own}0`, own.replace('http:', 'https:')]) {
      const answer = await exchangeFrom(origin)
      assert.equal(answer.status, 400, `${origin}: ${answer.text}`)
      assert.equal(allowedOrigin(answer), null)
    }
  })

  test('is told before it asks that it may', async () => {
    for (const endpoint of ['token', 'userinfo', 'revoke']) {
      const answer = await app.request(`/oauth2/${endpoint}`, {
        method: 'OPTIONS',
        headers: { origin: own, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-any' },
      })
      assert.equal(answer.status, 204)
      assert.equal(allowedOrigin(answer), own)
      assert.match(answer.headers.get('access-control-allow-methods') ?? '', /POST/)
    }
  })

  test('another site gets no token by the secret of a program, whatever it knows', async () => {
    const machine = { authorizationGrantTypes: 'client_credentials', redirectUris: '', scopes: 'client:view' }
    await registerClient(app, { clientId: 'program', ...machine })
    const form = 'grant_type=client_credentials&client_id=program&client_secret=a-secret-of-the-client'
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const sent = { method: 'POST', raw: form }
    assert.equal((await app.request('/oauth2/token', { ...sent, headers })).status, 200)
    const answer = await app.request('/oauth2/token', { ...sent, headers: { ...headers, origin: foreign } })
    assert.equal(answer.status, 400, answer.text)
    assert.equal(allowedOrigin(answer), null)
  })
})
