import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import * as client from 'openid-client'
import { Secret, TOTP } from 'otpauth'
import type { TestApp } from '#test/support/app.ts'
import { createUser, inDatabase, setUpTotp, signInAs } from '#test/support/identity.ts'
import { authorize, beginFlow, discover, exchange, registerClient, startOAuthApp, Visitor } from './oauth.fixture.ts'

let app: TestApp
before(async () => {
  app = await startOAuthApp({ outboundAllow: ['127.0.0.1'] })
  await registerClient(app, { clientId: 'web' })
})
after(() => app.close())

const codeOf = (secret: string, timestamp = Date.now()) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp })

test('who has an authenticator is asked for its code; a wrong one is refused, a backup code is taken', async () => {
  const user = await createUser(app, ['viewer'])
  const { access_token: session } = await signInAs(app, user)
  const authenticator = await setUpTotp(app, session, codeOf)
  const visitor = new Visitor({ 'accept-language': 'fr-FR, en;q=0.5' })
  const flow = await beginFlow(await discover(app, 'web'))
  const { username, password } = user
  const asked = await visitor.submit(await visitor.follow(flow.url.href), '/sign-in', { username, password })
  assert.match(asked.text, /<html lang="fr">/)
  assert.match(asked.text, /autocomplete="one-time-code"/)
  const wrong = await visitor.submit(asked, '/second-factor', { code: '000000' })
  assert.equal(wrong.status, 422)
  assert.match(wrong.text, /role="alert"/)
  const landed = await visitor.submit(wrong, '/second-factor', { code: authenticator.backupCodes[0] ?? '' })
  const tokens = await exchange(flow, landed.url)
  assert.equal((await app.request('/api/v1/clients', { token: tokens.access_token })).status, 200)
})

test('where the tenant demands a second factor, who has none gets no token', async () => {
  const user = await createUser(app, ['viewer'])
  const flow = await beginFlow(await discover(app, 'web'))
  const tokens = await exchange(flow, await authorize(flow, new Visitor(), user))
  await inDatabase(app, (database) => database.query('update tenants set mfa_required = true'))
  try {
    const refused = await app.request('/api/v1/clients', { token: tokens.access_token })
    assert.equal(refused.status, 403)
    const page = await authorize(await beginFlow(flow.config), new Visitor(), user)
    assert.ok(page.startsWith(app.url), page)
    await assert.rejects(client.refreshTokenGrant(flow.config, tokens.refresh_token ?? ''))
  } finally {
    await inDatabase(app, (database) => database.query('update tenants set mfa_required = false'))
  }
})

test("a client's keys are fetched from its jwkSetUrl through the guarded way out", async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const keyServer = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }))
  })
  await new Promise<void>((resolve) => {
    keyServer.listen(0, '127.0.0.1', resolve)
  })
  try {
    const url = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/jwks`
    await registerClient(app, {
      clientId: 'remote-keys',
      clientSecret: null,
      clientAuthenticationMethods: 'private_key_jwt',
      authorizationGrantTypes: 'client_credentials',
      redirectUris: '',
      scopes: 'client:view',
      clientSettings: JSON.stringify({ jwkSetUrl: url }),
    })
    const config = await discover(app, 'remote-keys', client.PrivateKeyJwt({ key: privateKey, kid: 'one' }))
    const tokens = await client.clientCredentialsGrant(config)
    assert.equal((await app.request('/api/v1/clients', { token: tokens.access_token })).status, 200)
  } finally {
    keyServer.close()
  }
})

test('what has expired is deleted; what is stored is neither token nor content in the clear', async () => {
  const flow = await beginFlow(await discover(app, 'web'))
  const tokens = await exchange(flow, await authorize(flow))
  const stored = await inDatabase(app, (database) => database.query('select * from oidc_payloads'))
  const text = JSON.stringify(stored.rows)
  assert.ok(!text.includes(tokens.refresh_token ?? '?') && !text.includes('user_'))
  await inDatabase(app, (database) =>
    database.query(`update oidc_payloads set expires_at = now() - interval '1 second'`),
  )
  const [row] = await app.runtime.services.database.platformRead<{ deleted: number }>(
    'select delete_expired_oidc_payloads(5000) as deleted',
  )
  assert.equal(row?.deleted, stored.rows.length)
})
