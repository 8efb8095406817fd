import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import type { TestApp } from '#test/support/app.ts'
import { adminPassword, firstAdministrator, startTestApp } from '#test/support/app.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

type Tokens = { access: string; refresh: string }
const admin = { username: firstAdministrator, password: adminPassword }

const signIn = (body: object) => app.request('/api/token/', { method: 'POST', body })
const refresh = (token: string) => app.request('/api/token/refresh/', { method: 'POST', body: { refresh: token } })
const errorCode = (answer: { body: never }) => (answer.body as { errorCode: string }).errorCode

test('an access token of /api/token/ lasts thirty minutes and holds client_uid only when one was asked for', async () => {
  const uid = await app.createClient('In the token')
  const account = decodeJwt(((await signIn(admin)).body as Tokens).access)
  const client = decodeJwt(((await signIn({ ...admin, client_uid: uid })).body as Tokens).access)
  assert.equal((account.exp ?? 0) - (account.iat ?? 0), 30 * 60)
  assert.deepEqual([account.client_uid, client.client_uid], [undefined, uid])
})

test('client_uid null, as SDKs send an absent one, is account level', async () => {
  const answer = await signIn({ ...admin, client_uid: null })
  const { access }: Tokens = answer.body
  assert.equal((await app.request('/api/v1/clients', { token: access })).status, 200)
})

test('the user name is found without case and with blanks around', async () => {
  assert.equal((await signIn({ ...admin, username: ` ${firstAdministrator.toUpperCase()} ` })).status, 200)
})

test('a wrong password, an unknown user and a wrong tenant get the same answer', async () => {
  const answers = [
    await signIn({ ...admin, password: 'wrong' }),
    await signIn({ ...admin, password: '' }),
    await signIn({ ...admin, username: 'nobody@example.com' }),
    await signIn({ ...admin, tenant_id: 'tenant_002' }),
  ]
  for (const answer of answers) {
    assert.equal(answer.status, 401)
    assert.equal(answer.text, answers[0]?.text)
    assert.equal(errorCode(answer), 'INVALID_CREDENTIALS')
  }
})

test('an unknown client_uid is 404 with the right password and 401 with a wrong one', async () => {
  const client_uid = '550e8400-e29b-41d4-a716-446655440000'
  assert.equal((await signIn({ ...admin, client_uid })).status, 404)
  assert.equal((await signIn({ ...admin, client_uid, password: 'wrong' })).status, 401)
})

test('a refresh keeps the level of the token, and its tokens work', async () => {
  const uid = await app.createClient('Refreshed')
  const first: Tokens = (await signIn({ ...admin, client_uid: uid })).body
  const answer = await refresh(first.refresh)
  assert.equal(answer.status, 200)
  const second: Tokens = answer.body
  assert.equal(decodeJwt(second.access).client_uid, uid)
  assert.equal((await app.request(`/api/v1/clients/${uid}`, { token: second.access })).status, 200)
  assert.equal((await app.request('/api/v1/clients', { token: second.access })).status, 403)
})

test('a refresh token works once; the second use ends the session with all its tokens', async () => {
  const first: Tokens = (await signIn(admin)).body
  const second: Tokens = (await refresh(first.refresh)).body
  const reused = await refresh(first.refresh)
  assert.equal(reused.status, 401)
  assert.equal(errorCode(reused), 'REFRESH_TOKEN_REUSED')
  for (const token of [first.access, second.access]) {
    const answer = await app.request('/api/v1/clients', { token })
    assert.equal(answer.status, 401)
    assert.equal(errorCode(answer), 'SESSION_ENDED')
  }
  assert.equal((await refresh(second.refresh)).status, 401)
})

test('what is no refresh token is 401, an access token included', async () => {
  const { access }: Tokens = (await signIn(admin)).body
  for (const token of ['', 'rt_unknown', access.slice(0, 200)]) {
    const answer = await refresh(token)
    assert.equal(answer.status, 401, token)
    assert.equal(errorCode(answer), 'REFRESH_TOKEN_INVALID')
  }
})

test('passwords and tokens are in no log line', async () => {
  const tokens: Tokens = (await signIn(admin)).body
  await refresh(tokens.refresh)
  const logs = app.logs.join('')
  for (const secret of [adminPassword, tokens.access, tokens.refresh]) assert.equal(logs.includes(secret), false)
})
