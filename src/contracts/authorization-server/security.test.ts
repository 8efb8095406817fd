import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as client from 'openid-client'
import type { TestApp } from '#test/support/app.ts'
import {
  authorize,
  beginFlow,
  callback,
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
  await registerClient(app, { clientId: 'other' })
  await registerClient(app, { clientId: 'public', clientSecret: null, clientAuthenticationMethods: 'none' })
  await registerClient(app, { clientId: 'strict', clientSettings: '{"requireProofKey": true}' })
})
after(() => app.close())

const clients = '/api/v1/clients'
const withError = (code: string) => (error: unknown) => (error as { error?: string }).error === code

async function freshTokens(clientId = 'web', scope = 'openid client:view') {
  const config = await discover(app, clientId)
  const flow = await beginFlow(config, { scope })
  return { config, tokens: await exchange(flow, await authorize(flow)) }
}

describe('codes and refresh tokens', () => {
  test('a replayed code is refused and ends what it had bought', async () => {
    const config = await discover(app, 'web')
    const flow = await beginFlow(config)
    const landed = await authorize(flow)
    const tokens = await exchange(flow, landed)
    assert.equal((await app.request(clients, { token: tokens.access_token })).status, 200)
    await assert.rejects(exchange(flow, landed), withError('invalid_grant'))
    assert.equal((await app.request(clients, { token: tokens.access_token })).status, 401)
    await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), withError('invalid_grant'))
  })

  test('of two exchanges of one code at the same moment at most one succeeds', async () => {
    const config = await discover(app, 'web')
    const flow = await beginFlow(config)
    const landed = await authorize(flow)
    const outcomes = await Promise.allSettled([exchange(flow, landed), exchange(flow, landed), exchange(flow, landed)])
    assert.ok(outcomes.filter((one) => one.status === 'fulfilled').length <= 1)
  })

  test('a replayed refresh token is refused and ends the whole family', async () => {
    const { config, tokens } = await freshTokens()
    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), withError('invalid_grant'))
    await assert.rejects(client.refreshTokenGrant(config, next.refresh_token ?? ''), withError('invalid_grant'))
    assert.equal((await app.request(clients, { token: next.access_token })).status, 401)
  })

  test("another client's code and refresh token are refused", async () => {
    const web = await discover(app, 'web')
    const other = await discover(app, 'other')
    const flow = await beginFlow(web)
    const landed = await authorize(flow)
    await assert.rejects(exchange({ ...flow, config: other }, landed), withError('invalid_grant'))
    const tokens = await exchange(flow, landed)
    await assert.rejects(client.refreshTokenGrant(other, tokens.refresh_token ?? ''), withError('invalid_grant'))
    assert.equal((await client.tokenIntrospection(other, tokens.refresh_token ?? '')).active, false)
    await client.tokenRevocation(other, tokens.access_token)
    assert.equal((await app.request(clients, { token: tokens.access_token })).status, 200)
  })

  test('a code is worth nothing without its verifier, with another one, or for another redirect', async () => {
    const config = await discover(app, 'web')
    const flow = await beginFlow(config)
    const landed = await authorize(flow)
    const code = new URL(landed).searchParams.get('code') ?? ''
    const token = (fields: Record<string, string>) =>
      app.request('/oauth2/token', {
        method: 'POST',
        raw: new URLSearchParams({
          grant_type: 'authorization_code',
          code,
          redirect_uri: callback,
          ...fields,
        }).toString(),
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${Buffer.from(`web:${secret}`).toString('base64')}`,
        },
      })
    for (const fields of [
      {},
      { code_verifier: client.randomPKCECodeVerifier() },
      { code_verifier: flow.verifier, redirect_uri: 'http://127.0.0.1:9/other' },
    ]) {
      const answer = await token(fields)
      assert.equal(answer.status, 400)
      assert.equal((answer.body as { error: string }).error, 'invalid_grant')
    }
  })
})

describe('authorization requests', () => {
  async function refusedPage(change: (url: URL) => void, clientId = 'web'): Promise<string> {
    const flow = await beginFlow(await discover(app, clientId))
    change(flow.url)
    const page = await new Visitor().follow(flow.url.href)
    assert.ok(page.url.startsWith(app.url), `was sent to ${page.url}`)
    assert.equal(page.status, 400)
    return page.text
  }

  test('a redirect that is not exactly a registered one stays on an error page of ours', async () => {
    for (const uri of [
      'http://127.0.0.1:9/callback/',
      'http://127.0.0.1:9/callback?x=1',
      'http://127.0.0.1:10/callback',
      'http://127.0.0.1:9/callback%2f..',
      'https://evil.example/callback',
      'javascript:alert(1)',
      '//evil.example',
    ]) {
      const text = await refusedPage((url) => url.searchParams.set('redirect_uri', uri))
      assert.match(text, /invalid_redirect_uri/)
    }
    assert.match(await refusedPage((url) => url.searchParams.set('client_id', 'nobody"><b>')), /invalid_client/)
  })

  test('public clients, and those that require it, get nothing without PKCE, nor with the plain method', async () => {
    for (const clientId of ['public', 'strict']) {
      const config = await discover(app, clientId, clientId === 'public' ? client.None() : undefined)
      const without = await beginFlow(config, { pkce: false })
      assert.match(await authorize(without), /error=invalid_request/)
      const plain = await beginFlow(config, {
        pkce: false,
        parameters: { code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' },
      })
      assert.match(await authorize(plain), /error=invalid_request/)
      const right = await beginFlow(config)
      await exchange(right, await authorize(right))
    }
  })

  test('the answer carries state and issuer, the ID token the nonce; others are refused by the client library', async () => {
    const config = await discover(app, 'web')
    const flow = await beginFlow(config)
    const landed = await authorize(flow)
    assert.equal(new URL(landed).searchParams.get('iss'), app.url)
    await assert.rejects(exchange({ ...flow, state: 'another' }, landed))
    const again = await beginFlow(config)
    await assert.rejects(exchange({ ...again, nonce: 'another' }, await authorize(again)))
  })

  test('a scope that is not registered, implicit and hybrid flows are refused', async () => {
    const config = await discover(app, 'web')
    assert.match(await authorize(await beginFlow(config, { scope: 'openid client:delete' })), /error=invalid_scope/)
    for (const type of ['token', 'id_token', 'code id_token']) {
      const flow = await beginFlow(config, { parameters: { response_type: type } })
      assert.match(await authorize(flow), /error=un(supported_response_type|authorized_client)/)
    }
  })

  test('sign-out sends nobody to an address that is not registered, nor without asking', async () => {
    const visitor = new Visitor()
    const flow = await beginFlow(await discover(app, 'web'))
    const tokens = await exchange(flow, await authorize(flow, visitor))
    const to = (parameters: Record<string, string>) =>
      visitor.follow(`${app.url}/oauth2/end-session?${new URLSearchParams(parameters).toString()}`)
    const evil = { post_logout_redirect_uri: 'https://evil.example/' }
    const refused = await to({ id_token_hint: tokens.id_token ?? '', ...evil })
    assert.equal(refused.status, 400)
    const question = await to(evil)
    const done = await visitor.submit(question, '/confirm', { logout: 'yes' })
    assert.ok(done.url.startsWith(app.url), done.url)
    const language = await visitor.fetch(
      `${app.url}/oauth2/language?to=fr&back=${encodeURIComponent('//evil.example/oauth2/')}`,
    )
    assert.equal(language.location, '/oauth2/end-session')
  })

  test('the pages take no form without their token, from another origin, or of another browser', async () => {
    const visitor = new Visitor()
    const page = await visitor.follow((await beginFlow(await discover(app, 'web'))).url.href)
    const action = `${page.url}/sign-in`
    assert.equal((await visitor.fetch(action, credentials)).status, 400)
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    assert.equal((await new Visitor().fetch(action, { csrf, ...credentials })).status, 400)
    visitor.headers.origin = 'https://evil.example'
    assert.equal((await visitor.fetch(action, { csrf, ...credentials })).status, 400)
    visitor.headers.origin = app.url
    assert.equal((await visitor.fetch(action, { csrf, ...credentials })).status, 303)
  })
})
