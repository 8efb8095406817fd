import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'

let app: TestApp
let token: string
before(async () => {
  app = await startTestApp()
  token = await app.signIn()
})
after(() => app.close())

const base = '/oauth2-service/api/oauth2-clients'
type Body = { code: number; data: never; msg: string; identifier: boolean }

const machine = {
  clientSecret: 'correct-horse',
  clientAuthenticationMethods: 'client_secret_basic',
  authorizationGrantTypes: 'client_credentials',
  scopes: 'client:view',
}

async function post(path: string, body: unknown, credential = token): Promise<{ status: number; body: Body }> {
  return app.request(`${base}/${path}`, { method: 'POST', token: credential, body })
}

async function find(clientId: string): Promise<Record<string, unknown>> {
  const answer = await app.request(`${base}/findByClientId/${clientId}`, { token })
  return (answer.body as Body).data
}

describe('secrets', () => {
  test('are never shown again, neither as they were nor as hashes, in no answer, log or audit event', async () => {
    await post('createClient', { clientId: 'quiet', ...machine, clientSecret: '{noop}tell-nobody-4711' })
    const shown = await find('quiet')
    assert.equal(shown.clientSecret, '{argon2id}********')
    const listed = await app.request(`${base}/getAllClients?size=100`, { method: 'POST', token })
    assert.doesNotMatch(listed.text + app.logs.join(''), /tell-nobody-4711|\$argon2id\$/)
  })

  test('stay when the mask, nothing or null is sent back, and change with another', async () => {
    await post('createClient', { clientId: 'kept', ...machine })
    const { id } = await find('kept')
    const authenticates = async (secret: string) => {
      const answer = await app.request('/oauth2/token', {
        method: 'POST',
        raw: `grant_type=client_credentials&client_id=kept&client_secret=${secret}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
      return answer.status === 200
    }
    for (const clientSecret of ['{argon2id}********', '{noop}********', null, '']) {
      assert.equal((await post('updateClient', { id, clientSecret })).status, 200)
      assert.equal(await authenticates('correct-horse'), true)
    }
    await post('updateClient', { id, clientSecret: '{noop}another' })
    assert.equal(await authenticates('correct-horse'), false)
    assert.equal(await authenticates('another'), true)
  })

  test('of encoders that are unknown or would take seconds are refused', async () => {
    for (const clientSecret of [
      '{md5}abc',
      '{bcrypt}not-a-hash',
      `{bcrypt}$2b$31$${'a'.repeat(53)}`,
      'two words',
      '{argon2id}********',
    ]) {
      const answer = await post('createClient', { clientId: 'refused', ...machine, clientSecret })
      assert.equal(answer.status, 400, clientSecret)
      assert.match(answer.body.msg, /clientSecret/)
    }
  })
})

test('a clientId belongs to one client of the whole server, in whatever tenant', async () => {
  assert.equal((await post('createClient', { clientId: 'only-one', ...machine })).status, 200)
  const second = await post('createClient', { clientId: 'only-one', ...machine })
  assert.equal(second.status, 400)
  assert.equal(second.body.identifier, false)
  assert.equal(second.body.code, 400)
})

test('lists are trimmed, fields that are absent stay, what is unknown in the settings is kept', async () => {
  const settings = '{"requireProofKey":false,"settings.client.x":{"y":1}}'
  const created = await post('createClient', {
    clientId: 'listed',
    clientSecret: 'x',
    redirectUris: ' http://localhost:1/a , http://localhost:1/b ',
    scopes: 'read, write,read',
    clientSettings: settings,
    clientSecretExpiresAt: '2031-01-01T00:00:00',
  })
  assert.equal(created.status, 200, JSON.stringify(created.body))
  const { id } = await find('listed')
  await post('updateClient', { id, clientName: 'Only the name' })
  const shown = await find('listed')
  assert.equal(shown.clientName, 'Only the name')
  assert.equal(shown.redirectUris, 'http://localhost:1/a,http://localhost:1/b')
  assert.equal(shown.scopes, 'read,write')
  assert.equal(shown.clientSettings, settings)
  assert.equal(shown.clientSecretExpiresAt, '2031-01-01T00:00:00.000Z')
  assert.equal(shown.authorizationGrantTypes, 'authorization_code')
})

test('pages have at most 100 clients; the keyword finds part of a name, in either case, and % as itself', async () => {
  for (const clientId of ['find-a', 'find-b'])
    await post('createClient', { clientId, clientName: `100% ${clientId}`, ...machine })
  const page = async (query: string) =>
    (await app.request(`${base}/getAllClients?${query}`, { method: 'POST', token })) as { status: number; body: Body }
  assert.equal((await page('size=101')).status, 400)
  assert.equal((await page('page=0')).status, 400)
  const found = (await page('keyword=FIND-&size=1&page=2')).body.data as {
    total: number
    list: unknown[]
    pageNum: number
  }
  assert.equal(found.total, 2)
  assert.equal(found.list.length, 1)
  assert.equal(found.pageNum, 2)
  assert.equal(((await page('keyword=100%25')).body.data as { total: number }).total, 2)
  assert.equal(((await page('keyword=%25%25')).body.data as { total: number }).total, 0)
})

test('every cause is answered in the envelope', async () => {
  const cases: [number, Promise<{ status: number; body: unknown }>][] = [
    [400, app.request(`${base}/createClient`, { method: 'POST', token, raw: '{' })],
    [400, post('createClient', { clientName: 'no id' })],
    [400, post('createClient', { clientId: 'x', redirectUris: 'javascript:alert(1)' })],
    [400, app.request(`${base}/findById/not-a-uuid`, { token })],
    [401, app.request(`${base}/findById/7f1b7a54-0a3d-4b6c-9b0e-0d6c5a1f2e3d`)],
    [404, app.request(`${base}/deleteClient/7f1b7a54-0a3d-4b6c-9b0e-0d6c5a1f2e3d`, { method: 'DELETE', token })],
    [405, app.request(`${base}/getAllClients`, { token })],
    [
      415,
      app.request(`${base}/createClient`, {
        method: 'POST',
        token,
        raw: 'a=b',
        headers: { 'content-type': 'text/plain' },
      }),
    ],
  ]
  for (const [status, answer] of cases) {
    const { body, status: actual } = await answer
    assert.equal(actual, status, JSON.stringify(body))
    const { code, data, msg, identifier } = body as Body
    assert.deepEqual([code, data, identifier], [status, null, false])
    assert.ok(msg.length > 0)
  }
})

test('nobody registers a client that may do more than he, nor takes one over; another tenant sees none', async () => {
  await post('createClient', {
    clientId: 'limited',
    ...machine,
    scopes: 'oauth2-client:view,oauth2-client:create,oauth2-client:update',
  })
  await post('createClient', { clientId: 'powerful', ...machine, scopes: 'client:delete' })
  const answer = await app.request('/oauth2/token', {
    method: 'POST',
    raw: 'grant_type=client_credentials&client_id=limited&client_secret=correct-horse',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  const { access_token: limited } = answer.body as { access_token: string }
  assert.equal(
    (await post('createClient', { clientId: 'worse', ...machine, scopes: 'client:delete' }, limited)).status,
    403,
  )
  const { id } = await find('powerful')
  assert.equal((await post('updateClient', { id, clientSecret: 'mine-now' }, limited)).status, 403)
  assert.equal(
    (await post('createClient', { clientId: 'fine', ...machine, scopes: 'oauth2-client:view' }, limited)).status,
    200,
  )
  const { apiKey } = await app.register()
  const foreign = await app.request(`${base}/findByClientId/powerful`, { apiKey })
  assert.ok(foreign.status === 403 || foreign.status === 404)
})
