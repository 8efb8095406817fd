import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as client from 'openid-client'
import type { TestApp } from '#test/support/app.ts'
import type { Credentials } from '#test/support/identity.ts'
import { createUser, inDatabase, signInAs } from '#test/support/identity.ts'
import {
  beginFlow,
  callback,
  credentials,
  discover,
  exchange,
  registerClient,
  startOAuthApp,
  Visitor,
} from './oauth.fixture.ts'

let app: TestApp
let ids = 0
before(async () => {
  app = await startOAuthApp()
})
after(() => app.close())

const clients = '/api/v1/clients'
const asking = { requireAuthorizationConsent: true }

async function registered(): Promise<{ id: string; clientId: string; config: client.Configuration }> {
  const clientId = `asking-${++ids}`
  const id = await registerClient(app, {
    clientId,
    clientName: 'Asking',
    scopes: 'openid,email,offline_access,client:view,client:create',
    clientSettings: JSON.stringify(asking),
  })
  return { id, clientId, config: await discover(app, clientId) }
}

type Options = { scope?: string; visitor?: Visitor; user?: Credentials; parameters?: Record<string, string> }

/** Signs in in a new browser, and says yes where it is asked. @returns whether it was, and the tokens */
async function visit(config: client.Configuration, options: Options = {}) {
  const { scope = 'openid client:view', visitor = new Visitor(), user = credentials, parameters = {} } = options
  const flow = await beginFlow(config, { scope, parameters })
  let page = await visitor.follow(flow.url.href)
  if (page.text.includes('/sign-in"')) {
    const { username, password } = user
    page = await visitor.submit(page, '/sign-in', { username, password })
  }
  const asked = page.text.includes('/consent"')
  if (asked) page = await visitor.submit(page, '/consent')
  assert.ok(page.url.startsWith(`${callback}?`), page.text)
  return { asked, tokens: await exchange(flow, page.url) }
}

async function consentsOf(token: string) {
  const answer = await app.request('/api/v1/consents', { token })
  assert.equal(answer.status, 200, answer.text)
  return (answer.body as { consents: { id: string; client_id: string; client_name: string; scopes: string[] }[] })
    .consents
}

const statusWith = async (token: string) => (await app.request(clients, { token })).status

async function change(id: string, fields: Record<string, unknown>): Promise<void> {
  const body = { id, ...fields }
  const path = '/oauth2-service/api/oauth2-clients/updateClient'
  const answer = await app.request(path, { method: 'POST', token: await app.signIn(), body })
  assert.equal(answer.status, 200, answer.text)
}

test('what was allowed in one browser is not asked for in another; what goes further is, once', async () => {
  const { config } = await registered()
  assert.equal((await visit(config)).asked, true)
  const second = await visit(config)
  assert.equal(second.asked, false)
  assert.equal(await statusWith(second.tokens.access_token), 200)

  const further = await visit(config, { scope: 'openid client:view client:create' })
  assert.equal(further.asked, true)
  assert.equal((await visit(config, { scope: 'openid client:create' })).asked, false)
  const less = await visit(config)
  assert.equal(less.asked, false)
  assert.equal(less.tokens.scope, 'client:view openid', 'a token has what was asked for, not all that was allowed')
  assert.equal((await visit(config, { parameters: { prompt: 'consent' } })).asked, true, 'the client may insist')
})

test('one user’s consent is nobody else’s, and none for another client', async () => {
  const [one, other] = [await registered(), await registered()]
  assert.equal((await visit(one.config)).asked, true)
  assert.equal((await visit(other.config)).asked, true)
  const user = await createUser(app, ['viewer'])
  assert.equal((await visit(one.config, { user })).asked, true)
})

test('the user sees what he has allowed and withdraws it: tokens end at once, and he is asked again everywhere', async () => {
  const { id, clientId, config } = await registered()
  const user = await createUser(app, ['viewer'])
  const browser = new Visitor()
  const first = await visit(config, { user, visitor: browser })
  const second = await visit(config, {
    user,
    scope: 'openid offline_access client:view',
    parameters: { prompt: 'consent' },
  })
  const untouched = await visit(config)
  const token = (await signInAs(app, user)).access_token
  const [listed, ...others] = await consentsOf(token)
  assert.deepEqual(others, [])
  assert.deepEqual(
    { ...listed, given_at: '', updated_at: '' },
    {
      id,
      client_id: clientId,
      client_name: 'Asking',
      scopes: ['client:view', 'offline_access', 'openid'],
      given_at: '',
      updated_at: '',
    },
  )
  const withdraw = () => app.request(`/api/v1/consents/${id}`, { method: 'DELETE', token })
  assert.equal((await withdraw()).status, 200)
  assert.equal((await withdraw()).status, 404)
  assert.deepEqual(await consentsOf(token), [])
  for (const { tokens } of [first, second]) {
    assert.equal(await statusWith(tokens.access_token), 401)
    await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), { error: 'invalid_grant' })
    assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false)
  }
  assert.equal(await statusWith(untouched.tokens.access_token), 200, 'another user’s token')
  assert.equal((await visit(config, { user, visitor: browser })).asked, true, 'in the browser that is signed in')
  const audited = await inDatabase(app, (db) =>
    db.query(`select 1 from audit_events where action = 'oauth2-consent.withdraw' and target_id = $1`, [id]),
  )
  assert.equal(audited.rowCount, 1)
})

test('a scope that the client loses must be asked for again, also in the same browser and by old tokens', async () => {
  const { id, config } = await registered()
  const visitor = new Visitor()
  const scope = 'openid client:view client:create'
  const before = await visit(config, { scope, visitor })
  await change(id, { scopes: 'openid,client:view' })
  await change(id, { scopes: 'openid,client:view,client:create' })
  assert.equal(await statusWith(before.tokens.access_token), 401)
  const refreshed = await client.refreshTokenGrant(config, before.tokens.refresh_token ?? '')
  assert.equal(refreshed.scope, 'client:view openid')
  const create = await app.request(clients, { method: 'POST', token: refreshed.access_token, body: { name: 'Beyond' } })
  assert.equal(create.status, 403)
  assert.equal((await visit(config, { visitor })).asked, false, 'what is left holds')
  assert.equal((await visit(config, { scope, visitor })).asked, true)
})

test('a deleted client’s consents go with it: one that takes its name later has none', async () => {
  const { id, clientId, config } = await registered()
  await visit(config)
  const token = await app.signIn()
  const deleted = await app.request(`/oauth2-service/api/oauth2-clients/deleteClient/${id}`, {
    method: 'DELETE',
    token,
  })
  assert.equal(deleted.status, 200)
  assert.ok(!(await consentsOf((await signInAs(app)).access_token)).some((one) => one.id === id))
  await registerClient(app, { clientId, clientSettings: JSON.stringify(asking) })
  assert.equal((await visit(await discover(app, clientId))).asked, true)
})

test('a client that begins to ask gets nothing by the refresh tokens from before', async () => {
  const clientId = 'silent'
  const id = await registerClient(app, { clientId })
  const config = await discover(app, clientId)
  const { asked, tokens } = await visit(config)
  assert.equal(asked, false)
  await change(id, { clientSettings: JSON.stringify(asking) })
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), { error: 'invalid_grant' })
  assert.equal((await visit(config)).asked, true)
})

test('refusing keeps nothing, and what was allowed before', async () => {
  const { id, config } = await registered()
  await visit(config)
  const visitor = new Visitor()
  const flow = await beginFlow(config, { scope: 'openid client:create' })
  const page = await visitor.submit(await visitor.follow(flow.url.href), '/sign-in', credentials)
  const refused = await visitor.submit(page, '/abort')
  assert.match(refused.url, /error=access_denied/)
  const [kept] = (await consentsOf((await signInAs(app)).access_token)).filter((one) => one.id === id)
  assert.deepEqual(kept?.scopes, ['client:view', 'openid'])
})
