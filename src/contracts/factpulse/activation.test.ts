import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { RequestOptions, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'

let app: TestApp
let account: string
before(async () => {
  app = await startTestApp()
  account = await app.signIn()
})
after(() => app.close())

async function createWithKey(name: string): Promise<{ uid: string; apiKey: string }> {
  const answer = await app.request('/api/v1/clients/', { method: 'POST', token: account, body: { name } })
  const { data }: { data: { id: string; api_key: string } } = answer.body
  return { uid: data.id, apiKey: data.api_key }
}

/** Everything that a client's own credential can be used for, but its activation. */
const ownOperations: readonly (readonly [string, string, unknown?])[] = [
  ['GET', '/api/v1/clients/{uid}'],
  ['PATCH', '/api/v1/clients/{uid}', { description: 'changed' }],
  ['POST', '/api/v1/clients/{uid}/desactiver'],
  ['GET', '/api/v1/clients/{uid}/pdp-config'],
  ['GET', '/api/v1/clients/{uid}/chorus-config'],
  ['POST', '/api/v1/clients/{uid}/pdp-config/test'],
  ['POST', '/api/v1/clients/{uid}/rotate-encryption-key', { oldKey: 'a', newKey: 'b' }],
  ['POST', '/api/v1/clients/{uid}/webhook-secret/generate'],
  ['GET', '/api/v1/clients/{uid}/webhook-secret/status'],
  ['DELETE', '/api/v1/clients/{uid}/webhook-secret'],
  ['GET', '/api/v1/clients/me'],
  ['PUT', '/api/v1/clients/me', { name: 'Changed' }],
  ['DELETE', '/api/v1/clients/me'],
  ['GET', '/api/v1/clients/email-config'],
  ['DELETE', '/api/v1/clients/email-config'],
  ['POST', '/api/v1/clients/email-config/test', { to: 'someone@example.com' }],
  ['POST', '/api/v1/clients/regenerate-key'],
  ['GET', '/api/v1/clients/me/api-keys'],
  ['POST', '/api/v1/clients/me/api-keys', { name: 'Another' }],
]

test("a deactivated client's key and token get 403 on everything but its activation, from the next request on", async () => {
  const { uid, apiKey } = await createWithKey('Comes and goes')
  const token = await app.signIn(uid)
  const credentials: RequestOptions[] = [{ apiKey }, { token }]
  for (const credential of credentials) {
    assert.equal((await app.request('/api/v1/clients/me', credential)).status, 200)
  }

  const off = await app.request(`/api/v1/clients/${uid}/desactiver`, { method: 'POST', token: account })
  assert.deepEqual(off.body, { uid, isActive: false, message: 'Client deactivated.' })
  for (const credential of credentials) {
    for (const [method, path, body] of ownOperations) {
      const answer = await app.request(path.replace('{uid}', uid), { method, body, ...credential })
      assert.equal(answer.status, 403, `${method} ${path}: ${answer.text}`)
    }
  }
  const signedInAnew = await app.signIn(uid)
  assert.equal((await app.request('/api/v1/clients/me', { token: signedInAnew })).status, 403)

  const on = await app.request(`/api/v1/clients/${uid}/activer`, { method: 'POST', apiKey })
  assert.deepEqual(on.body, { uid, isActive: true, message: 'Client activated.' })
  for (const credential of [...credentials, { token: signedInAnew }]) {
    assert.equal((await app.request('/api/v1/clients/me', credential)).status, 200)
  }
})

test('a client may deactivate itself and, with the same credential, activate itself again', async () => {
  const { uid, apiKey } = await createWithKey('By itself')
  assert.equal((await app.request(`/api/v1/clients/${uid}/desactiver`, { method: 'POST', apiKey })).status, 200)
  assert.equal((await app.request(`/api/v1/clients/${uid}`, { apiKey })).status, 403)
  assert.equal((await app.request(`/api/v1/clients/${uid}/activer`, { method: 'POST', apiKey })).status, 200)
})

test('activating twice, or deactivating twice, is no error and says that nothing changed', async () => {
  const { uid } = await createWithKey('Twice')
  for (const [verb, first, second] of [
    ['desactiver', 'Client deactivated.', 'The client was inactive already.'],
    ['activer', 'Client activated.', 'The client was active already.'],
  ]) {
    for (const message of [first, second]) {
      const answer = await app.request(`/api/v1/clients/${uid}/${verb}`, { method: 'POST', token: account })
      assert.deepEqual(answer.body, { uid, isActive: verb === 'activer', message })
    }
  }
})

test('a deactivated client cannot activate another one', async () => {
  const first = await createWithKey('First')
  const second = await createWithKey('Second')
  for (const { uid } of [first, second]) {
    await app.request(`/api/v1/clients/${uid}/desactiver`, { method: 'POST', token: account })
  }
  const answer = await app.request(`/api/v1/clients/${second.uid}/activer`, { method: 'POST', apiKey: first.apiKey })
  assert.equal(answer.status, 403)
  const seen = await app.request(`/api/v1/clients/${second.uid}`, { token: account })
  assert.equal((seen.body as { isActive: boolean }).isActive, false)
})

test('the account still sees and manages a deactivated client', async () => {
  const { uid } = await createWithKey('Seen by the account')
  await app.request(`/api/v1/clients/${uid}/desactiver`, { method: 'POST', token: account })
  const seen = await app.request(`/api/v1/clients/${uid}`, { token: account })
  assert.equal(seen.status, 200)
  assert.equal((seen.body as { isActive: boolean }).isActive, false)
  const changed = await app.request(`/api/v1/clients/${uid}`, {
    method: 'PATCH',
    token: account,
    body: { name: 'Renamed' },
  })
  assert.equal(changed.status, 200)
})

test('activation needs no body and takes one that announces JSON and is empty', async () => {
  const { uid } = await createWithKey('Empty body')
  for (const options of [{}, { raw: '' }, { raw: '{}' }]) {
    const answer = await app.request(`/api/v1/clients/${uid}/activer`, { method: 'POST', token: account, ...options })
    assert.equal(answer.status, 200, JSON.stringify(options))
  }
})
