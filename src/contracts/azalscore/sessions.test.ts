import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { Answer, TestApp } from '#test/support/app.ts'
import { adminPassword, firstAdministrator, firstTenant, startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'

let app: TestApp
let uid: string
before(async () => {
  app = await startTestApp({ config: { publicUrl: 'http://issuer.example' } })
  uid = await app.createClient('Client of sessions')
})
after(() => app.close())

type Session = { session_id: string; access_token: string; refresh_token: string; expires_in: number }
const admin = { username: firstAdministrator, password: adminPassword, tenant_id: firstTenant }

const post = (path: string, body: object) => app.request(`/api/v1/auth/${path}`, { method: 'POST', body })
const signIn = async (more: object = {}): Promise<Session> => (await post('session', { ...admin, ...more })).body
const refresh = (token: string) => post('refresh', { refresh_token: token })
const logout = (token: string) => app.request('/api/v1/auth/logout', { method: 'POST', token })
const works = async (token: string) => (await app.request('/api/v1/clients', { token })).status
const code = (answer: Answer) => (answer.body as { error: { code: string } }).error.code

test('an access token lasts fifteen minutes and verifies with the published keys', async () => {
  const session = await signIn()
  assert.equal(session.expires_in, 900)
  const keys = createRemoteJWKSet(new URL(`${app.url}/.well-known/jwks.json`))
  const { payload } = await jwtVerify(session.access_token, keys, { issuer: 'http://issuer.example' })
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 900)
  assert.equal(payload.sid, session.session_id)
})

test('the published keys hold nothing private', async () => {
  const { keys }: { keys: Record<string, unknown>[] } = (await app.request('/.well-known/jwks.json')).body
  assert.ok(keys.length > 0)
  for (const key of keys) assert.equal('d' in key, false)
})

test('a wrong user, password or tenant is one and the same 401', async () => {
  const answers = [
    await post('session', { ...admin, password: 'wrong' }),
    await post('session', { ...admin, username: 'nobody@example.com' }),
    await post('session', { ...admin, tenant_id: 'tenant_002' }),
    await post('session', { ...admin, tenant_id: '' }),
  ]
  for (const answer of answers) {
    assert.equal(answer.status, 401)
    const { error }: { error: { code: string; message: string; details?: unknown } } = answer.body
    assert.deepEqual(
      [error.code, error.message, error.details],
      ['sign_in_refused', 'User name, password or tenant is wrong.', undefined],
    )
  }
})

test('client_uid makes the session client-level', async () => {
  const session = await signIn({ client_uid: uid })
  assert.equal(decodeJwt(session.access_token).client_uid, uid)
  assert.equal(await works(session.access_token), 403, 'no account-level operation')
  assert.equal((await app.request(`/api/v1/clients/${uid}`, { token: session.access_token })).status, 200)
  const unknown = await post('session', { ...admin, client_uid: '550e8400-e29b-41d4-a716-446655440000' })
  assert.equal(unknown.status, 404)
})

test('refreshing gives new tokens of the same session; the old refresh token is spent', async () => {
  const session = await signIn()
  const answer = await refresh(session.refresh_token)
  assert.equal(answer.status, 200)
  const renewed: Session = answer.body
  assert.notEqual(renewed.refresh_token, session.refresh_token)
  assert.equal(decodeJwt(renewed.access_token).sid, session.session_id)
  assert.equal(await works(session.access_token), 200, 'the old access token lasts its time')
  assert.equal(await works(renewed.access_token), 200)
})

test('using a refresh token twice ends the whole session, and the event is in the audit log', async () => {
  const session = await signIn()
  const renewed: Session = (await refresh(session.refresh_token)).body
  const reused = await refresh(session.refresh_token)
  assert.equal(reused.status, 401)
  assert.equal(code(reused), 'refresh_token_reused')
  assert.equal(await works(renewed.access_token), 401)
  assert.equal((await refresh(renewed.refresh_token)).status, 401)
  const events = await queryAsOwner<{ severity: string }>(
    app.database,
    "select severity from audit_events where action = 'refresh_token_reused' and target_id = $1",
    [session.session_id],
  )
  assert.ok(events.some((one) => one.severity === 'critical'))
})

test('of parallel uses of one refresh token at most one is answered with tokens', async () => {
  const session = await signIn()
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => refresh(session.refresh_token)))
  assert.ok(answers.filter((one) => one.status === 200).length <= 1)
  assert.equal(await works(session.access_token), 401, 'somebody used it twice: the session has ended')
})

test('logout ends the session: access and refresh token stop at once, also on a second process', async () => {
  const other = await startTestApp({
    database: app.database,
    config: { masterKeys: app.runtime.config.masterKeys, publicUrl: 'http://issuer.example' },
  })
  try {
    const session = await signIn()
    const elsewhere = () => other.request('/api/v1/clients', { token: session.access_token })
    assert.equal((await elsewhere()).status, 200)
    assert.deepEqual((await logout(session.access_token)).body, { success: true })
    assert.equal((await elsewhere()).status, 401)
    assert.equal(await works(session.access_token), 401)
    assert.equal((await refresh(session.refresh_token)).status, 401)
  } finally {
    await other.close()
  }
})

test('logout without a credential is 401; an API key has no session to end', async () => {
  const anonymous = await app.request('/api/v1/auth/logout', { method: 'POST' })
  assert.equal(anonymous.status, 401)
  const { apiKey } = await app.register('Has a key')
  const answer = await app.request('/api/v1/auth/logout', { method: 'POST', apiKey })
  assert.equal(answer.status, 403)
  assert.equal(code(answer), 'session_required')
})

test('a user has five account-level sessions at most: the oldest goes', async () => {
  const sessions: Session[] = []
  for (let number = 1; number <= 6; number++) sessions.push(await signIn())
  const statuses: number[] = []
  for (const session of sessions) statuses.push(await works(session.access_token))
  assert.deepEqual(statuses, [401, 200, 200, 200, 200, 200])
})

test('sessions of a client and of the account are counted apart', async () => {
  const account = await signIn()
  for (let number = 1; number <= 6; number++) await signIn({ client_uid: uid })
  assert.equal(await works(account.access_token), 200)
})

test('a deactivated user, and a suspended tenant, stop at the next request and cannot sign in', async () => {
  const session = await signIn()
  for (const [statement, undo, status] of [
    ["update users set status = 'deactivated'", "update users set status = 'active'", 401],
    [
      `update tenants set status = 'suspended' where id = '${firstTenant}'`,
      `update tenants set status = 'active' where id = '${firstTenant}'`,
      403,
    ],
  ] as const) {
    await queryAsOwner(app.database, statement)
    assert.equal(await works(session.access_token), status)
    assert.equal((await post('session', admin)).status, 401)
    assert.equal((await refresh(session.refresh_token)).status, 401)
    await queryAsOwner(app.database, undo)
  }
})

test('every outcome of a sign-in is an audit event of the tenant, without the password', async () => {
  await signIn()
  await post('session', { ...admin, password: 'a wrong guess' })
  const events = await queryAsOwner<{ action: string; text: string }>(
    app.database,
    `select action, to_jsonb(a)::text as text from audit_events a
      where category = 'authentication' and tenant_id = $1`,
    [firstTenant],
  )
  const actions = new Set(events.map((one) => one.action))
  for (const action of ['login_success', 'login_failure', 'token_refreshed', 'logout']) assert.ok(actions.has(action))
  const text = events.map((one) => one.text).join('')
  for (const secret of [adminPassword, 'a wrong guess']) assert.equal(text.includes(secret), false)
})
