/** A template that shows what somebody may not see is not his to replace or delete either. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { createUser } from '#test/support/identity.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

const at = '/api/v1/reports/templates/of_the_board'
const content = (builder: string) => ({
  builder,
  name: { en: 'For the board' },
  blocks: [{ type: 'text', text: { en: 'Figures' } }],
})

test('who may not see the figures of a template neither replaces nor deletes it', async () => {
  const owner = await app.signIn()
  const permissions = ['report:manage', 'report:view', 'invoice:view', 'customer:view']
  const role = { name: 'salesreports', permissions }
  assert.equal((await app.request('/api/v1/roles', { method: 'POST', token: owner, body: role })).status, 201)
  const token = await app.signIn(undefined, await createUser(app, ['salesreports'], owner))
  const own = { method: 'PUT', token, body: content('monthly_sales') }
  assert.equal((await app.request(at, { ...own, token: owner, body: content('audit_summary') })).status, 200)
  assert.equal((await app.request(at, own)).status, 403)
  assert.equal((await app.request(at, { method: 'DELETE', token })).status, 403)
  const kept: { builder: string } = (await app.request(at, { token: owner })).body
  assert.equal(kept.builder, 'audit_summary')
  assert.equal((await app.request(at.replace('board', 'sales'), own)).status, 200)
  assert.equal((await app.request(at.replace('board', 'sales'), { method: 'DELETE', token })).status, 200)
})
