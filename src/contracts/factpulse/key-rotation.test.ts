import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { serveHttp } from '#platform/outbound-http/fixtures/loopback-server.ts'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'

let app: TestApp
let token: string
before(async () => {
  app = await startTestApp({ config: { outboundAllow: ['127.0.0.1'] } })
  token = await app.signIn()
})
after(() => app.close())

const newKey = () => randomBytes(32).toString('base64')

function configure(uid: string, kind: 'pdp' | 'chorus', key: string | null, tokenUrl = 'https://auth.example/token') {
  return app.request(`/api/v1/clients/${uid}/${kind}-config`, {
    method: 'PUT',
    token,
    body: {
      flowServiceUrl: 'https://api.example/flow',
      tokenUrl,
      oauthClientId: 'client',
      clientSecret: `secret of ${kind}`,
      encryptionMode: key === null ? 'fernet' : 'double',
    },
    headers: key === null ? {} : { 'x-encryption-key': key },
  })
}

function rotate(uid: string, body: object): Promise<Answer> {
  return app.request(`/api/v1/clients/${uid}/rotate-encryption-key`, { method: 'POST', token, body })
}

const stored = (uid: string) =>
  queryAsOwner(app.database, 'select * from client_credentials where client_id = $1 order by kind', [uid])

test('encrypts the secrets of PDP and Chorus Pro under the new key; the old one opens nothing any more', async (t) => {
  const basics: (string | undefined)[] = []
  const port = await serveHttp(t, (request, response) => {
    basics.push(request.headers.authorization)
    response.setHeader('content-type', 'application/json').end('{"access_token":"given","token_type":"Bearer"}')
  })
  const uid = await app.createClient('Rotated')
  const [first, second] = [newKey(), newKey()]
  await configure(uid, 'pdp', first, `http://127.0.0.1:${port}/token`)
  await configure(uid, 'chorus', first)
  const answer = await rotate(uid, { oldKey: first, newKey: second })
  assert.equal(answer.status, 200)
  assert.equal((answer.body as { rotatedCount: number }).rotatedCount, 2)

  const tryKey = (key: string) =>
    app.request(`/api/v1/clients/${uid}/pdp-config/test`, {
      method: 'POST',
      token,
      headers: { 'x-encryption-key': key },
    })
  const old = await tryKey(first)
  assert.equal(old.status, 400)
  assert.equal((old.body as { errorCode: string }).errorCode, 'ENCRYPTION_KEY_WRONG')
  const tested = await tryKey(second)
  assert.equal((tested.body as { lastTestSuccess: boolean }).lastTestSuccess, true)
  const pair = Buffer.from((basics[0] ?? '').replace('Basic ', ''), 'base64').toString('utf8')
  assert.equal(decodeURIComponent(pair), 'client:secret of pdp', 'the secret is still the same')
  const again = await rotate(uid, { oldKey: first, newKey: newKey() })
  assert.equal(again.status, 400)
})

test('one secret that the old key does not open aborts all: nothing changed', async () => {
  const uid = await app.createClient('Aborted')
  const [pdpKey, chorusKey] = [newKey(), newKey()]
  await configure(uid, 'pdp', pdpKey)
  await configure(uid, 'chorus', chorusKey)
  const before = await stored(uid)
  for (const oldKey of [pdpKey, chorusKey]) {
    const answer = await rotate(uid, { oldKey, newKey: newKey() })
    assert.equal(answer.status, 400)
    assert.equal((answer.body as { errorCode: string }).errorCode, 'ENCRYPTION_KEY_WRONG')
    assert.deepEqual(await stored(uid), before)
  }
})

test('leaves secrets in mode "fernet" alone', async () => {
  const uid = await app.createClient('Mixed')
  const key = newKey()
  await configure(uid, 'pdp', null)
  await configure(uid, 'chorus', key)
  const [, pdp] = await stored(uid)
  const answer = await rotate(uid, { oldKey: key, newKey: newKey() })
  assert.equal((answer.body as { rotatedCount: number }).rotatedCount, 1)
  assert.deepEqual((await stored(uid))[1], pdp)
})

test('a client without a doubly encrypted secret is 404', async () => {
  const uid = await app.createClient('Nothing to rotate')
  assert.equal((await rotate(uid, { oldKey: newKey(), newKey: newKey() })).status, 404)
  await configure(uid, 'pdp', null)
  const answer = await rotate(uid, { oldKey: newKey(), newKey: newKey() })
  assert.equal(answer.status, 404)
  assert.equal((answer.body as { errorCode: string }).errorCode, 'NO_DOUBLE_ENCRYPTED_SECRET')
  const unknown = await rotate('550e8400-e29b-41d4-a716-446655440000', { oldKey: newKey(), newKey: newKey() })
  assert.equal(unknown.status, 404)
})

test('a key that is none is refused, old or new, and nothing changed', async () => {
  const uid = await app.createClient('Malformed')
  const key = newKey()
  await configure(uid, 'pdp', key)
  const before = await stored(uid)
  for (const body of [
    { oldKey: key, newKey: 'short' },
    { oldKey: 'short', newKey: newKey() },
    { oldKey: key, newKey: '' },
    { oldKey: key, newKey: randomBytes(24).toString('base64') },
  ]) {
    const answer = await rotate(uid, body)
    assert.equal(answer.status, 400, answer.text)
  }
  assert.equal((await rotate(uid, { oldKey: key })).status, 422)
  assert.deepEqual(await stored(uid), before)
})

test('of two rotations at the same time one happens and the other hears that its old key is wrong', async () => {
  const uid = await app.createClient('Raced')
  const key = newKey()
  await configure(uid, 'pdp', key)
  await configure(uid, 'chorus', key)
  const answers = await Promise.all([1, 2, 3, 4].map(() => rotate(uid, { oldKey: key, newKey: newKey() })))
  assert.deepEqual(
    answers.map((one) => one.status).sort((a, b) => a - b),
    [200, 400, 400, 400],
  )
})
