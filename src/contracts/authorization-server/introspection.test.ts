/** Who is told what of a token (RFC 7662). */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClient } from '#features/oauth/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import { prepareTenant, systemOf } from '#test/support/prepared-client.ts'
import { authorize, beginFlow, discover, exchange, registerClient, secret, startOAuthApp } from './oauth.fixture.ts'
import { ask, basic, machine, plain } from './program.fixture.ts'

let app: TestApp
before(async () => {
  app = await startOAuthApp()
  await registerClient(app, { clientId: 'web' })
  await registerClient(app, { clientId: 'resource-server', ...machine })
})
after(() => app.close())

async function introspect(token: string, authorization: string): Promise<Record<string, unknown>> {
  const answer = await ask(app, { path: '/oauth2/introspect', body: `token=${token}`, headers: { authorization } })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

async function tokensOfUser() {
  const flow = await beginFlow(await discover(app, 'web'), { scope: 'openid client:view' })
  return exchange(flow, await authorize(flow))
}

test('a resource server learns of the access tokens of its tenant, and not of refresh tokens', async () => {
  const tokens = await tokensOfUser()
  const told = await introspect(tokens.access_token, basic('resource-server'))
  assert.equal(told.active, true)
  assert.equal(told.client_id, 'web')
  assert.equal(told.scope, 'openid client:view')
  assert.equal(typeof told.sub, 'string')
  assert.deepEqual(await introspect(tokens.refresh_token ?? '', basic('resource-server')), { active: false })
  assert.equal((await introspect(tokens.refresh_token ?? '', basic('web'))).active, true)
})

test('nobody is told which session a token came from', async () => {
  const told = await introspect((await tokensOfUser()).access_token, basic('web'))
  const names = ['active', 'client_id', 'exp', 'iat', 'iss', 'scope', 'sub', 'tid', 'token_type']
  assert.deepEqual(new Set(Object.keys(told)), new Set(names))
})

test('another tenant’s client is told nothing, nor one that proves nothing', async () => {
  const { access_token: token } = await tokensOfUser()
  const client = await ask(app, plain('resource-server'))
  const ofProgram = (client.body as { access_token: string }).access_token
  const foreign = {
    clientId: 'foreign',
    clientSecret: secret,
    grantTypes: ['client_credentials'],
    scopes: ['client:view'],
  }
  await runForResult(app.runtime.services, createClient, foreign, systemOf(await prepareTenant(app)))
  await registerClient(app, { clientId: 'public', clientSecret: null, clientAuthenticationMethods: 'none' })
  for (const one of [token, ofProgram]) {
    assert.equal((await introspect(one, basic('resource-server'))).active, true)
    assert.deepEqual(await introspect(one, basic('foreign')), { active: false })
    const answer = await ask(app, { path: '/oauth2/introspect', body: `token=${one}&client_id=public` })
    assert.deepEqual(answer.body, { active: false })
  }
})

test('what is no token of ours is not active, whatever its form', async () => {
  for (const token of ['x', 'x.y', 'x.y.', '..', 'x.y.z', 'x.y.z.u.v', `${'x'.repeat(43)}.`]) {
    assert.deepEqual(await introspect(token, basic('resource-server')), { active: false }, token)
  }
})
