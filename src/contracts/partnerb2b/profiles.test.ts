import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { profileAttributes } from '#test/support/prepared-client.ts'
import { dataOf, errorOf, Partner, valuesOf } from './profiles.fixture.ts'

let app: TestApp
let account: Partner
let uid: string
let partner: Partner
before(async () => {
  app = await startTestApp()
  account = new Partner(app, { token: await app.signIn() })
  uid = await app.createClient()
  partner = new Partner(app, { token: await app.signIn(uid) })
})
after(() => app.close())

const events = (pk: number) =>
  queryAsOwner<{ type: string; client_id: string; data: Record<string, unknown> }>(
    app.database,
    `select type, client_id, data from domain_events where data ->> 'pk' = $1 order by id`,
    [String(pk)],
  )

describe('a change', () => {
  test('touches what it names only, keeps the order, and takes away what is null', async () => {
    const pk = await partner.created({ gender: 'F', means_of_movement: ['auto', 'moto'], billing_town: 'Lyon' })
    const before = await partner.read(pk)
    const changes = { billing_town: null, means_of_movement: ['marche'], children_number: '02' }
    const changed = await partner.send('PATCH', `profiles/${pk}/`, { attributes: changes })
    assert.equal(changed.status, 200, changed.text)
    const after = await partner.read(pk)
    assert.deepEqual(dataOf(changed), after)
    assert.deepEqual(valuesOf(after), {
      ...Object.fromEntries(Object.entries(profileAttributes()).map(([name, value]) => [name, String(value)])),
      ...{ gender: 'F', means_of_movement: 'marche', children_number: '2' },
    })
    assert.equal(after.createdAt, before.createdAt)
    assert.ok(after.updatedAt > before.updatedAt)
    const names = after.profileattribute_set.map((one) => one.attribute.name)
    assert.deepEqual(names, [...Object.keys(profileAttributes()), 'gender', 'means_of_movement', 'children_number'])
  })

  test('that does not fit changes nothing', async () => {
    const pk = await partner.created()
    const before = await partner.read(pk)
    for (const [body, status, message] of [
      [{ attributes: { firstname: 'Other', gender: 'X' } }, 400, 'Choice does not exist.'],
      [{ attributes: { lastname: null } }, 400, 'Missing required attributes.'],
      [{ attributes: { lastname: ' ' } }, 400, 'Missing required attributes.'],
      [{ attributes: { firstname: 'Other', unheard_of: 'x' } }, 404, 'Attribute Not Found'],
      [{ attributes: 'x' }, 400, 'The request does not fit: see the details.'],
      [{ attributes: [] }, 400, 'The request does not fit: see the details.'],
      [{ externalReference: 7 }, 400, 'The request does not fit: see the details.'],
    ] as const) {
      const answer = await partner.send('PATCH', `profiles/${pk}/`, body)
      assert.deepEqual([answer.status, errorOf(answer).message], [status, message], JSON.stringify(body))
    }
    assert.deepEqual(await partner.read(pk), before)
  })

  test('of two at once both stay', async () => {
    const pk = await partner.created()
    const towns = Array.from({ length: 6 }, (_, i) => ['billing_town', 'delivery_town'][i % 2] as string)
    const answers = await Promise.all(
      towns.map((name, i) => partner.send('PATCH', `profiles/${pk}/`, { attributes: { [name]: `Town ${i}` } })),
    )
    assert.deepEqual(new Set(answers.map((one) => one.status)), new Set([200]))
    const values = valuesOf(await partner.read(pk))
    assert.match(String(values.billing_town), /^Town [024]$/)
    assert.match(String(values.delivery_town), /^Town [135]$/)
  })

  test('makes a submitted profile a draft again', async () => {
    const pk = await partner.created()
    assert.equal((await partner.send('POST', `profiles/${pk}/submit/`)).status, 200)
    assert.equal((await partner.read(pk)).status, 'complete')
    assert.equal((await partner.send('PATCH', `profiles/${pk}/`, { externalReference: 'X' })).status, 200)
    const { status, externalReference } = await partner.read(pk)
    assert.deepEqual({ status, externalReference }, { status: 'draft', externalReference: 'X' })
  })
})

describe('submission', () => {
  test('names what is missing since the catalogue asks for more', async () => {
    const pk = await partner.created()
    await account.send('POST', 'metadata/attributes/', { name: 'asked_later', type: 'string' })
    await account.send('PATCH', 'metadata/attributes/asked_later/', { isRequired: true })
    const answer = await partner.send('POST', `profiles/${pk}/submit/`)
    assert.deepEqual(errorOf(answer), {
      code: 400,
      message: 'Missing required attributes.',
      details: [{ attribute: 'asked_later', error: 'Is required' }],
    })
    assert.equal((await partner.read(pk)).status, 'draft')
    await partner.send('PATCH', `profiles/${pk}/`, { attributes: { asked_later: 'here' } })
    assert.equal((await partner.send('POST', `profiles/${pk}/submit/`)).status, 200)
    await account.send('DELETE', 'metadata/attributes/asked_later/')
  })

  test('asks for what a choice made required after a change', async () => {
    const pk = await partner.created()
    const change = { attributes: { professional_situation: 'salarié' } }
    assert.equal((await partner.send('PATCH', `profiles/${pk}/`, change)).status, 200)
    const answer = await partner.send('POST', `profiles/${pk}/submit/`)
    assert.deepEqual(errorOf(answer).details, [{ attribute: 'years_in_current_job', error: 'Is required' }])
  })

  test('twice says the same and is told to others once', async () => {
    const pk = await partner.created()
    const first = await partner.send('POST', `profiles/${pk}/submit/`)
    const second = await partner.send('POST', `profiles/${pk}/submit/`)
    assert.deepEqual(dataOf(second), dataOf(first))
    assert.deepEqual(
      (await events(pk)).map((one) => one.type),
      ['profile.created', 'profile.submitted'],
    )
  })
})

describe('others hear of it', () => {
  test('by events that name no person', async () => {
    const pk = await partner.created({}, { externalReference: 'DOSSIER' })
    await partner.send('PATCH', `profiles/${pk}/`, { attributes: { lastname: 'Secretname' } })
    await partner.send('POST', `profiles/${pk}/submit/`)
    await partner.send('DELETE', `profiles/${pk}/`)
    const told = await events(pk)
    assert.deepEqual(
      told.map((one) => one.type),
      ['profile.created', 'profile.updated', 'profile.submitted', 'profile.deleted'],
    )
    for (const one of told) {
      assert.equal(one.client_id, uid)
      assert.equal(one.data.external_reference, 'DOSSIER')
    }
    assert.doesNotMatch(JSON.stringify(told), /Secretname|Durand|elise|0612|2500/i)
    const audited = await queryAsOwner(
      app.database,
      `select action, description, context from audit_events where target_type = 'profile' and target_id = $1`,
      [String(pk)],
    )
    assert.equal(audited.length, 4)
    assert.doesNotMatch(JSON.stringify(audited), /Secretname|Durand|elise@|0612|2500/i)
  })

  test('a request that is sent again with its Idempotency-Key makes one profile', async () => {
    const body = { attributes: profileAttributes(), externalReference: 'once' }
    const headers = { 'idempotency-key': 'profile-once' }
    const [first, second] = await Promise.all([
      partner.send('POST', 'profiles/', body, headers),
      partner.send('POST', 'profiles/', body, headers),
    ])
    assert.equal(first.status, 201, first.text)
    assert.deepEqual(dataOf(second), dataOf(first))
    const [one, other] = [first, second].map((answer) => (answer.body as { meta: { request_id: string } }).meta)
    assert.notEqual(one?.request_id, other?.request_id, 'each answer has its own request id')
    assert.equal((await partner.found({ externalReference: 'once' })).length, 1)
  })
})

describe('account level', () => {
  test('names the client that a profile is for, and acts on every client’s', async () => {
    const nameless = await account.create()
    assert.deepEqual(errorOf(nameless).details, [{ field: 'client_uid', error: 'Field required at account level' }])
    const pk = await account.created({}, { client_uid: uid.toUpperCase() })
    assert.equal((await partner.read(pk)).client_uid, uid)
    assert.equal((await account.read(pk)).pk, pk)
    const unknown = await account.create({}, { client_uid: '550e8400-e29b-41d4-a716-446655440000' })
    assert.deepEqual([unknown.status, errorOf(unknown).message], [404, 'Client Not Found'])
  })

  test('makes no profile for a client that is deactivated, and submits none', async () => {
    const stopped = await app.createClient()
    const pk = await account.created({}, { client_uid: stopped })
    await account.send('POST', `clients/${stopped}/desactiver`)
    for (const answer of [
      await account.create({}, { client_uid: stopped }),
      await account.send('POST', `profiles/${pk}/submit/`),
    ]) {
      assert.deepEqual([answer.status, errorOf(answer).message], [403, 'Not Allowed'])
      assert.match(errorOf(answer).details[0]?.error ?? '', /deactivated/)
    }
  })

  test('a client may name itself and nobody else', async () => {
    assert.equal((await partner.create({}, { client_uid: uid })).status, 201)
    const other = await app.createClient()
    const refused = await partner.create({}, { client_uid: other })
    assert.deepEqual([refused.status, errorOf(refused).message], [403, 'Not Allowed'])
    assert.equal((await partner.send('GET', `profiles/?client_uid=${other}`)).status, 403)
  })

  test('profiles go with their client', async () => {
    const leaving = await app.register()
    const pk = await new Partner(app, { apiKey: leaving.apiKey }).created()
    assert.equal((await app.request('/api/v1/clients/me', { method: 'DELETE', apiKey: leaving.apiKey })).status, 200)
    const left = await queryAsOwner(app.database, 'select from profiles where pk = $1', [pk])
    assert.equal(left.length, 0)
  })
})

describe('an address', () => {
  test('works with and without its slash; an id that can be none is not found', async () => {
    const pk = await partner.created()
    assert.equal((await partner.send('GET', `profiles/${pk}`)).status, 200)
    assert.equal((await partner.send('GET', 'profiles')).status, 200)
    for (const id of ['0', '-1', '1.5', '1e3', '0x1', 'NOM', '9'.repeat(15), '9'.repeat(40), '%20', `${pk}%00`]) {
      for (const slash of ['', '/']) {
        const answer = await partner.send('GET', `profiles/${id}${slash}`)
        assert.equal(answer.status, 404, `${id}: ${answer.text}`)
        assert.equal(errorOf(answer).code, 404)
      }
    }
    const method = await partner.send('PUT', `profiles/${pk}`)
    assert.deepEqual([method.status, method.headers.get('allow')], [405, 'DELETE, GET, PATCH'])
  })
})
