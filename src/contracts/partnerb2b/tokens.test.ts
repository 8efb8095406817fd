import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { dataOf, errorOf, Partner } from './profiles.fixture.ts'

type Tokens = { access: string; refresh: string; access_expire: string; refesh_expire: string }

let app: TestApp
before(async () => {
  app = await startTestApp({ config: { trustProxy: ['127.0.0.1'] } })
})
after(() => app.close())

let addresses = 0
const newAddress = () => `198.51.100.${++addresses}`
const exchange = (apiKey: unknown, from = newAddress()): Promise<Answer> =>
  app.request('/api/v1/auth/token/', { method: 'POST', body: { apiKey }, headers: { 'x-forwarded-for': from } })
const refresh = (token: unknown, from = newAddress()): Promise<Answer> =>
  app.request('/api/v1/auth/token/refresh/', {
    method: 'POST',
    body: { refresh: token },
    headers: { 'x-forwarded-for': from },
  })
async function register(): Promise<{ id: string; apiKey: string }> {
  const from = newAddress()
  const body = { name: `Registered from ${from}` }
  const answer = await app.request('/api/v1/clients/', { method: 'POST', body, headers: { 'x-forwarded-for': from } })
  const { id, api_key } = dataOf<{ id: string; api_key: string }>(answer)
  return { id, apiKey: api_key }
}
async function tokensOf(apiKey: string): Promise<Tokens> {
  const answer = await exchange(apiKey)
  assert.equal(answer.status, 200, answer.text)
  return dataOf(answer)
}
const statusOf = async (token: string) => (await app.request('/api/v1/metadata/', { token })).status

describe('tokens', () => {
  test('act for the client of the key, for an hour and a week', async () => {
    const { id, apiKey } = await register()
    const before = Date.now()
    const tokens = await tokensOf(apiKey)
    const within = (text: string, seconds: number) => {
      const delay = Date.parse(`${text}Z`) - before - seconds * 1000
      assert.ok(delay > -1500 && delay < 30_000, `${text}: ${delay}`)
    }
    within(tokens.access_expire, 3600)
    within(tokens.refesh_expire, 7 * 24 * 3600)
    const me = await app.request('/api/v1/clients/me', { token: tokens.access })
    assert.equal(dataOf<{ id: string }>(me).id, id)
    const partner = new Partner(app, { token: tokens.access })
    assert.equal((await partner.read(await partner.created())).client_uid, id)
  })

  test('a refresh token gives access tokens as often as it is asked, and is none itself', async () => {
    const { apiKey } = await register()
    const tokens = await tokensOf(apiKey)
    for (let i = 0; i < 3; i++) {
      const answer = await refresh(tokens.refresh)
      assert.equal(answer.status, 200, answer.text)
      const { access, ...rest } = dataOf<{ access: string }>(answer)
      assert.deepEqual(Object.keys(rest), ['access_expires'])
      assert.equal(await statusOf(access), 200)
    }
    assert.equal(await statusOf(tokens.refresh), 401)
    assert.equal((await refresh(tokens.access)).status, 401)
  })

  test('end with the key at once, on every kind of end', async () => {
    for (const end of [
      'update api_keys set revoked_at = now() where client_id = $1',
      `update api_keys set expires_at = now() - interval '1 second' where client_id = $1`,
      'delete from clients where id = $1',
    ]) {
      const { id, apiKey } = await register()
      const tokens = await tokensOf(apiKey)
      assert.equal(await statusOf(tokens.access), 200)
      await queryAsOwner(app.database, end, [id])
      assert.equal(await statusOf(tokens.access), 401, end)
      assert.equal((await refresh(tokens.refresh)).status, 401, end)
      assert.equal((await exchange(apiKey)).status, 401, end)
    }
  })

  test('of a deactivated client are not allowed, and work again when it is activated', async () => {
    const { id, apiKey } = await register()
    const tokens = await tokensOf(apiKey)
    await queryAsOwner(app.database, 'update clients set is_active = false where id = $1', [id])
    for (const answer of [
      await app.request('/api/v1/metadata/', { token: tokens.access }),
      await refresh(tokens.refresh),
      await exchange(apiKey),
    ]) {
      assert.deepEqual([answer.status, errorOf(answer).message], [403, 'Not Allowed'])
    }
    await queryAsOwner(app.database, 'update clients set is_active = true where id = $1', [id])
    assert.equal(await statusOf(tokens.access), 200)
  })

  test('may do what the key may, no more', async () => {
    const { apiKey } = await register()
    const made = await app.request('/api/v1/clients/me/api-keys', {
      method: 'POST',
      apiKey,
      body: { name: 'Reads', scopes: ['profile:view'] },
    })
    const { access } = await tokensOf(dataOf<{ api_key: string }>(made).api_key)
    const reader = new Partner(app, { token: access })
    assert.equal((await reader.send('GET', 'profiles/')).status, 200)
    assert.deepEqual(errorOf(await reader.create()).message, 'Not Allowed')
    assert.equal((await reader.send('GET', 'metadata/')).status, 403)
  })

  test('a week is a week', async () => {
    const { apiKey } = await register()
    const tokens = await tokensOf(apiKey)
    await queryAsOwner(app.database, `update api_key_refresh_tokens set expires_at = now() - interval '1 second'`)
    assert.equal((await refresh(tokens.refresh)).status, 401)
    await queryAsOwner(app.database, 'select delete_expired_key_tokens(1000)')
    const left = await queryAsOwner(app.database, 'select from api_key_refresh_tokens where expires_at < now()')
    assert.equal(left.length, 0)
  })

  test('a session’s refresh token is not one of a key, nor the other way round', async () => {
    const { apiKey } = await register()
    const tokens = await tokensOf(apiKey)
    const answer = await app.request('/api/token/refresh/', { method: 'POST', body: { refresh: tokens.refresh } })
    assert.equal(answer.status, 401)
    const session = await app.request('/api/token/', {
      method: 'POST',
      body: { username: 'admin@example.com', password: 'correct-horse-battery' },
    })
    assert.equal((await refresh((session.body as { refresh: string }).refresh)).status, 401)
  })
})

describe('guessing', () => {
  test('is slowed down by address, keys and refresh tokens together, and stops nobody elsewhere', async () => {
    const { apiKey } = await register()
    const from = newAddress()
    let answer = await exchange('sk_test_guess', from)
    for (let i = 0; i < 10 && answer.status !== 429; i++) {
      answer = i % 2 === 0 ? await refresh('rt_guess', from) : await exchange('sk_test_guess', from)
    }
    assert.equal(answer.status, 429)
    assert.ok(Number(answer.headers.get('retry-after')) >= 1)
    assert.equal((await exchange(apiKey)).status, 200)
  })

  test('of a body that is no key is refused without being counted or repeated', async () => {
    for (const body of [{ apiKey: 7 }, { apiKey: '' }, { apiKey: null }, {}, [], 'key', { apiKey: 'x'.repeat(5000) }]) {
      const answer = await app.request('/api/v1/auth/token/', { method: 'POST', body })
      assert.equal(answer.status, 400, answer.text)
      assert.ok(!answer.text.includes('xxxx'))
    }
  })

  test('every exchange is in the log of who owns the key', async () => {
    const { id, apiKey } = await register()
    await refresh((await tokensOf(apiKey)).refresh)
    const told = await queryAsOwner<{ action: string }>(
      app.database,
      `select action from audit_events where category = 'authentication' and context ->> 'client_id' = $1 order by id`,
      [id],
    )
    assert.deepEqual(
      told.map((one) => one.action),
      ['login_success', 'token_refreshed'],
    )
  })
})
