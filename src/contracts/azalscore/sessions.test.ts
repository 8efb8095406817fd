import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import type { SignedIn } from '#test/support/identity.ts'
import { codeOf, createUser, inDatabase, post, signInAs } from '#test/support/identity.ts'

type Listed = { id: string; user_agent: string; ip_address: string; is_current: boolean; last_activity: string }

describe('sessions', () => {
  let app: TestApp

  before(async () => {
    app = await startTestApp()
  })
  after(() => app.close())

  const list = async (token: string) => {
    const answer = await app.request('/api/v1/sessions', { token })
    assert.equal(answer.status, 200, answer.text)
    return (answer.body as { sessions: Listed[] }).sessions
  }
  const end = (token: string, id: string) => app.request(`/api/v1/sessions/${id}`, { method: 'DELETE', token })

  test('lists the device, the address and which one is the current', async () => {
    const user = await createUser(app, ['viewer'])
    const first = await signInAs(app, user)
    await app.request('/api/v1/auth/session', {
      method: 'POST',
      headers: { 'user-agent': 'Test browser 1.0' },
      body: { username: user.username, password: user.password, tenant_id: 'tenant_001' },
    })
    const sessions = await list(first.access_token)
    assert.equal(sessions.length, 2)
    assert.deepEqual(
      sessions.map((one) => one.is_current),
      [false, true],
    )
    assert.equal(sessions[0]?.user_agent, 'Test browser 1.0')
    assert.equal(sessions[1]?.id, first.session_id)
    assert.equal(sessions[1]?.ip_address, '127.0.0.1')
    assert.match(sessions[1]?.last_activity ?? '', /^\d{4}-.*Z$/)
  })

  test('ends another session at once, and says 409 the second time', async () => {
    const user = await createUser(app, ['viewer'])
    const [mine, other] = [await signInAs(app, user), await signInAs(app, user)]
    assert.equal((await end(mine.access_token, other.session_id)).status, 200)
    assert.equal(codeOf(await app.request('/api/v1/sessions', { token: other.access_token })), 'session_ended')
    const refresh = await post(app, '/api/v1/auth/refresh', { body: { refresh_token: other.refresh_token } })
    assert.equal(refresh.status, 401)
    const again = await end(mine.access_token, other.session_id)
    assert.deepEqual([again.status, codeOf(again)], [409, 'session_already_ended'])
  })

  test("does not reveal or end another user's session", async () => {
    const mine = await signInAs(app, await createUser(app, ['viewer']))
    const foreign = await signInAs(app)
    const answer = await end(mine.access_token, foreign.session_id)
    assert.deepEqual([answer.status, codeOf(answer)], [404, 'session_not_found'])
    assert.equal((await list(foreign.access_token)).length > 0, true)
    assert.equal((await end(mine.access_token, 'sess_nonsense')).status, 404)
  })

  test('ends all others and keeps the one of the call', async () => {
    const user = await createUser(app, ['viewer'])
    const mine = await signInAs(app, user)
    const others = [await signInAs(app, user), await signInAs(app, user)]
    const answer = await app.request('/api/v1/sessions', { method: 'DELETE', token: mine.access_token })
    assert.deepEqual(answer.body, { success: true, revoked: 2 })
    for (const one of others) {
      assert.equal((await app.request('/api/v1/sessions', { token: one.access_token })).status, 401)
    }
    assert.equal((await list(mine.access_token)).length, 1)
  })

  test('shows a client-level caller the sessions of his client only', async () => {
    const user = await createUser(app, ['admin'])
    const uid = await app.createClient()
    const account = await signInAs(app, user)
    const client = await signInAs(app, user, { client_uid: uid })
    assert.deepEqual(
      (await list(client.access_token)).map((one) => one.id),
      [client.session_id],
    )
    assert.equal((await end(client.access_token, account.session_id)).status, 404)
    assert.equal((await list(account.access_token)).length, 2)
  })

  test('keeps five sessions of a user: the oldest one that is still alive goes', async () => {
    const user = await createUser(app, ['viewer'])
    const idle = await signInAs(app, user)
    const five: SignedIn[] = []
    for (let i = 0; i < 5; i++) five.push(await signInAs(app, user))
    await moveLastSeen(app, five[4]?.session_id ?? '', '31 minutes')
    const sixth = await signInAs(app, user)
    assert.equal((await app.request('/api/v1/sessions', { token: idle.access_token })).status, 401)
    // One of the five had gone idle, so the oldest of them did not have to go.
    assert.equal((await list(five[0]?.access_token ?? '')).length, 5)
    assert.equal((await list(sixth.access_token)).length, 5)
  })

  test('ends a session that was not used for 30 minutes, for requests and for refreshes', async () => {
    const session = await signInAs(app, await createUser(app, ['viewer']))
    await moveLastSeen(app, session.session_id, '31 minutes')
    assert.equal(codeOf(await app.request('/api/v1/sessions', { token: session.access_token })), 'session_ended')
    const refresh = await post(app, '/api/v1/auth/refresh', { body: { refresh_token: session.refresh_token } })
    assert.equal(codeOf(refresh), 'refresh_token_invalid')
  })

  test('keeps a session that is used: a request counts, written at most once a minute', async () => {
    const session = await signInAs(app, await createUser(app, ['viewer']))
    await moveLastSeen(app, session.session_id, '29 minutes')
    await list(session.access_token)
    const first = await lastSeen(app, session.session_id)
    assert.ok(Date.now() - first.getTime() < 60_000)
    await list(session.access_token)
    assert.deepEqual(await lastSeen(app, session.session_id), first)
  })

  test('counts a refresh as use', async () => {
    const session = await signInAs(app, await createUser(app, ['viewer']))
    await moveLastSeen(app, session.session_id, '29 minutes')
    const refresh = await post(app, '/api/v1/auth/refresh', { body: { refresh_token: session.refresh_token } })
    assert.equal(refresh.status, 200)
    assert.ok(Date.now() - (await lastSeen(app, session.session_id)).getTime() < 60_000)
  })

  test('ends a session seven days after the sign-in, however much it is used', async () => {
    const session = await signInAs(app, await createUser(app, ['viewer']))
    const { rows } = await inDatabase(app, (client) =>
      client.query<{ days: number }>(
        'select extract(epoch from expires_at - created_at) / 86400 as days from sessions where id = $1',
        [session.session_id],
      ),
    )
    assert.ok(Math.abs(Number(rows[0]?.days) - 7) < 0.01)
    await inDatabase(app, (client) =>
      client.query(`update sessions set expires_at = now() - interval '1 second' where id = $1`, [session.session_id]),
    )
    assert.equal(codeOf(await app.request('/api/v1/sessions', { token: session.access_token })), 'session_ended')
    const refresh = await post(app, '/api/v1/auth/refresh', { body: { refresh_token: session.refresh_token } })
    assert.equal(refresh.status, 401)
  })

  test('ends the whole session when a refresh token is used twice', async () => {
    const session = await signInAs(app, await createUser(app, ['viewer']))
    const body = { refresh_token: session.refresh_token }
    const next = await post(app, '/api/v1/auth/refresh', { body })
    assert.equal(next.status, 200)
    assert.equal(codeOf(await post(app, '/api/v1/auth/refresh', { body })), 'refresh_token_reused')
    const { access_token } = next.body as { access_token: string }
    assert.equal(codeOf(await app.request('/api/v1/sessions', { token: access_token })), 'session_ended')
  })

  test('signs in though the caller still sends an outdated token', async () => {
    const answer = await app.request('/api/v1/auth/session', {
      method: 'POST',
      token: 'eyJhbGciOiJub25lIn0.e30.x',
      body: { username: 'admin@example.com', password: 'correct-horse-battery', tenant_id: 'tenant_001' },
    })
    assert.equal(answer.status, 200)
  })
})

async function moveLastSeen(app: TestApp, sessionId: string, ago: string): Promise<void> {
  await inDatabase(app, (client) =>
    client.query('update sessions set last_seen_at = now() - $2::interval where id = $1', [sessionId, ago]),
  )
}

async function lastSeen(app: TestApp, sessionId: string): Promise<Date> {
  const { rows } = await inDatabase(app, (client) =>
    client.query<{ last_seen_at: Date }>('select last_seen_at from sessions where id = $1', [sessionId]),
  )
  return rows[0]?.last_seen_at as Date
}
