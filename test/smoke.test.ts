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
