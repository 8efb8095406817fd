import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { hash } from 'bcryptjs'
import * as client from 'openid-client'
import pg from 'pg'
import type { TestApp } from '#test/support/app.ts'
import { authorize, beginFlow, discover, exchange, registerClient, secret, startOAuthApp } from './oauth.fixture.ts'

let app: TestApp
before(async () => {
  app = await startOAuthApp()
  await registerClient(app, { clientId: 'web' })
})
after(() => app.close())

const clients = '/api/v1/clients'
const withError = (code: string) => (error: unknown) => (error as { error?: string }).error === code

async function asOwner(text: string): Promise<void> {
  const connection = new pg.Client(app.database.owner)
  await connection.connect()
  try {
    await connection.query(text)
  } finally {
    await connection.end()
  }
}

async function freshTokens() {
  const config = await discover(app, 'web')
  const flow = await beginFlow(config, { scope: 'openid client:view' })
  return { config, tokens: await exchange(flow, await authorize(flow)) }
}

describe('clients that authenticate', () => {
  const grant = (fields: Record<string, string>, basic?: string) =>
    app.request('/oauth2/token', {
      method: 'POST',
      raw: new URLSearchParams({ grant_type: 'client_credentials', ...fields }).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(basic ? { authorization: `Basic ${Buffer.from(basic).toString('base64')}` } : {}),
      },
    })
  const machine = { authorizationGrantTypes: 'client_credentials', redirectUris: '', scopes: 'client:view' }

  test('a wrong or absent secret, an expired one and a foreign grant type are refused', async () => {
    const id = await registerClient(app, { clientId: 'machine', ...machine })
    assert.equal((await grant({}, `machine:${secret}`)).status, 200)
    assert.equal((await grant({}, 'machine:wrong')).status, 401)
    assert.equal((await grant({ client_id: 'machine' })).status, 401)
    assert.equal((await grant({}, `web:${secret}`)).status, 400)
    const body = { id, clientSecretExpiresAt: '2020-01-01T00:00:00Z' }
    const base = '/oauth2-service/api/oauth2-clients'
    await app.request(`${base}/updateClient`, { method: 'POST', token: await app.signIn(), body })
    const expired = await grant({}, `machine:${secret}`)
    assert.equal(expired.status, 401, expired.text)
  })

  test('a bcrypt hash made elsewhere lets its secret in', async () => {
    await registerClient(app, { clientId: 'old', ...machine, clientSecret: `{bcrypt}${await hash('moved-in', 5)}` })
    assert.equal((await grant({}, 'old:moved-in')).status, 200)
    assert.equal((await grant({}, 'old:moved-out')).status, 401)
  })

  test('a change of the registered client is in force at the next request', async () => {
    const id = await registerClient(app, { clientId: 'changing', ...machine })
    const config = await discover(app, 'changing')
    const { access_token: token } = await client.clientCredentialsGrant(config)
    assert.equal((await app.request(clients, { token })).status, 200)
    const base = '/oauth2-service/api/oauth2-clients'
    const admin = await app.signIn()
    await app.request(`${base}/updateClient`, { method: 'POST', token: admin, body: { id, scopes: 'other' } })
    assert.equal((await app.request(clients, { token })).status, 403)
    await app.request(`${base}/updateClient`, { method: 'POST', token: admin, body: { id, clientSecret: 'new-one' } })
    assert.equal((await grant({}, `changing:${secret}`)).status, 401)
    assert.equal((await grant({}, 'changing:new-one')).status, 200)
    await app.request(`${base}/deleteClient/${id}`, { method: 'DELETE', token: admin })
    assert.equal((await app.request(clients, { token })).status, 401)
    assert.equal((await grant({}, 'changing:new-one')).status, 401)
    await registerClient(app, { clientId: 'changing', ...machine, clientSecret: 'of-another-one' })
    assert.equal((await grant({}, 'changing:new-one')).status, 401, 'a name that was taken again inherits nothing')
    assert.equal((await grant({}, 'changing:of-another-one')).status, 200)
  })

  test('of the tokens that a program gets in the same second, revoking one leaves the others', async () => {
    await registerClient(app, { clientId: 'hasty', ...machine })
    const config = await discover(app, 'hasty')
    const granted = await Promise.all(Array.from({ length: 6 }, () => client.clientCredentialsGrant(config)))
    const [revoked, ...others] = granted.map((one) => one.access_token)
    await client.tokenRevocation(config, revoked ?? '')
    assert.equal((await app.request(clients, { token: revoked ?? '' })).status, 401)
    assert.equal((await client.tokenIntrospection(config, revoked ?? '')).active, false)
    for (const token of others) {
      assert.equal((await app.request(clients, { token })).status, 200)
      const { active, client_id: clientId, scope } = await client.tokenIntrospection(config, token)
      assert.deepEqual([active, clientId, scope], [true, 'hasty', 'client:view'])
    }
  })
})

describe('what a token depends on', () => {
  test('ends with the user, the tenant and the session that it came from', async () => {
    const { config, tokens } = await freshTokens()
    const works = async () => (await app.request(clients, { token: tokens.access_token })).status
    assert.equal(await works(), 200)
    await asOwner(`update users set status = 'deactivated'`)
    assert.equal(await works(), 401)
    await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), withError('invalid_grant'))
    await asOwner(`update users set status = 'active'`)
    assert.equal(await works(), 200)
    await asOwner(`update tenants set status = 'suspended'`)
    assert.equal(await works(), 403)
    await assert.rejects(
      client.refreshTokenGrant(config, tokens.refresh_token ?? ''),
      client.WWWAuthenticateChallengeError,
    )
    await asOwner(`update tenants set status = 'active'`)
    assert.equal(await works(), 200)
    await asOwner(`update sessions set revoked_at = now(), revoked_reason = 'password_reset'`)
    assert.equal(await works(), 401)
    await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), withError('invalid_grant'))
  })

  test('introspection and userinfo know of the end of user, session and tenant', async () => {
    const { config, tokens } = await freshTokens()
    const isActive = async () => (await client.tokenIntrospection(config, tokens.access_token)).active
    const userinfo = async () => (await app.request('/oauth2/userinfo', { token: tokens.access_token })).status
    assert.deepEqual([await isActive(), await userinfo()], [true, 200])
    await asOwner(`update users set status = 'deactivated'`)
    assert.deepEqual([await isActive(), await userinfo()], [false, 401])
    await asOwner(`update users set status = 'active'`)
    assert.equal(await isActive(), true)
    await asOwner(`update sessions set revoked_at = now(), revoked_reason = 'password_reset'`)
    assert.deepEqual([await isActive(), await userinfo()], [false, 401])
  })

  test('follows the roles of its user', async () => {
    const { tokens } = await freshTokens()
    await asOwner(`update users set roles = '{}', access_version = access_version + 1`)
    assert.equal((await app.request(clients, { token: tokens.access_token })).status, 403)
    await asOwner(`update users set roles = '{owner}', access_version = access_version + 1`)
    assert.equal((await app.request(clients, { token: tokens.access_token })).status, 200)
  })

  test('offline access outlives the sign-out of its session, not its end for safety', async () => {
    const config = await discover(app, 'web')
    const flow = await beginFlow(config, {
      scope: 'openid offline_access client:view',
      parameters: { prompt: 'consent' },
    })
    const tokens = await exchange(flow, await authorize(flow))
    await asOwner(`update sessions set revoked_at = now(), revoked_reason = 'signed_out'`)
    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    assert.equal((await app.request(clients, { token: next.access_token })).status, 200)
    await asOwner(`update sessions set revoked_at = now(), revoked_reason = 'password_reset'`)
    assert.equal((await app.request(clients, { token: next.access_token })).status, 401)
    await assert.rejects(client.refreshTokenGrant(config, next.refresh_token ?? ''), withError('invalid_grant'))
  })
})
