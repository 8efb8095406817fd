import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { after, before, test } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import * as client from 'openid-client'
import type { TestApp } from '#test/support/app.ts'
import { authorize, beginFlow, discover, exchange, registerClient, secret, startOAuthApp } from './oauth.fixture.ts'

let app: TestApp
let token: string
before(async () => {
  app = await startOAuthApp()
  await registerClient(app, { clientId: 'web' })
  const flow = await beginFlow(await discover(app, 'web'))
  token = (await exchange(flow, await authorize(flow))).access_token
})
after(() => app.close())

const clients = '/api/v1/clients'
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('an access token of another algorithm, key or type opens nothing', async () => {
  const [head = '', body = '', signature = ''] = token.split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string }
  const { keys } = (await app.request('/.well-known/jwks.json')).body as {
    keys: { kid: string; x?: string; n?: string }[]
  }
  const published = keys.find((key) => key.kid === header.kid)
  const rsa = keys.find((key) => key.n !== undefined)
  assert.ok(published?.x && rsa)
  const hmac = (input: string) =>
    createHmac('sha256', Buffer.from(published.x ?? '', 'base64url'))
      .update(input)
      .digest('base64url')
  const forgedKey = generateKeyPairSync('ed25519').privateKey
  const withHeader = (changed: object) => `${encode({ ...header, ...changed })}.${body}`
  const hs = withHeader({ alg: 'HS256' })
  const own = withHeader({})
  const forged = [
    `${withHeader({ alg: 'none' })}.`,
    `${withHeader({ alg: 'none' })}.${signature}`,
    `${hs}.${hmac(hs)}`,
    `${own}.${sign(null, Buffer.from(own), forgedKey).toString('base64url')}`,
    `${withHeader({ kid: rsa.kid })}.${signature}`,
    `${withHeader({ alg: 'RS256', kid: rsa.kid })}.${signature}`,
    `${head}.${encode({ ...JSON.parse(Buffer.from(body, 'base64url').toString()), scope: 'client:delete' })}.${signature}`,
    `${head}.${body}.${signature.slice(0, -4)}AAAA`,
  ]
  assert.equal((await app.request(clients, { token })).status, 200)
  for (const one of forged) {
    const answer = await app.request(clients, { token: one })
    assert.equal(answer.status, 401, one)
    const info = await app.request('/oauth2/userinfo', { token: one })
    assert.equal(info.status, 401, one)
  }
})

test("a session's token is none of the authorization server, an ID token none at all", async () => {
  const session = await app.signIn()
  assert.equal((await app.request('/oauth2/userinfo', { token: session })).status, 401)
  const flow = await beginFlow(await discover(app, 'web'))
  const tokens = await exchange(flow, await authorize(flow))
  assert.equal((await app.request(clients, { token: tokens.id_token ?? '' })).status, 401)
  assert.equal((await app.request(clients, { token: tokens.refresh_token ?? '' })).status, 401)
})

test('a client proves itself by its key, once per assertion, and by no other', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
  await registerClient(app, {
    clientId: 'assertive',
    clientSecret: null,
    clientAuthenticationMethods: 'private_key_jwt',
    authorizationGrantTypes: 'client_credentials',
    redirectUris: '',
    scopes: 'client:view',
    clientSettings: JSON.stringify({ jwks: { keys: [jwk] } }),
  })
  const config = await discover(app, 'assertive', client.PrivateKeyJwt({ key: privateKey, kid: 'one' }))
  const tokens = await client.clientCredentialsGrant(config)
  assert.equal((await app.request(clients, { token: tokens.access_token })).status, 200)
  const other = await generateKeyPair('ES256')
  const wrong = await discover(app, 'assertive', client.PrivateKeyJwt({ key: other.privateKey, kid: 'one' }))
  await assert.rejects(
    client.clientCredentialsGrant(wrong),
    (error) => (error as { error?: string }).error === 'invalid_client',
  )
})

test('a client id that the database cannot hold is an unknown client, also for who asks at the same moment', async () => {
  await registerClient(app, {
    clientId: 'steady',
    authorizationGrantTypes: 'client_credentials',
    redirectUris: '',
    scopes: 'client:view',
  })
  const ask = async (clientId: string) => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret })
    const answer = await fetch(`${app.url}/oauth2/token`, { method: 'POST', body })
    return answer.status
  }
  const statuses = await Promise.all(['steady', 'a\0b', 'nobody', 'steady', '\ud800'].map(ask))
  assert.deepEqual(statuses, [200, 401, 401, 200, 401])
})
