import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import type { WireProfile } from './profiles.fixture.ts'
import { dataOf, Partner, valuesOf } from './profiles.fixture.ts'

const iban = 'FR7630006000011234567890189'
let app: TestApp
let account: Partner
let partner: Partner
/** An API key of the same client that may see profiles, but no sensitive values. */
let discreet: Partner
before(async () => {
  app = await startTestApp()
  const { apiKey } = await app.register()
  partner = new Partner(app, { apiKey })
  const scopes = ['profile:view', 'profile:create', 'profile:update']
  const key = await partner.send('POST', 'clients/me/api-keys', { name: 'Discreet', scopes })
  discreet = new Partner(app, { apiKey: dataOf<{ api_key: string }>(key).api_key })
  account = new Partner(app, { token: await app.signIn() })
  // The client registered itself, so its tenant has no user: the first tenant's is another one.
  await queryAsOwner(
    app.database,
    `insert into attribute_catalogues (tenant_id, version, definition, created_by)
     select c.tenant_id, 1, $1, '{}' from clients c where c.tenant_id <> 'tenant_001'`,
    [await catalogueWith({ name: 'iban', type: 'string', sensitiveData: true, displayedName: 'IBAN' })],
  )
})
after(() => app.close())

async function catalogueWith(attribute: Record<string, unknown>): Promise<string> {
  const added = await account.send('POST', 'metadata/attributes/', attribute)
  assert.equal(added.status, 201, added.text)
  const { attributes, requirements } = dataOf<Record<string, unknown>>(
    await account.send('GET', 'metadata/attributes/'),
  )
  return JSON.stringify({ attributes, requirements })
}

const accesses = (pk: number) =>
  queryAsOwner<{ actor: { type: string }; context: { attributes: string[] } }>(
    app.database,
    `select actor, context from audit_events
      where category = 'data_access' and action = 'profile.view-sensitive' and target_id = $1`,
    [String(pk)],
  )

describe('a sensitive value', () => {
  test('is shown to whom the permission allows it, which is recorded each time with who and what, never the value', async () => {
    const pk = await partner.created({ iban, lastname: 'Plain' })
    assert.equal(valuesOf(await partner.read(pk)).iban, iban)
    assert.equal(valuesOf(await partner.read(pk)).iban, iban)
    const recorded = await accesses(pk)
    assert.equal(recorded.length, 2)
    assert.equal(recorded[0]?.actor.type, 'api_key')
    assert.deepEqual(recorded[0]?.context.attributes, ['iban'])
    assert.ok(!JSON.stringify(recorded).includes(iban))
  })

  test('stands as null where the permission is missing, in its place, and nothing is recorded', async () => {
    const pk = await partner.created({ iban })
    const profile = await discreet.read(pk)
    assert.equal(valuesOf(profile).iban, null)
    assert.equal(valuesOf(profile).lastname, 'Durand')
    assert.deepEqual(await accesses(pk), [])
  })

  test('is in no list and in no answer to a creation or a change', async () => {
    const created = await partner.create({ iban })
    const { pk } = dataOf<WireProfile>(created)
    assert.equal(valuesOf(dataOf(created)).iban, null)
    const changed = await partner.send('PATCH', `profiles/${pk}/`, {
      attributes: { iban: `${iban}X`, lastname: 'New' },
    })
    assert.equal(valuesOf(dataOf(changed)).iban, null)
    const list = await partner.send('GET', 'profiles/')
    for (const answer of [created, changed, list]) assert.ok(!answer.text.includes(iban))
    assert.deepEqual(await accesses(pk), [])
    assert.equal(valuesOf(await partner.read(pk)).iban, `${iban}X`)
    assert.deepEqual(await partner.found({ q: iban }), [])
  })

  test('is kept through a change by who may not see it', async () => {
    const pk = await partner.created({ iban })
    const change = await discreet.send('PATCH', `profiles/${pk}/`, { attributes: { firstname: 'Changed' } })
    assert.equal(change.status, 200, change.text)
    const values = valuesOf(await partner.read(pk))
    assert.deepEqual([values.iban, values.firstname], [iban, 'Changed'])
  })

  test('is in no table in the clear, and in no log', async () => {
    const pk = await partner.created({ iban })
    await partner.read(pk)
    for (const table of ['profiles', 'audit_events', 'domain_events', 'idempotency_keys']) {
      const found = await queryAsOwner(app.database, `select from ${table} t where t::text like '%' || $1 || '%'`, [
        iban,
      ])
      assert.equal(found.length, 0, table)
    }
    assert.ok(!app.logs.join('').includes(iban))
  })

  test('whether an attribute is sensitive cannot be changed afterwards', async () => {
    const answer = await account.send('PATCH', 'metadata/attributes/iban/', { sensitiveData: false })
    const whole = dataOf<{ attributes: { name: string; sensitiveData: boolean }[] }>(
      await account.send('GET', 'metadata/attributes/'),
    )
    assert.equal(whole.attributes.find((one) => one.name === 'iban')?.sensitiveData, true, answer.text)
  })
})

test('a profile without sensitive values is read without a record', async () => {
  const pk = await partner.created()
  await partner.read(pk)
  assert.deepEqual(await accesses(pk), [])
})
