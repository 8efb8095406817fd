import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestApp } from './support/app.ts'
import { startTestApp } from './support/app.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

test('a client of one contract is the client of the other', async () => {
  const uid = await app.createClient('Alpha')
  const token = await app.signIn(uid)
  const me = await app.request('/api/v1/clients/me', { token })
  assert.equal(me.status, 200)
  assert.equal((me.body as { data: { name: string } }).data.name, 'Alpha')
})

test('a taken name is said as such, whichever statement of the transaction met it', async () => {
  const token = await app.signIn()
  const body = { name: 'Taken' }
  const post = (path: string) => app.request(path, { method: 'POST', token, body })
  assert.equal((await post('/api/v1/clients')).status, 201)
  // Written with the end of the transaction.
  const alone = await post('/api/v1/clients')
  assert.equal(alone.status, 400)
  assert.match(alone.text, /CLIENT_NAME_ALREADY_EXISTS/)
  // Sent together with the insertion of the key.
  const withKey = await post('/api/v1/clients/')
  assert.equal(withKey.status, 409)
  assert.match(withKey.text, /DUPLICATE_CLIENT_NAME/)
})
