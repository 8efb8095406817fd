import assert from 'node:assert/strict'
import { createDecipheriv, randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'

const masterKey = randomBytes(32)
let app: TestApp
let token: string
before(async () => {
  const masterKeys = masterKey.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
  app = await startTestApp({ config: { masterKeys } })
  token = await app.signIn()
})
after(() => app.close())

type Generated = { success: boolean; webhookSecret: string; createdAt: string }
type Status = { hasSecret: boolean; createdAt: string | null }

const generate = (uid: string) =>
  app.request(`/api/v1/clients/${uid}/webhook-secret/generate`, { method: 'POST', token })
const status = async (uid: string) =>
  (await app.request(`/api/v1/clients/${uid}/webhook-secret/status`, { token })).body as Status
const remove = (uid: string) => app.request(`/api/v1/clients/${uid}/webhook-secret`, { method: 'DELETE', token })

async function openStored(uid: string): Promise<string> {
  const [row] = await queryAsOwner<{ secret_ciphertext: string }>(
    app.database,
    'select secret_ciphertext from webhook_secrets where client_id = $1',
    [uid],
  )
  const bytes = Buffer.from(row?.secret_ciphertext ?? '', 'base64url')
  const decipher = createDecipheriv('aes-128-cbc', masterKey.subarray(16), bytes.subarray(9, 25))
  return Buffer.concat([decipher.update(bytes.subarray(25, -32)), decipher.final()]).toString('utf8')
}

test('a webhook secret is 32 random bytes, shown once and stored encrypted', async () => {
  const uid = await app.createClient('With a secret')
  assert.deepEqual(await status(uid), { hasSecret: false, createdAt: null })
  const answer = await generate(uid)
  assert.equal(answer.status, 200)
  const { webhookSecret, createdAt, success }: Generated = answer.body
  assert.equal(success, true)
  assert.match(webhookSecret, /^[0-9a-f]{64}$/)
  const later = await app.request(`/api/v1/clients/${uid}/webhook-secret/status`, { token })
  assert.deepEqual(later.body, { hasSecret: true, createdAt })
  assert.equal(await openStored(uid), webhookSecret)

  const rows = await queryAsOwner<{ text: string }>(
    app.database,
    'select to_jsonb(w)::text as text from webhook_secrets w union all select to_jsonb(a)::text from audit_events a',
  )
  for (const place of [app.logs.join(''), later.text, rows.map((one) => one.text).join('')]) {
    assert.equal(place.includes(webhookSecret), false)
  }
})

test('generating again replaces the secret and its date', async () => {
  const uid = await app.createClient('Regenerated')
  const first: Generated = (await generate(uid)).body
  const second: Generated = (await generate(uid)).body
  assert.notEqual(second.webhookSecret, first.webhookSecret)
  assert.equal(await openStored(uid), second.webhookSecret)
  assert.deepEqual(await status(uid), { hasSecret: true, createdAt: second.createdAt })
})

test('deleting removes it for good; deleting again is 404', async () => {
  const uid = await app.createClient('Deleted')
  await generate(uid)
  assert.equal((await remove(uid)).status, 200)
  assert.deepEqual(await status(uid), { hasSecret: false, createdAt: null })
  const again = await remove(uid)
  assert.equal(again.status, 404)
  assert.equal((again.body as { errorCode: string }).errorCode, 'WEBHOOK_SECRET_NOT_FOUND')
  assert.equal((await generate(uid)).status, 200, 'a new one can be made')
})

test('an unknown client is 404 on all three', async () => {
  const unknown = '550e8400-e29b-41d4-a716-446655440000'
  const asked = await app.request(`/api/v1/clients/${unknown}/webhook-secret/status`, { token })
  for (const answer of [await generate(unknown), asked, await remove(unknown)]) {
    assert.equal(answer.status, 404)
    assert.equal((answer.body as { errorCode: string }).errorCode, 'CLIENT_NOT_FOUND')
  }
})

test('parallel generations leave one secret, which one of them showed', async () => {
  const uid = await app.createClient('Parallel')
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => generate(uid)))
  const shown = answers.map((one) => (one.body as Generated).webhookSecret)
  assert.equal(new Set(shown).size, 5)
  assert.ok(shown.includes(await openStored(uid)))
})
