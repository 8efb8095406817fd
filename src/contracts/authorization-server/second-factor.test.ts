import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import * as client from 'openid-client'
import { Secret, TOTP } from 'otpauth'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant } from '#test/support/app.ts'
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
  assert.match(wrong.text, /role="alert"[^>]*>Le code est incorrect ou a déjà servi\. Attendez le suivant\./)
  const landed = await visitor.submit(wrong, '/second-factor', { code: authenticator.backupCodes[0] ?? '' })
  const tokens = await exchange(flow, landed.url)
  assert.equal((await app.request('/api/v1/clients', { token: tokens.access_token })).status, 200)
})

test('the sign-in page leads who has forgotten the password to where a new one is asked for', async () => {
  const page = await new Visitor().follow((await beginFlow(await discover(app, 'web'))).url.href)
  const address = /<a href="([^"]+)" target="_blank" rel="noopener">Forgotten your password\?<\/a>/.exec(page.text)?.[1]
  assert.equal(address, '/console/forgot-password')
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
    const visitor = new Visitor()
    const asked = await visitor.follow((await beginFlow(flow.config)).url.href)
    const { username, password } = user
    const told = await visitor.submit(asked, '/sign-in', { username, password })
    assert.equal(told.status, 422)
    // Where to get one.
    assert.match(told.text, /<a href="\/console\/account" target="_blank" rel="noopener">/)
    assert.doesNotMatch(asked.text, /\/console\/account/)
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

describe('a passkey on the sign-in page', () => {
  async function askedForPasskey() {
    const user = await createUser(app, ['viewer'])
    await inDatabase(app, async (database) => {
      await database.query('update users set mfa_enabled = true where id = $1', [user.id])
      await database.query(
        `insert into passkeys (tenant_id, id, user_id, name, public_key, sign_count, transports, is_backed_up)
         values ($1, $2, $3, 'Laptop', '\\x00', 0, '{}', false)`,
        [firstTenant, `passkey-of-${user.id}`, user.id],
      )
    })
    const visitor = new Visitor()
    const flow = await beginFlow(await discover(app, 'web'))
    const { username, password } = user
    const page = await visitor.submit(await visitor.follow(flow.url.href), '/sign-in', { username, password })
    return { user, visitor, page }
  }
  const challengeOf = (page: { text: string }) => {
    const options = /data-options="([^"]+)"/.exec(page.text)?.[1]?.replaceAll('&quot;', '"')
    return (JSON.parse(options ?? '{}') as { challenge?: string }).challenge
  }
  const unfit = ['', 'no JSON', '[]', '{"id":"AAAA"}', '"'.repeat(1000)]

  test('is asked for with a challenge of its own each time; the script comes from a file of ours only', async () => {
    const { user, visitor, page } = await askedForPasskey()
    assert.match(page.text, new RegExp(`passkey-of-${user.id}`))
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'.*script-src 'self'/)
    const [script, ...others] = [...page.text.matchAll(/<script[^>]*src="([^"]+)"[^>]*><\/script>|<script/g)]
    assert.deepEqual([script?.[1], others.length], ['/oauth2/assets/passkey.js', 0])
    const served = await app.request('/oauth2/assets/passkey.js')
    assert.match(served.headers.get('content-type') ?? '', /^text\/javascript/)
    const again = await visitor.submit(page, '/second-factor', { code: 'WRONG-CODE' })
    assert.equal(again.status, 422)
    // Whose codes are none of an authenticator's has no next one to wait for.
    assert.match(again.text, /The code is wrong or was used before\. Enter another one\./)
    assert.ok(challengeOf(page))
    assert.notEqual(challengeOf(page), challengeOf(again))
  })

  test('refuses answers of any shape, and ends the sign-in after five', async () => {
    const { page, visitor } = await askedForPasskey()
    let shown = page
    for (const credential of unfit) {
      shown = await visitor.submit(shown, '/passkey', { credential })
      assert.equal(shown.status, 422, credential)
      assert.match(shown.text, /role="alert" id="fault"/)
    }
    const id = 'AAAA'
    const forged = JSON.stringify({ id, rawId: id, type: 'public-key', response: {}, clientExtensionResults: {} })
    for (let i = 0; i < 5; i++) {
      assert.match(shown.text, /\/passkey"/)
      shown = await visitor.submit(shown, '/passkey', { credential: forged })
      assert.equal(shown.status, 422)
    }
    assert.match(shown.text, /\/sign-in"/)
  })

  test('is not offered to who has none: the page has no script', async () => {
    const user = await createUser(app, ['viewer'])
    await setUpTotp(app, (await signInAs(app, user)).access_token, codeOf)
    const visitor = new Visitor()
    const flow = await beginFlow(await discover(app, 'web'))
    const { username, password } = user
    const page = await visitor.submit(await visitor.follow(flow.url.href), '/sign-in', { username, password })
    assert.doesNotMatch(page.text, /<script|passkey/)
    assert.doesNotMatch(page.headers.get('content-security-policy') ?? '', /script-src/)
  })
})
