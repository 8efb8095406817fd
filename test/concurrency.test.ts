/** What constraints and locks decide when many callers want the same thing at once. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { createClient, deleteClient } from '#features/clients/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Answer, TestApp } from './support/app.ts'
import { startTestApp } from './support/app.ts'
import { prepareTenant, prepareUser, signInAs, systemOf } from './support/prepared-client.ts'
import { TableReader } from './support/table-checksums.ts'

let app: TestApp
let tables: TableReader
before(async () => {
  // Registration is limited by address: each caller comes through a load balancer with an address of its own.
  app = await startTestApp({ config: { trustProxy: ['127.0.0.1'] } })
  tables = new TableReader(app.database.owner)
  await tables.connect({ except: [] })
})
after(async () => {
  await tables.end()
  await app.close()
})

const times = <T>(count: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, i) => make(i)))

function tally(answers: readonly Answer[]): Record<number, number> {
  const counted: Record<number, number> = {}
  for (const { status } of answers) counted[status] = (counted[status] ?? 0) + 1
  return counted
}

async function count(text: string, values: unknown[] = []): Promise<number> {
  const [row] = await tables.query<{ n: number }>(`select count(*)::int as n from ${text}`, values)
  return row?.n ?? 0
}

async function newAccount(): Promise<{ tenantId: string; token: string }> {
  const tenantId = await prepareTenant(app)
  return { tenantId, token: (await signInAs(app, await prepareUser(app, 'owner', tenantId))).access }
}

test('50 creations of one name at once give one client and 49 that say the name is taken (FactPulse)', async () => {
  const { token } = await newAccount()
  const answers = await times(50, () =>
    app.request('/api/v1/clients', { method: 'POST', token, body: { name: 'Only one' } }),
  )
  assert.deepEqual(tally(answers), { 201: 1, 400: 49 })
  for (const { status, body } of answers) {
    if (status === 400) assert.equal((body as { errorCode: string }).errorCode, 'CLIENT_NAME_ALREADY_EXISTS')
  }
  assert.equal(await count(`clients where name = 'Only one'`), 1)
  assert.equal(await count(`domain_events where data->>'name' = 'Only one'`), 1, 'the refused ones leave no event')
})

test('50 registrations of one name at once give one client and 49 that say the name is taken (ChatAPI)', async () => {
  const before = await count('tenants')
  const answers = await times(50, (i) =>
    app.request('/api/v1/clients/', {
      method: 'POST',
      body: { name: 'Registered once' },
      headers: { 'x-forwarded-for': `192.0.2.${i}` },
    }),
  )
  assert.deepEqual(tally(answers), { 201: 1, 409: 49 })
  assert.equal(await count('tenants'), before + 1, 'the refused ones leave no tenant')
  assert.equal(await count(`clients where name = 'Registered once'`), 1)
})

test('renaming to one name at once gives it to one client', async () => {
  const { token } = await newAccount()
  const created = await times(20, (i) =>
    app.request('/api/v1/clients', { method: 'POST', token, body: { name: `Before ${i}` } }),
  )
  const answers = await Promise.all(
    created.map(({ body }) =>
      app.request(`/api/v1/clients/${(body as { uid: string }).uid}`, {
        method: 'PATCH',
        token,
        body: { name: 'The wanted name' },
      }),
    ),
  )
  assert.deepEqual(tally(answers), { 200: 1, 400: 19 })
})

test('regenerating the key many times at once leaves exactly one key that works', async () => {
  const { apiKey } = await app.register('Key holder')
  const answers = await times(20, () => app.request('/api/v1/clients/regenerate-key', { method: 'POST', apiKey }))
  const keys = answers
    .filter((answer) => answer.status === 200)
    .map((answer) => (answer.body as { data: { api_key: string } }).data.api_key)
  assert.ok(keys.length >= 1)
  assert.equal(keys.length + (tally(answers)[401] ?? 0), 20, JSON.stringify(tally(answers)))
  const tried = await Promise.all([apiKey, ...keys].map((key) => app.request('/api/v1/clients/me', { apiKey: key })))
  assert.deepEqual(tally(tried), { 200: 1, 401: keys.length })
})

test('a refresh token that is used many times at once works once, and the session ends', async () => {
  const tokens = await signInAs(app, await prepareUser(app, 'owner'))
  const answers = await times(20, () =>
    app.request('/api/token/refresh/', { method: 'POST', body: { refresh: tokens.refresh } }),
  )
  assert.deepEqual(tally(answers), { 200: 1, 401: 19 })
  const won = answers.find((answer) => answer.status === 200)?.body as { access: string; refresh: string } | undefined
  assert.ok(won)
  for (const token of [tokens.access, won.access]) {
    assert.equal((await app.request('/api/v1/clients', { token })).status, 401)
  }
  const again = await app.request('/api/token/refresh/', { method: 'POST', body: { refresh: won.refresh } })
  assert.equal(again.status, 401)
})

test('one idempotent creation sent many times at once gives one client, and everybody the same answer', async () => {
  const { token } = await newAccount()
  const send = () =>
    app.request('/api/v1/clients/', {
      method: 'POST',
      token,
      body: { name: 'Created once' },
      headers: { 'idempotency-key': 'create-1' },
    })
  const answers = await times(20, send)
  assert.deepEqual(tally(answers), { 201: 20 })
  assert.equal(new Set(answers.map((answer) => answer.text)).size, 1, 'also the key that is shown once')
  assert.equal(await count(`clients where name = 'Created once'`), 1)
  assert.equal((await send()).text, answers[0]?.text)
})

test('a refused request leaves its idempotency key free, also where the refusal was recorded', async () => {
  const { refresh } = await signInAs(app, await prepareUser(app, 'owner'))
  await app.request('/api/token/refresh/', { method: 'POST', body: { refresh } })
  const again = () =>
    app.request('/api/token/refresh/', {
      method: 'POST',
      body: { refresh },
      headers: { 'idempotency-key': 'refresh-with-a-long-key' },
    })
  assert.deepEqual(tally([await again(), await again()]), { 401: 2 })
})

test('creating named keys at once stops at the limit', async () => {
  const { apiKey } = await app.register('Key collector')
  const answers = await times(60, (i) =>
    app.request('/api/v1/clients/me/api-keys', { method: 'POST', apiKey, body: { name: `Key ${i}` } }),
  )
  assert.deepEqual(tally(answers), { 201: 49, 409: 11 })
})

type Move = { creates: number; deletes: number; compacts: boolean }
const move: fc.Arbitrary<Move> = fc.record({ creates: fc.nat(6), deletes: fc.nat(4), compacts: fc.boolean() })

test('the total of a list is the number of its rows after any creations, deletions and compactions at once', async () => {
  const { services } = app.runtime
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 5 }), async (moves) => {
      const { tenantId, token } = await newAccount()
      const as = systemOf(tenantId)
      const uids: string[] = []
      let made = 0
      for (const { creates, deletes, compacts } of moves) {
        const gone = uids.splice(0, deletes)
        const [created] = await Promise.all([
          times(creates, () => runForResult(services, createClient, { name: `Client ${++made}` }, as)),
          ...gone.map((clientUid) => runForResult(services, deleteClient, { clientUid }, as)),
          compacts ? services.database.platformRead('select compact_row_counts(1)') : null,
          compacts ? services.database.platformRead('select compact_row_counts(0)') : null,
        ])
        uids.push(...created.map((client) => client.uid))
        const answer = await app.request('/api/v1/clients', { token })
        assert.equal((answer.body as { total: number }).total, uids.length)
      }
      assert.equal(await count('clients where tenant_id = $1', [tenantId]), uids.length)
    }),
    { numRuns: 8, seed: 3, endOnFailure: true },
  )
})

test('pages of every size, from either end and beyond it, are those of a plain ORDER BY', async () => {
  const { tenantId, token } = await newAccount()
  await tables.query(
    `insert into clients (tenant_id, id, name) select $1, gen_random_uuid(), 'Client ' || n from generate_series(1, 137) n`,
    [tenantId],
  )
  const rows = await tables.query<{ id: string }>('select id from clients where tenant_id = $1 order by id', [tenantId])
  const all = rows.map((row) => row.id)
  const expect = async (page: number, pageSize: number) => {
    const answer = await app.request(`/api/v1/clients?page=${page}&pageSize=${pageSize}`, { token })
    const body: { results: { uid: string }[]; total: number } = answer.body
    assert.deepEqual(
      body.results.map((client) => client.uid),
      all.slice((page - 1) * pageSize, page * pageSize),
      `page ${page} of ${pageSize}`,
    )
    assert.equal(body.total, all.length)
  }
  for (const pageSize of [1, 7, 68, 69, 100]) {
    const last = Math.ceil(all.length / pageSize)
    const half = Math.ceil(last / 2)
    for (const page of new Set([1, half, half + 1, last - 1, last, last + 1, 10_000_000])) {
      if (page >= 1) await expect(page, pageSize)
    }
  }
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 140 }), (pageSize, page) =>
      expect(page, pageSize),
    ),
    { numRuns: 40, seed: 5 },
  )
})
