import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as client from 'openid-client'
import type { TestApp } from '#test/support/app.ts'
import {
  authorize,
  beginFlow,
  credentials,
  discover,
  exchange,
  registerClient,
  secret,
  startOAuthApp,
  Visitor,
} from './oauth.fixture.ts'

let app: TestApp
before(async () => {
  app = await startOAuthApp()
  await registerClient(app, { clientId: 'web' })
})
after(() => app.close())

describe('a confidential client (openid-client)', () => {
  test('gets tokens by code and PKCE that open the contracts within their scopes', async () => {
    const config = await discover(app, 'web')
    assert.equal(config.serverMetadata().issuer, app.url)
    const flow = await beginFlow(config)
    const tokens = await exchange(flow, await authorize(flow))
    const claims = tokens.claims()
    assert.match(claims?.sub ?? '', /^user_/)
    assert.match(tokens.access_token, /^eyJ/)

    const info = await client.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '')
    assert.equal(info.email, credentials.username)

    const listed = await app.request('/api/v1/clients', { token: tokens.access_token })
    assert.equal(listed.status, 200, listed.text)
    const beyond = await app.request('/api/v1/clients', {
      method: 'POST',
      token: tokens.access_token,
      body: { name: 'x' },
    })
    assert.equal(beyond.status, 403, beyond.text)
    const self = await app.request('/api/v1/auth/logout', { method: 'POST', token: tokens.access_token })
    assert.equal(self.status, 403, self.text)

    const introspected = await client.tokenIntrospection(config, tokens.access_token)
    assert.equal(introspected.active, true)
    assert.equal(introspected.client_id, 'web')

    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
    await client.tokenRevocation(config, refreshed.access_token)
    const revoked = await app.request('/api/v1/clients', { token: refreshed.access_token })
    assert.equal(revoked.status, 401, revoked.text)
    assert.equal((await client.tokenIntrospection(config, refreshed.access_token)).active, false)
  })

  test('signs on once: a second authorization asks for nothing', async () => {
    const config = await discover(app, 'web')
    const visitor = new Visitor()
    const first = await beginFlow(config)
    await exchange(first, await authorize(first, visitor))
    const second = await beginFlow(config)
    const landed = await visitor.follow(second.url.href)
    assert.ok(landed.url.startsWith('http://127.0.0.1:9/callback?'), landed.url)
    await exchange(second, landed.url)
  })

  test('signs out: the session ends in the browser and in the list of sessions', async () => {
    const config = await discover(app, 'web')
    const visitor = new Visitor()
    const flow = await beginFlow(config)
    const tokens = await exchange(flow, await authorize(flow, visitor))
    const url = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'http://127.0.0.1:9/bye',
      state: 'after',
    })
    const question = await visitor.follow(url.href)
    assert.match(question.text, /Sign out\?/)
    const gone = await visitor.submit(question, '/confirm', { logout: 'yes' })
    assert.equal(gone.url, 'http://127.0.0.1:9/bye?state=after')
    const again = await visitor.follow((await beginFlow(config)).url.href)
    assert.match(again.text, /\/sign-in"/)
    const ended = await app.request('/api/v1/clients', { token: tokens.access_token })
    assert.equal(ended.status, 401)
  })
})

test('a client of its own gets tokens by client credentials, opaque or self-contained by its settings', async () => {
  for (const format of ['reference', 'self-contained']) {
    const clientId = `machine-${format}`
    await registerClient(app, {
      clientId,
      authorizationGrantTypes: 'client_credentials',
      scopes: 'client:view',
      redirectUris: '',
      tokenSettings: JSON.stringify({ accessTokenFormat: format, accessTokenTimeToLive: 'PT5M' }),
    })
    const config = await discover(app, clientId)
    const tokens = await client.clientCredentialsGrant(config)
    assert.equal(tokens.expires_in, 300)
    assert.equal(tokens.scope, 'client:view')
    assert.equal(tokens.access_token.split('.').length, format === 'reference' ? 1 : 3)
    assert.equal((await app.request('/api/v1/clients', { token: tokens.access_token })).status, 200)
    const created = await app.request('/api/v1/clients', {
      method: 'POST',
      token: tokens.access_token,
      body: { name: 'y' },
    })
    assert.equal(created.status, 403)
    assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, true)
    await client.tokenRevocation(config, tokens.access_token)
    assert.equal((await app.request('/api/v1/clients', { token: tokens.access_token })).status, 401)
  }
})

test('other methods and addresses are refused in words that fit, and an endpoint has one spelling only', async () => {
  const wrongMethod = await app.request('/oauth2/token')
  assert.deepEqual([wrongMethod.status, wrongMethod.headers.get('allow')], [405, 'POST'])
  assert.deepEqual(wrongMethod.body, { error: 'invalid_request', error_description: 'This address takes POST only.' })
  const page = await app.request('/oauth2/authorize', { method: 'DELETE' })
  assert.deepEqual([page.status, page.headers.get('allow')], [405, 'GET, POST'])
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
  const basic = `Basic ${Buffer.from(`web:${secret}`).toString('base64')}`
  for (const path of ['/oauth2/nothing', '/oauth2/', '/oauth2/token/', '/oauth2/TOKEN', '/oauth2/introspect/']) {
    const headers = { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await app.request(path, { method: 'POST', headers, raw: 'grant_type=refresh_token&refresh_token=x' })
    assert.equal(answer.status, 404, path)
    assert.equal((answer.body as { error: { code: string } }).error.code, 'route_not_found', path)
  }
})
