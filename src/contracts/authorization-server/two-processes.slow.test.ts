import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import * as client from 'openid-client'
import { Secret, TOTP } from 'otpauth'
import { createUser, forgetUsedSteps, inDatabase, setUpTotp, signInAs } from '#test/support/identity.ts'
import {
  authorize,
  beginFlow,
  callback,
  credentials,
  exchange,
  registerClient,
  secret,
  Visitor,
} from './oauth.fixture.ts'
import type { NodeName, TwoProcesses } from './two-processes.fixture.ts'
import { startTwoProcesses } from './two-processes.fixture.ts'

let two: TwoProcesses
let config: client.Configuration
before(async () => {
  two = await startTwoProcesses()
  await registerClient(two.preparing, { clientId: 'web' })
  await registerClient(two.preparing, { clientId: 'opaque', tokenSettings: '{"accessTokenFormat":"reference"}' })
  await registerClient(two.preparing, {
    clientId: 'asking',
    clientSettings: JSON.stringify({ requireAuthorizationConsent: true }),
  })
  await registerClient(two.preparing, {
    clientId: 'machine',
    authorizationGrantTypes: 'client_credentials',
    redirectUris: '',
    scopes: 'client:view',
  })
  config = await discoverThere('web')
})
after(() => two.close())

function discoverThere(clientId: string): Promise<client.Configuration> {
  const options = { execute: [client.allowInsecureRequests] }
  return client.discovery(new URL(two.publicUrl), clientId, secret, client.ClientSecretBasic(secret), options)
}

type Tokens = { access_token: string; refresh_token: string; error?: string; active?: boolean }

/** At one of the nodes. */
async function post(node: NodeName, path: string, fields: Record<string, string>, clientId = 'web') {
  const answer = await fetch(two.nodes[node].url + path, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
    body: new URLSearchParams(fields),
  })
  const text = await answer.text()
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Tokens }
}

const refresh = (node: NodeName, token: string, clientId?: string) =>
  post(node, '/oauth2/token', { grant_type: 'refresh_token', refresh_token: token }, clientId)
const isActive = async (node: NodeName, token: string) =>
  (await post(node, '/oauth2/introspect', { token })).body.active === true
const call = async (node: NodeName, token: string) =>
  (await fetch(`${two.nodes[node].url}/api/v1/clients`, { headers: { authorization: `Bearer ${token}` } })).status

async function newCode(): Promise<Record<string, string>> {
  const flow = await beginFlow(config)
  const code = new URL(await authorize(flow)).searchParams.get('code') ?? ''
  return { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: flow.verifier }
}

async function newTokens(clientId = 'web'): Promise<Tokens> {
  const flow = await beginFlow(await discoverThere(clientId))
  return (await exchange(flow, await authorize(flow))) as unknown as Tokens
}

test('a code that one issued is redeemed at the other, once', async () => {
  two.pin('a')
  const fields = await newCode()
  two.pin(null)
  const redeemed = await post('b', '/oauth2/token', fields)
  assert.equal(redeemed.status, 200)
  assert.equal(await call('a', redeemed.body.access_token), 200)
  const again = await post('a', '/oauth2/token', fields)
  assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant'])
  for (const node of ['a', 'b'] as const) assert.equal(await call(node, redeemed.body.access_token), 401, node)
})

test('of one code at both in the same moment at most one is redeemed, and so of one refresh token', async () => {
  for (let i = 0; i < 5; i++) {
    const fields = await newCode()
    const answers = await Promise.all([post('a', '/oauth2/token', fields), post('b', '/oauth2/token', fields)])
    assert.ok(answers.filter((one) => one.status === 200).length <= 1)
    const { refresh_token: token } = await newTokens()
    const refreshed = await Promise.all([refresh('a', token), refresh('b', token)])
    assert.equal(refreshed.filter((one) => one.status === 200).length, 1)
  }
})

test('refresh tokens rotate across both; a replay at either ends the family at both', async () => {
  const first = await newTokens()
  const second = await refresh('a', first.refresh_token)
  const third = await refresh('b', second.body.refresh_token)
  assert.deepEqual([second.status, third.status], [200, 200])
  for (const node of ['a', 'b'] as const) assert.equal(await call(node, third.body.access_token), 200, node)
  const replayed = await refresh('b', first.refresh_token)
  assert.deepEqual([replayed.status, replayed.body.error], [400, 'invalid_grant'])
  assert.equal((await refresh('a', third.body.refresh_token)).status, 400)
  for (const node of ['a', 'b'] as const) {
    assert.equal(await call(node, third.body.access_token), 401, node)
    assert.equal(await isActive(node, third.body.access_token), false, node)
  }
})

test('what is revoked at one is revoked at the other at the next request, though it knew the token', async () => {
  for (const [revokes, other] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    const { access_token: token } = await newTokens()
    assert.deepEqual([await call(other, token), await isActive(other, token)], [200, true])
    assert.equal((await post(revokes, '/oauth2/revoke', { token })).status, 200)
    assert.deepEqual([await call(other, token), await isActive(other, token)], [401, false])
    assert.deepEqual([await call(revokes, token), await isActive(revokes, token)], [401, false])
  }
})

test('a sign-in whose pages come from both in turn: password, code, consent, with the keys changing in between', async () => {
  const user = await createUser(two.preparing, ['viewer'])
  const codeOf = (text: string) => new TOTP({ secret: Secret.fromBase32(text) }).generate()
  const { secret: shared } = await setUpTotp(two.preparing, (await signInAs(two.preparing, user)).access_token, codeOf)
  await forgetUsedSteps(two.preparing)
  const { username, password } = user
  const visitor = new Visitor()
  const flow = await beginFlow(await discoverThere('asking'))
  two.served.length = 0
  const signIn = await visitor.follow(flow.url.href)
  // The next keys sign from now on, and the pages before were made and their cookies signed under the ones before.
  await nextKeysSign()
  const code = await visitor.submit(signIn, '/sign-in', { username, password })
  const consent = await visitor.submit(code, '/second-factor', { code: codeOf(shared) })
  await nextKeysSign()
  const landed = await visitor.submit(consent, '/consent')
  assert.ok(landed.url.startsWith(callback), landed.text)
  const pages = two.served.filter(({ line }) => line.includes('/oauth2/'))
  for (const node of ['a', 'b'] as const) assert.ok(pages.filter((one) => one.node === node).length >= 4, node)
  const tokens = await exchange(flow, landed.url)
  for (const node of ['a', 'b'] as const) assert.equal(await call(node, tokens.access_token), 200, node)

  const again = await beginFlow(flow.config)
  assert.ok(
    (await visitor.follow(again.url.href)).url.startsWith(callback),
    'signed on at both, and remembered by both',
  )
})

/** An ordinary rotation whose hour is over already. Returns when both nodes sign with the new keys. */
async function nextKeysSign(): Promise<void> {
  const { code, stdout } = await two.command('key', 'rotate-signing')
  assert.equal(code, 0)
  const id = /kid_\S+(?=;)/.exec(stdout)?.[0]
  await inDatabase(two.preparing, (db) =>
    db.query(`update signing_keys set signs_from = now() - interval '1 second' where signs_from > now()`),
  )
  for (const node of ['a', 'b'] as const) await until(async () => (await signingKey(node)) === id)
}

async function signingKey(node: NodeName): Promise<string | undefined> {
  const { body } = await post(node, '/oauth2/token', { grant_type: 'client_credentials' }, 'machine')
  return decodeProtectedHeader(body.access_token).kid
}

async function sessionAt(node: NodeName): Promise<string> {
  const answer = await fetch(`${two.nodes[node].url}/api/token/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(credentials),
  })
  return ((await answer.json()) as { access: string }).access
}

async function until(holds: () => Promise<boolean>, withinMs = 8000): Promise<void> {
  const startedAt = Date.now()
  while (!(await holds())) assert.ok(Date.now() - startedAt < withinMs, 'still not')
}

test('keys taken out of use in an emergency: both refuse what they signed, the rest goes on', async () => {
  const [signed, opaque] = [await newTokens(), await newTokens('opaque')]
  const session = await sessionAt('a')
  const everyToken = [signed.access_token, opaque.access_token, session]
  for (const node of ['a', 'b'] as const) {
    for (const token of everyToken) assert.equal(await call(node, token), 200, node)
  }
  assert.equal((await two.command('key', 'rotate-signing', '--immediately')).code, 0)
  const startedAt = Date.now()
  for (const node of ['a', 'b'] as const) {
    for (const token of [signed.access_token, session]) {
      await until(async () => (await call(node, token)) === 401, 6000 - (Date.now() - startedAt))
    }
    assert.equal(await isActive(node, signed.access_token), false, node)
    assert.equal(await call(node, opaque.access_token), 200, 'which nothing has signed')
  }
  const refreshed = await refresh('b', signed.refresh_token)
  assert.equal(refreshed.status, 200)
  for (const node of ['a', 'b'] as const) assert.equal(await call(node, refreshed.body.access_token), 200, node)
  const tokens = await newTokens()
  assert.equal(await call('b', tokens.access_token), 200, 'a new sign-in at both in turn')
})
