import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'

let app: TestApp
let account: string
before(async () => {
  app = await startTestApp()
  account = await app.signIn()
})
after(() => app.close())

type Key = {
  id: string
  name: string
  hint: string
  is_primary: boolean
  scopes: string[] | null
  expires_at: string | null
  api_key: string
}

const url = '/api/v1/clients/me/api-keys'

async function createClient(name: string): Promise<{ id: string; apiKey: string }> {
  const answer = await app.request('/api/v1/clients/', { method: 'POST', token: account, body: { name } })
  const { data }: { data: { id: string; api_key: string } } = answer.body
  return { id: data.id, apiKey: data.api_key }
}

const newKey = (apiKey: string, body: unknown) => app.request(url, { method: 'POST', apiKey, body })
const created = (answer: Answer): Key => (answer.body as { data: Key }).data
const list = async (apiKey: string): Promise<Key[]> =>
  ((await app.request(url, { apiKey })).body as { data: Key[] }).data
const me = (apiKey: string) => app.request('/api/v1/clients/me', { apiKey })
const code = (answer: Answer) => (answer.body as { error: { code: string } }).error.code

test('regeneration shows a new key and ends the old one at once; the named ones stay', async () => {
  const { apiKey } = await createClient('Regenerated')
  const named = created(await newKey(apiKey, { name: 'Overlap' })).api_key
  const answer = await app.request('/api/v1/clients/regenerate-key', { method: 'POST', apiKey })
  assert.equal(answer.status, 200)
  const { data }: { data: { api_key: string } } = answer.body
  assert.equal((await me(apiKey)).status, 401)
  for (const key of [data.api_key, named]) assert.equal((await me(key)).status, 200)
})

test('parallel regenerations leave one primary key that works', async () => {
  const { id, apiKey } = await createClient('Raced')
  const token = await app.signIn(id)
  const answers = await Promise.all(
    [1, 2, 3, 4].map(() => app.request('/api/v1/clients/regenerate-key', { method: 'POST', token })),
  )
  const keys = answers.map((one) => (one.body as { data: { api_key: string } }).data.api_key)
  const statuses = await Promise.all([apiKey, ...keys].map(async (key) => (await me(key)).status))
  assert.equal(statuses.filter((status) => status === 200).length, 1)
})

test('a named key is shown once, then listed by its hint', async () => {
  const { apiKey } = await createClient('Named')
  const answer = await newKey(apiKey, { name: 'Backend', scopes: ['client:view'], expires_at: '2099-01-01T00:00:00Z' })
  assert.equal(answer.status, 201)
  const key = created(answer)
  assert.match(key.api_key, /^sk_test_[0-9A-Za-z]{49}$/)
  const listed = await app.request(url, { apiKey })
  assert.equal(listed.text.includes(key.api_key), false)
  const { api_key: shown, ...rest } = key
  assert.deepEqual(
    (await list(apiKey)).map((one) => [one.name, one.is_primary]),
    [
      ['primary', true],
      ['Backend', false],
    ],
  )
  assert.deepEqual((await list(apiKey))[1], rest)
  assert.equal(rest.hint, `${shown.slice(0, 12)}…${shown.slice(-4)}`)
  assert.equal(rest.expires_at, '2099-01-01T00:00:00.000Z')
})

test('a key with scopes may do what they say and nothing else', async () => {
  const { id, apiKey } = await createClient('Scoped')
  const viewer = created(await newKey(apiKey, { name: 'Viewer', scopes: ['client:view'] })).api_key
  assert.equal((await me(viewer)).status, 200)
  const refused = [
    await app.request('/api/v1/clients/me', { method: 'PUT', apiKey: viewer, body: { name: 'Changed' } }),
    await app.request('/api/v1/clients/me', { method: 'DELETE', apiKey: viewer }),
    await app.request(`/api/v1/clients/${id}`, { method: 'PATCH', apiKey: viewer, body: { name: 'Changed' } }),
    await app.request(`/api/v1/clients/${id}/desactiver`, { method: 'POST', apiKey: viewer }),
    await app.request(`/api/v1/clients/${id}/pdp-config`, { apiKey: viewer }),
    await app.request('/api/v1/clients/email-config', { apiKey: viewer }),
    await app.request(url, { apiKey: viewer }),
    await newKey(viewer, { name: 'More' }),
    await app.request('/api/v1/clients/regenerate-key', { method: 'POST', apiKey: viewer }),
  ]
  for (const answer of refused) assert.equal(answer.status, 403, answer.text)
  assert.equal(((await me(viewer)).body as { data: { name: string } }).data.name, 'Scoped')
})

test('a key cannot give another one more than it may do itself, nor regenerate a key that may do all', async () => {
  const { apiKey } = await createClient('No escalation')
  const manager = created(await newKey(apiKey, { name: 'Manager', scopes: ['api-key:manage', 'client:view'] })).api_key
  for (const body of [
    { name: 'All' },
    { name: 'More', scopes: ['client:view', 'client:update'] },
    { name: 'Null', scopes: null },
  ]) {
    const answer = await newKey(manager, body)
    assert.equal(answer.status, 403)
    assert.equal(code(answer), 'FORBIDDEN')
  }
  const regenerated = await app.request('/api/v1/clients/regenerate-key', { method: 'POST', apiKey: manager })
  assert.equal(regenerated.status, 403)
  assert.equal((await newKey(manager, { name: 'Same', scopes: ['client:view'] })).status, 201)
  assert.equal((await me(apiKey)).status, 200, 'the primary key still works')
})

test('a key that has expired is 401 from that moment on, and stays in the list', async () => {
  const { apiKey } = await createClient('Expiring')
  const key = created(await newKey(apiKey, { name: 'Short', expires_at: '2099-01-01T00:00:00Z' }))
  assert.equal((await me(key.api_key)).status, 200)
  await queryAsOwner(app.database, "update api_keys set expires_at = now() - interval '1 second' where id = $1", [
    key.id,
  ])
  const answer = await me(key.api_key)
  assert.equal(answer.status, 401)
  assert.equal(code(answer), 'UNAUTHORIZED')
  assert.ok((await list(apiKey)).some((one) => one.id === key.id))
})

test('an expiry in the past or without a zone, an unknown scope, an empty list of scopes: 422', async () => {
  const { apiKey } = await createClient('Refusals')
  for (const body of [
    { name: 'Past', expires_at: '2020-01-01T00:00:00Z' },
    { name: 'No zone', expires_at: '2099-01-01T00:00:00' },
    { name: 'No date', expires_at: 'tomorrow' },
    { name: 'Unknown', scopes: ['client:everything'] },
    { name: 'Account level', scopes: ['client:create'] },
    { name: 'None', scopes: [] },
    { name: '' },
    {},
  ]) {
    const answer = await newKey(apiKey, body)
    assert.equal(answer.status, 422, JSON.stringify(body))
    assert.equal(code(answer), 'VALIDATION_ERROR')
  }
})

test('names are unique among the keys that hold; a revoked one gives its name back', async () => {
  const { apiKey } = await createClient('Names')
  const first = created(await newKey(apiKey, { name: 'Backend' }))
  const twice = await newKey(apiKey, { name: 'Backend' })
  assert.equal(twice.status, 409)
  assert.equal(code(twice), 'DUPLICATE_API_KEY_NAME')
  const revoked = await app.request(`${url}/${first.id}`, { method: 'DELETE', apiKey })
  assert.deepEqual(revoked.body, { message: 'API key revoked successfully', status: 'success' })
  assert.equal((await me(first.api_key)).status, 401, 'revoked at once')
  assert.equal((await newKey(apiKey, { name: 'Backend' })).status, 201)
})

test('the primary key cannot be revoked by its id, and another client’s keys are not there', async () => {
  const [mine, other] = [await createClient('Mine'), await createClient('Other')]
  const [primary] = await list(mine.apiKey)
  const refused = await app.request(`${url}/${primary?.id}`, { method: 'DELETE', apiKey: mine.apiKey })
  assert.equal(refused.status, 409)
  assert.equal(code(refused), 'API_KEY_IS_PRIMARY')
  const [foreign] = await list(other.apiKey)
  for (const id of [foreign?.id, 'key_unknown', '%00', "' or 1=1 --"]) {
    const answer = await app.request(`${url}/${encodeURIComponent(id ?? '')}`, {
      method: 'DELETE',
      apiKey: mine.apiKey,
    })
    assert.ok([404, 422].includes(answer.status), `${id}: ${answer.status}`)
  }
  assert.equal((await me(other.apiKey)).status, 200)
})

test('a client has at most fifty keys', async () => {
  const { id, apiKey } = await createClient('Many')
  await queryAsOwner(
    app.database,
    `insert into api_keys (tenant_id, id, client_id, name, key_hash, hint)
     select 'tenant_001', 'key_many_' || n, $1, 'Number ' || n, sha256(n::text::bytea), '…' from generate_series(1, 48) n`,
    [id],
  )
  assert.equal((await newKey(apiKey, { name: 'Fiftieth' })).status, 201)
  const answer = await newKey(apiKey, { name: 'Too many' })
  assert.equal(answer.status, 409)
  assert.equal(code(answer), 'API_KEY_LIMIT_REACHED')
})
