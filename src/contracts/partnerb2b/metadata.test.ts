import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { profileAttributes } from '#test/support/prepared-client.ts'
import { pythonFloat } from './number-text.ts'

let app: TestApp
let admin: string
let uid: string
let client: string
before(async () => {
  app = await startTestApp()
  admin = await app.signIn()
  uid = await app.createClient()
  client = await app.signIn(uid)
})
after(() => app.close())

type Metadata = Record<string, { name: string; attributechoice_set: { displayedName: string }[] }[]>
const metadata = async (token = client) => {
  const answer = await app.request('/api/v1/metadata/', { token })
  assert.equal(answer.status, 200, answer.text)
  return answer
}
const dataOf = (answer: Answer): never => (answer.body as { data: never }).data
const namesOf = (data: Metadata) =>
  Object.values(data)
    .flat()
    .map((one) => one.name)
const administer = (method: string, path: string, body?: unknown, token = admin) =>
  app.request(`/api/v1/metadata/${path}`, { method, token, ...(body === undefined ? {} : { body }) })
const create = (changes: Record<string, unknown>) =>
  app.request('/api/v1/profiles/', {
    method: 'POST',
    token: client,
    body: { attributes: { ...profileAttributes(), ...changes } },
  })
const messageOf = (answer: Answer) => (answer.body as { error: { message: string } }).error.message

describe('what the document shows', () => {
  const golden = readFileSync(new URL('golden/document/metadata.json', import.meta.url), 'utf8')
  /** JSON without white space between its parts, numbers and names as they are spelt. */
  const dense = (json: string) => json.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_, text?: string) => text ?? '')
  const withoutMeta = (json: string) => json.slice(0, json.lastIndexOf(',"meta"'))
  const countries = /"name":"\w+_country"[^[]*"attributechoice_set":\[[^\]]*\]/g

  test('is served letter by letter: fields, order, spelling of numbers; countries alone have choices besides', async () => {
    const { text } = await metadata()
    const served = text.replaceAll(countries, (one) => one.replace(/\[[^\]]*\]$/, '[]'))
    assert.equal(withoutMeta(served), withoutMeta(dense(golden)))
  })

  test('countries are the names of ISO 3166 in French, of which one can be chosen', async () => {
    const data: Metadata = dataOf(await metadata())
    const named = Object.values(data)
      .flat()
      .filter((one) => one.name.endsWith('_country'))
    assert.equal(named.length, 3)
    for (const { attributechoice_set: choices } of named) {
      const names = choices.map((one) => one.displayedName)
      assert.equal(new Set(names).size, names.length)
      assert.ok(names.length >= 249)
      for (const one of ['France', 'Belgique', "Côte-d'Ivoire", 'Allemagne']) assert.ok(names.includes(one), one)
    }
    assert.equal((await create({ birth_country: 'Belgique' })).status, 201)
    assert.equal(messageOf(await create({ birth_country: 'BE' })), 'Choice does not exist.')
  })

  test('floats are spelt as Python spells them', () => {
    assert.deepEqual([0, -0, 3, -1.5, 9.223372036854776e18, -9.223372036854776e18, 1e16, 1e15].map(pythonFloat), [
      '0.0',
      '0.0',
      '3.0',
      '-1.5',
      '9.223372036854776e+18',
      '-9.223372036854776e+18',
      '1e+16',
      '1000000000000000.0',
    ])
  })
})

describe('administration', () => {
  test('an attribute that is added is served and accepted at once, on every process that has met the tenant', async (t) => {
    const other = await startTestApp({ database: app.database, config: { masterKeys: app.runtime.config.masterKeys } })
    t.after(() => other.close())
    await metadata()
    const sent = { method: 'POST', token: client, body: { attributes: { ...profileAttributes(), pets: 'two' } } }
    assert.equal((await other.request('/api/v1/profiles/', sent)).status, 404)
    const added = await administer('POST', 'attributes/', {
      name: 'pets',
      type: 'choice',
      displayedName: 'Animaux',
      category: 'pets',
      choices: ['none', 'two'],
      validation: 'unique choice',
    })
    assert.equal(added.status, 201, added.text)
    assert.deepEqual(dataOf(await metadata())['pets' as never], [
      {
        ...{ pk: 102, name: 'pets', displayedName: 'Animaux', type: 'choice', isRequired: false },
        ...{ validation: 'unique choice', sensitiveData: false },
        ...{ attributechoice_set: [{ displayedName: 'none' }, { displayedName: 'two' }], maxLength: 0, minLength: 0 },
        ...{ maxValue: 9.223372036854776e18, minValue: -9.223372036854776e18, isEqualTo: null },
        ...{ maxDate: null, minDate: null, maxSize: null, acceptedFormat: null },
      },
    ])
    assert.equal((await other.request('/api/v1/profiles/', sent)).status, 201)
    assert.equal((await create({ pets: 'three' })).status, 400)
  })

  test('a retired attribute is neither served nor accepted, old profiles keep it, and it can be taken back', async () => {
    const old = await create({ birth_town: 'Lyon' })
    const { pk }: { pk: number } = dataOf(old)
    assert.equal((await administer('DELETE', 'attributes/birth_town/')).status, 200)
    assert.ok(!namesOf(dataOf(await metadata())).includes('birth_town'))
    assert.equal(messageOf(await create({ birth_town: 'Lyon' })), 'Attribute Not Found')
    const read = () => app.request(`/api/v1/profiles/${pk}/`, { token: client })
    assert.match((await read()).text, /"birth_town"},"value":"Lyon"/)
    const change = { method: 'PATCH', token: client, body: { attributes: { lastname: 'Autre' } } }
    assert.equal((await app.request(`/api/v1/profiles/${pk}/`, change)).status, 200)
    assert.match((await read()).text, /"birth_town"},"value":"Lyon"/)
    assert.equal((await administer('PATCH', 'attributes/birth_town/', { isRetired: false })).status, 200)
    assert.equal((await create({ birth_town: 'Lyon' })).status, 201)
  })

  test('requirements are data: replaced, they are in force at once', async () => {
    const requirements = [{ attribute: 'gender', choice: 'autre genre', requires: 'birth_town' }]
    assert.equal((await administer('PUT', 'requirements/', { requirements })).status, 200)
    assert.equal((await create({ professional_situation: 'étudiant' })).status, 201)
    assert.equal(messageOf(await create({ gender: 'autre genre' })), 'Missing required attributes.')
    assert.equal((await create({ gender: 'autre genre', birth_town: 'Metz' })).status, 201)
    const whole: { requirements: unknown } = dataOf(await administer('GET', 'attributes/'))
    assert.deepEqual(whole.requirements, requirements)
  })

  test('what makes no sense is refused with the field that is wrong', async () => {
    for (const [method, path, body, status, field] of [
      ['POST', 'attributes/', { name: 'email', type: 'string' }, 409, undefined],
      ['POST', 'attributes/', { name: 'birth_town', type: 'string' }, 409, undefined],
      ['POST', 'attributes/', { name: 'Bad Name', type: 'string' }, 400, 'name'],
      ['POST', 'attributes/', { name: 'a', type: 'float' }, 400, 'type'],
      ['POST', 'attributes/', { name: 'a', type: 'choice' }, 400, 'choices'],
      ['POST', 'attributes/', { name: 'a', type: 'choice', choices: ['é', 'e\u0301'] }, 400, 'choices'],
      ['POST', 'attributes/', { name: 'a', type: 'string', choices: ['x'] }, 400, 'choices'],
      ['POST', 'attributes/', { name: 'a', type: 'string', validation: 'regex' }, 400, 'pattern'],
      ['POST', 'attributes/', { name: 'a', type: 'string', validation: 'regex', pattern: '(?=a)' }, 400, 'pattern'],
      ['POST', 'attributes/', { name: 'a', type: 'string', validation: 'regex', pattern: '(' }, 400, 'pattern'],
      [
        'POST',
        'attributes/',
        { name: 'a', type: 'string', validation: 'regex', pattern: '(?:a{900}b?c?){1}'.repeat(20) },
        400,
        'pattern',
      ],
      ['POST', 'attributes/', { name: 'a', type: 'integer', minValue: 2, maxValue: 1 }, 400, 'maxValue'],
      ['POST', 'attributes/', { name: 'a', type: 'string', minValue: 2 }, 400, 'minValue'],
      ['POST', 'attributes/', { name: 'a', type: 'date', minDate: '2024-02-30' }, 400, 'minDate'],
      [
        'POST',
        'attributes/',
        { name: 'a', type: 'date', minDate: '2024-02-03', maxDate: '2024-02-02' },
        400,
        'maxDate',
      ],
      ['PATCH', 'attributes/unheard_of/', { isRequired: true }, 404, undefined],
      ['PATCH', 'attributes/gender/', { choices: ['M', 'F'] }, 400, 'requirements.0.choice'],
      [
        'PUT',
        'requirements/',
        { requirements: [{ attribute: 'email', choice: 'x', requires: 'gender' }] },
        400,
        'requirements.0.attribute',
      ],
      [
        'PUT',
        'requirements/',
        { requirements: [{ attribute: 'gender', choice: 'M', requires: 'unheard_of' }] },
        400,
        'requirements.0.requires',
      ],
    ] as const) {
      const answer = await administer(method, path, body)
      assert.equal(answer.status, status, `${JSON.stringify(body)}: ${answer.text}`)
      const { details }: { details: { field?: string }[] } = (answer.body as { error: never }).error
      if (field !== undefined) assert.equal(details[0]?.field, field, answer.text)
    }
  })

  test('only the account may change it, with the permission; every change is audited and is a version of its own', async () => {
    assert.equal((await administer('DELETE', 'attributes/gender/', undefined, client)).status, 403)
    const { version }: { version: number } = dataOf(await administer('GET', 'attributes/'))
    const [first, second] = await Promise.all([
      administer('PATCH', 'attributes/lastname/', { displayedName: 'Nom de famille' }),
      administer('PATCH', 'attributes/firstname/', { displayedName: 'Prénoms' }),
    ])
    const versions = [first, second].map((one) => (dataOf(one) as { version: number }).version).sort((a, b) => a - b)
    assert.deepEqual(versions, [version + 1, version + 2])
    const { attributes }: { attributes: { displayedName: string }[] } = dataOf(await administer('GET', 'attributes/'))
    const displayed = new Set(attributes.map((one) => one.displayedName))
    assert.ok(displayed.has('Nom de famille') && displayed.has('Prénoms'), 'neither change undoes the other')
    const audited = await queryAsOwner<{ action: string; target_id: string }>(
      app.database,
      `select action, target_id from audit_events where category = 'configuration' and action like 'attribute.%'
        order by id desc limit 2`,
    )
    assert.deepEqual(audited.map((one) => one.target_id).sort(), ['firstname', 'lastname'])
  })

  test('one tenant’s catalogue is not another’s', async () => {
    const { apiKey } = await app.register()
    const elsewhere = await app.request('/api/v1/metadata/', { apiKey })
    assert.ok(!namesOf(dataOf(elsewhere)).includes('pets'))
    assert.ok(elsewhere.text.includes('"displayedName":"Prénom"'))
  })
})
