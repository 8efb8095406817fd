import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'

let app: TestApp
let token: string
before(async () => {
  app = await startTestApp()
  token = await app.signIn()
})
after(() => app.close())

type Detail = { uid: string; name: string; siret: string | null; description: string | null; updatedAt: string }
type Problems = { detail: { loc: string[]; msg: string; type: string }[] }

const create = (body: unknown) => app.request('/api/v1/clients', { method: 'POST', token, body })
const patch = (uid: string, body: unknown) => app.request(`/api/v1/clients/${uid}`, { method: 'PATCH', token, body })

test('PATCH leaves what is absent, clears what is null, and keeps the name when name is null', async () => {
  const created: Detail = (await create({ name: 'Patched', description: 'First', siret: '73282932000074' })).body
  const unchanged = await patch(created.uid, {})
  assert.equal(unchanged.status, 200)
  const { updatedAt: _, ...fields } = unchanged.body as Detail
  assert.deepEqual({ ...fields, updatedAt: created.updatedAt }, created)

  const renamed: Detail = (await patch(created.uid, { name: 'Renamed' })).body
  assert.deepEqual([renamed.name, renamed.description, renamed.siret], ['Renamed', 'First', '73282932000074'])
  const cleared: Detail = (await patch(created.uid, { description: null, siret: null, name: null })).body
  assert.deepEqual([cleared.name, cleared.description, cleared.siret], ['Renamed', null, null])
  const got: Detail = (await app.request(`/api/v1/clients/${created.uid}`, { token })).body
  assert.deepEqual([got.name, got.description, got.siret], ['Renamed', null, null])
})

test('takes a SIRET of 14 digits with a valid check digit, and those of La Poste', async () => {
  const valid = ['73282932000074', '35600000000048', '35600000009075', '35600000049837']
  for (const [index, siret] of valid.entries()) {
    const answer = await create({ name: `SIRET ${index}`, siret })
    assert.equal(answer.status, 201, `${siret}: ${answer.text}`)
    assert.equal((answer.body as Detail).siret, siret)
  }
})

test('refuses any other SIRET with 422 at ["body", "siret"]', async () => {
  const uid = await app.createClient('Has no SIRET')
  const invalid = [
    '73282932000075', // check digit
    '35600000009076', // La Poste: the sum of the digits is no multiple of 5
    '7328293200007',
    '732829320000744',
    '732 829 320 00074',
    '٧٣٢٨٢٩٣٢٠٠٠٠٧٤',
    '',
    73282932000074,
  ]
  for (const siret of invalid) {
    for (const answer of [await create({ name: 'Invalid SIRET', siret }), await patch(uid, { siret })]) {
      assert.equal(answer.status, 422, `${siret}: ${answer.text}`)
      const { detail }: Problems = answer.body
      assert.deepEqual(detail[0]?.loc, ['body', 'siret'])
    }
  }
})

test('refuses a second client of the same name with 400 and an errorCode of its own, at creation and at renaming', async () => {
  await create({ name: 'Twice' })
  const other: Detail = (await create({ name: 'Other' })).body
  for (const answer of [
    await create({ name: 'Twice' }),
    await create({ name: '  Twice ' }),
    await patch(other.uid, { name: 'Twice' }),
  ]) {
    assert.equal(answer.status, 400)
    assert.equal((answer.body as { errorCode: string }).errorCode, 'CLIENT_NAME_ALREADY_EXISTS')
  }
  assert.equal((await patch(other.uid, { name: 'Other' })).status, 200, 'its own name is no conflict')
})

test('says for every missing or wrong field of a body where it is', async () => {
  const missing = await create({})
  assert.equal(missing.status, 422)
  assert.deepEqual(missing.body, { detail: [{ loc: ['body', 'name'], msg: 'Field required', type: 'missing' }] })
  for (const [body, field] of [
    [{ name: '' }, 'name'],
    [{ name: '   ' }, 'name'],
    [{ name: 'line\nbreak' }, 'name'],
    [{ name: 'x'.repeat(256) }, 'name'],
    [{ name: null }, 'name'],
    [{ name: 'Fine', description: 7 }, 'description'],
    [{ name: 'Fine', description: 'null \u0000 character' }, 'description'],
  ] as const) {
    const answer = await create(body)
    assert.equal(answer.status, 422, JSON.stringify(body))
    assert.deepEqual((answer.body as Problems).detail[0]?.loc, ['body', field])
  }
  for (const raw of ['[]', '"text"', 'null', '7']) {
    const answer = await app.request('/api/v1/clients', { method: 'POST', token, raw })
    assert.equal(answer.status, 422, raw)
    assert.deepEqual((answer.body as Problems).detail[0]?.loc, ['body'])
  }
  const absent = await app.request('/api/v1/clients', { method: 'POST', token })
  assert.equal(absent.status, 422)
  assert.equal((absent.body as Problems).detail[0]?.loc[0], 'body')
})

test('ignores fields that the model does not have', async () => {
  const answer = await create({ name: 'Unknown fields', uid: '550e8400-e29b-41d4-a716-446655440000', colour: 'blue' })
  assert.equal(answer.status, 201)
  assert.notEqual((answer.body as Detail).uid, '550e8400-e29b-41d4-a716-446655440000')
  assert.equal('colour' in answer.body, false)
})

test('refuses a page or page size out of range with 422 at its place in the query', async () => {
  for (const [query, field] of [
    ['page=0', 'page'],
    ['page=-1', 'page'],
    ['page=one', 'page'],
    ['page=1.5', 'page'],
    ['page=true', 'page'],
    ['page=', 'page'],
    ['page=1&page=2', 'page'],
    ['pageSize=0', 'pageSize'],
    ['pageSize=101', 'pageSize'],
    ['pageSize=all', 'pageSize'],
  ]) {
    const answer = await app.request(`/api/v1/clients?${query}`, { token })
    assert.equal(answer.status, 422, query)
    assert.deepEqual((answer.body as Problems).detail[0]?.loc, ['query', field])
  }
})

test('refuses a uid that is none with 422 at ["path", "uid"], on every operation of a client', async () => {
  for (const [method, suffix] of [
    ['GET', ''],
    ['PATCH', ''],
    ['POST', '/activer'],
    ['POST', '/desactiver'],
    ['GET', '/pdp-config'],
    ['PUT', '/pdp-config'],
    ['GET', '/chorus-config'],
    ['POST', '/pdp-config/test'],
    ['POST', '/rotate-encryption-key'],
    ['POST', '/webhook-secret/generate'],
    ['GET', '/webhook-secret/status'],
    ['DELETE', '/webhook-secret'],
  ]) {
    const hasBody = method === 'PATCH' || method === 'PUT' || suffix === '/rotate-encryption-key'
    const answer = await app.request(`/api/v1/clients/not-a-uid${suffix}`, {
      method: method as string,
      token,
      ...(hasBody ? { body: {} } : {}),
    })
    assert.equal(answer.status, 422, `${method} ${suffix}`)
    assert.deepEqual((answer.body as Problems).detail[0]?.loc, ['path', 'uid'])
  }
})

test('takes a uid in capital letters for the same client', async () => {
  const { uid }: Detail = (await create({ name: 'Capitals' })).body
  const clientToken = await app.signIn(uid.toUpperCase())
  const answer = await app.request(`/api/v1/clients/${uid.toUpperCase()}`, { token: clientToken })
  assert.equal(answer.status, 200)
  assert.equal((answer.body as Detail).uid, uid)
})

test('lists every client once, in order of creation, across pages', async () => {
  const fresh = await startTestApp()
  try {
    const names = ['Delta', 'Alpha', 'Charlie', 'Bravo', 'Echo']
    for (const name of names) await fresh.createClient(name)
    const own = await fresh.signIn()
    const pages: Detail[] = []
    for (const page of [1, 2, 3]) {
      const answer = await fresh.request(`/api/v1/clients?page=${page}&pageSize=2`, { token: own })
      const body: { results: Detail[]; total: number; page: number; pageSize: number } = answer.body
      assert.deepEqual([body.total, body.page, body.pageSize], [5, page, 2])
      pages.push(...body.results)
    }
    assert.deepEqual(
      pages.map((one) => one.name),
      names,
    )
    const beyond: { results: Detail[]; total: number } = (await fresh.request('/api/v1/clients?page=9', { token: own }))
      .body
    assert.deepEqual([beyond.results, beyond.total], [[], 5])
  } finally {
    await fresh.close()
  }
})

test('a client of another tenant is not found, whatever is asked of it', async () => {
  const stranger = await app.register('In a tenant of its own')
  for (const [method, suffix, body] of [
    ['GET', '', undefined],
    ['PATCH', '', { name: 'Mine now' }],
    ['POST', '/activer', undefined],
    ['POST', '/desactiver', undefined],
    ['GET', '/pdp-config', undefined],
    ['POST', '/webhook-secret/generate', undefined],
    ['GET', '/webhook-secret/status', undefined],
  ] as const) {
    const answer = await app.request(`/api/v1/clients/${stranger.id}${suffix}`, {
      method,
      token,
      ...(body ? { body } : {}),
    })
    assert.equal(answer.status, 404, `${method} ${suffix}: ${answer.text}`)
    assert.equal((answer.body as { errorCode: string }).errorCode, 'CLIENT_NOT_FOUND')
  }
  const refused = await app.request('/api/token/', {
    method: 'POST',
    body: { username: 'admin@example.com', password: 'correct-horse-battery', client_uid: stranger.id },
  })
  assert.equal(refused.status, 404)
})

test('a client that ChatAPI created is in the list of its tenant', async () => {
  const answer = await app.request('/api/v1/clients/', { method: 'POST', token, body: { name: 'Made by ChatAPI' } })
  assert.equal(answer.status, 201)
  const { data }: { data: { id: string; api_key: string } } = answer.body
  const seen: Detail = (await app.request(`/api/v1/clients/${data.id}`, { token })).body
  assert.equal(seen.name, 'Made by ChatAPI')
  const byKey = await app.request(`/api/v1/clients/${data.id}`, { apiKey: data.api_key })
  assert.equal(byKey.status, 200)
})

test('clients are found by a part of the name, the beginning of the SIRET and their state; signs of patterns are letters', async () => {
  const fresh = await startTestApp()
  try {
    const own = await fresh.signIn()
    const made: { [name: string]: string } = {}
    for (const [name, siret] of [
      ['Boulangerie Martin', '35600000000048'],
      ['Garage 100%', null],
      ['MARTIN Frères', null],
    ] as const) {
      const answer = await fresh.request('/api/v1/clients', { method: 'POST', token: own, body: { name, siret } })
      assert.equal(answer.status, 201, answer.text)
      made[name] = (answer.body as Detail).uid
    }
    const found = async (query: string) => {
      const answer = await fresh.request(`/api/v1/clients?${query}`, { token: own })
      assert.equal(answer.status, 200, answer.text)
      const { results, total } = answer.body as { results: Detail[]; total: number }
      return [total, ...results.map((one) => one.name)]
    }
    assert.deepEqual(await found('search=martin'), [2, 'Boulangerie Martin', 'MARTIN Frères'])
    assert.deepEqual(await found('search=%20martin%20'), [2, 'Boulangerie Martin', 'MARTIN Frères'])
    assert.deepEqual(await found('search=martin&pageSize=1&page=2'), [2, 'MARTIN Frères'])
    assert.deepEqual(await found('search=356%20000'), [1, 'Boulangerie Martin'])
    assert.deepEqual(await found('search=%25'), [1, 'Garage 100%'])
    assert.deepEqual(await found('search=nobody'), [0])
    const blank = await fresh.request('/api/v1/clients?search=%20', { token: own })
    assert.equal(blank.status, 422)
    assert.deepEqual((blank.body as { detail: { loc: string[] }[] }).detail[0]?.loc, ['query', 'search'])
    const { status } = await fresh.request(`/api/v1/clients/${made['Garage 100%']}/desactiver`, {
      method: 'POST',
      token: own,
    })
    assert.ok(status < 300)
    assert.deepEqual(await found('isActive=false'), [1, 'Garage 100%'])
    assert.deepEqual(await found('isActive=true&search=100'), [0])
  } finally {
    await fresh.close()
  }
})
