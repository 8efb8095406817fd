/** Nothing is answered at once that oidc-provider would refuse: a client that has changed since, or that has asked too often. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { documentedRateLimits } from '#platform/rate-limits/index.ts'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { registerClient, secret, startOAuthApp } from './oauth.fixture.ts'
import type { Sent } from './program.fixture.ts'
import { ask, LibrarySpy, machine, plain, register } from './program.fixture.ts'

let library: LibrarySpy
before(() => {
  library = new LibrarySpy()
})
after(() => library.restore())

describe('a change is in force at the next request', () => {
  let app: TestApp
  before(async () => {
    app = await startOAuthApp()
  })
  after(() => app.close())

  const base = '/oauth2-service/api/oauth2-clients'
  async function update(body: { id: string } & Record<string, unknown>): Promise<void> {
    const answer = await app.request(`${base}/updateClient`, { method: 'POST', token: await app.signIn(), body })
    assert.equal(answer.status, 200, answer.text)
  }
  async function asOwner(text: string, values: unknown[]): Promise<void> {
    const connection = new pg.Client(app.database.owner)
    await connection.connect()
    try {
      await connection.query(text, values)
    } finally {
      await connection.end()
    }
  }
  const outcome = async (sent: Sent) => {
    const { status, body } = await ask(app, sent)
    return status === 200 ? 200 : `${status} ${(body as { error: string }).error}`
  }

  test('of its secret', async () => {
    const { id, clientId } = await register(app)
    await library.prime(app, clientId)
    await update({ id, clientSecret: 'another-secret-of-it' })
    assert.equal(await outcome(plain(clientId)), '401 invalid_client')
    assert.equal(await outcome(plain(clientId, 'another-secret-of-it')), 200)
    await library.prime(app, clientId, 'another-secret-of-it')
    await update({ id, clientSecret: secret })
    assert.equal(await outcome(plain(clientId, 'another-secret-of-it')), '401 invalid_client')
    assert.equal(await outcome(plain(clientId)), 200)
  })

  test('of its scopes, to fewer and to more', async () => {
    const { id, clientId } = await register(app, { scopes: 'client:view' })
    await library.prime(app, clientId)
    await update({ id, scopes: 'client:create' })
    assert.equal(await outcome(plain(clientId)), '400 invalid_scope')
    await update({ id, scopes: 'client:view,client:create' })
    assert.equal(await outcome(plain(clientId)), 200)
  })

  test('of its methods, the end of its secret, and the life of its tokens', async () => {
    const { id, clientId } = await register(app)
    await library.prime(app, clientId)
    await update({ id, tokenSettings: JSON.stringify({ accessTokenTimeToLive: 120 }) })
    const { body } = await ask(app, plain(clientId))
    assert.equal((body as { expires_in: number }).expires_in, 120)
    await library.prime(app, clientId)
    await update({ id, clientSecretExpiresAt: '2020-01-01T00:00:00Z' })
    assert.equal(await outcome(plain(clientId)), '401 invalid_client')
  })

  test('of its name, when it is deleted, and when another takes its name', async () => {
    const { id, clientId } = await register(app)
    await library.prime(app, clientId)
    await update({ id, clientId: `${clientId}-renamed` })
    assert.equal(await outcome(plain(clientId)), '401 invalid_client')
    await library.prime(app, `${clientId}-renamed`)
    const deleted = await app.request(`${base}/deleteClient/${id}`, { method: 'DELETE', token: await app.signIn() })
    assert.equal(deleted.status, 200, deleted.text)
    assert.equal(await outcome(plain(`${clientId}-renamed`)), '401 invalid_client')
    await registerClient(app, { clientId: `${clientId}-renamed`, ...machine, scopes: 'client:create' })
    assert.equal(await outcome(plain(`${clientId}-renamed`)), '400 invalid_scope')
  })

  test('of its tenant', async () => {
    const { clientId } = await register(app)
    await library.prime(app, clientId)
    const setStatus = (status: string) =>
      asOwner('update tenants set status = $1 where id = (select tenant_id from oauth_clients where client_id = $2)', [
        status,
        clientId,
      ])
    await setStatus('suspended')
    try {
      assert.equal(await outcome(plain(clientId)), '401 invalid_client')
    } finally {
      await setStatus('active')
    }
    assert.equal(await outcome(plain(clientId)), 200)
  })

  test('and of one client only, whoever else travels along', async () => {
    const all = await Promise.all(Array.from({ length: 3 }, () => register(app)))
    for (const { clientId } of all) await library.prime(app, clientId)
    await update({ id: all[1]?.id ?? '', scopes: 'client:create' })
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => outcome(plain(all[i % 3]?.clientId ?? ''))),
    )
    const expected = Array.from({ length: 30 }, (_, i) => (i % 3 === 1 ? '400 invalid_scope' : 200))
    assert.deepEqual(outcomes, expected)
  })

  test('a token takes one round trip', async (t) => {
    const { clientId } = await register(app)
    await library.prime(app, clientId)
    const batch = t.mock.method(app.runtime.services.database, 'batch')
    await ask(app, plain(clientId))
    assert.equal(batch.mock.callCount(), 1)
  })
})

describe('the quota of a client', () => {
  const user = 30
  let open: TestApp
  let app: TestApp
  before(async () => {
    open = await startOAuthApp()
    const { masterKeys, publicUrl } = open.runtime.config
    const rateLimits = { ...documentedRateLimits, user, tenant: 1000, address: 1000 }
    app = await startTestApp({ database: open.database, config: { masterKeys, publicUrl, rateLimits } })
  })
  after(async () => {
    await app.close()
    await open.close()
  })

  const remaining = ({ headers }: Answer) => Number(headers.get('x-ratelimit-remaining'))

  test('counts a token once, also one that oidc-provider issues after all; and refuses as it does', async () => {
    const { id, clientId } = await register(open)
    await library.prime(app, clientId)
    const before = await ask(app, plain(clientId))
    const body = { id, scopes: 'client:view' }
    const token = await open.signIn()
    await open.request('/oauth2-service/api/oauth2-clients/updateClient', { method: 'POST', token, body })
    const issued = library.issued
    const outdated = await ask(app, plain(clientId))
    assert.equal(outdated.status, 200)
    assert.equal(library.issued, issued + 1)
    // A new minute may have begun in between.
    assert.ok([remaining(before) - 1, user - 1].includes(remaining(outdated)), `${remaining(outdated)}`)
    let last = outdated
    for (let i = 0; last.status === 200 && i <= 2 * user; i++) last = await ask(app, plain(clientId))
    assert.equal(last.status, 429, last.text)
    assert.equal((last.body as { error: string }).error, 'temporarily_unavailable')
    assert.equal(last.headers.get('x-ratelimit-remaining'), '0')
    assert.ok(Number(last.headers.get('retry-after')) >= 1)
  })

  test('of an address counts what is too long to be read as well', async () => {
    const sent = { body: `grant_type=client_credentials&padding=${'x'.repeat(57 * 1024)}` }
    const answers = [await ask(app, sent), await ask(app, sent)]
    assert.ok(answers.every(({ status }) => status >= 400 && status < 500))
    assert.ok(answers.every(({ headers }) => headers.get('x-ratelimit-limit') === '1000'))
  })
})
