/** The client package against the server itself: credentials, errors, pages, files, in every contract's own format. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { adminPassword, firstAdministrator, firstTenant, startTestApp } from '#test/support/app.ts'
import { freePort } from '#test/support/free-port.ts'
import { profileAttributes, statement } from '#test/support/prepared-client.ts'
import type { ApiError } from '../../packages/client/src/index.ts'
import {
  AuthenticationError,
  accessToken,
  apiKey,
  Clientele,
  ConflictError,
  clientCredentials,
  ForbiddenError,
  fileFrom,
  InvalidRequestError,
  NotFoundError,
  session,
} from '../../packages/client/src/index.ts'
import { readPage } from '../../packages/client/src/pages.ts'

let app: TestApp
let staff: Clientele
let uid: string
let partner: Clientele
before(async () => {
  const port = await freePort()
  app = await startTestApp({ config: { port, publicUrl: `http://127.0.0.1:${port}` } })
  const credential = session({ username: firstAdministrator, password: adminPassword, tenantId: firstTenant })
  staff = new Clientele({ baseUrl: app.url, credential })
  uid = await app.createClient('Own')
  partner = staff.as(accessToken(() => app.signIn(uid)))
})
after(() => app.close())

async function refused(call: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await call.then(
    () => assert.fail('it succeeded'),
    (reason: unknown) => reason,
  )
  return error as ApiError
}

const unknown = randomUUID()

test('each contract’s errors come as classes with code, request id and faults by field', async () => {
  const path = { uid: unknown }
  const factpulse = await refused(staff.get('/api/v1/clients/{uid}', { params: { path } }))
  assert.ok(factpulse instanceof NotFoundError)
  assert.deepEqual([factpulse.status, factpulse.code], [404, 'CLIENT_NOT_FOUND'])
  assert.match(factpulse.requestId ?? '', /^[0-9a-f-]{36}$/)

  const invalid = await refused(staff.post('/api/v1/clients', { body: { name: 'Odd', siret: '1' } }))
  assert.ok(invalid instanceof InvalidRequestError)
  assert.deepEqual([invalid.status, invalid.fieldErrors.map((one) => one.field)], [422, ['siret']])
  assert.match(invalid.message, /^siret: /)

  const chatapi = await refused(staff.post('/api/v1/clients/', { body: { name: '' } }))
  assert.ok(chatapi instanceof InvalidRequestError)
  assert.deepEqual([chatapi.code, chatapi.fieldErrors[0]?.field], ['VALIDATION_ERROR', 'name'])

  const customer = { code: 'C1', name: 'Customer' }
  await staff.post('/api/v1/customers', { body: customer })
  const azalscore = await refused(staff.post('/api/v1/customers', { body: customer }))
  assert.ok(azalscore instanceof ConflictError)
  assert.equal(azalscore.code, 'customer_code_taken')

  const partnerb2b = await refused(
    partner.post('/api/v1/profiles/', {
      body: { attributes: { ...profileAttributes(), birth_date: 'soon' } },
    }),
  )
  assert.ok(partnerb2b instanceof InvalidRequestError)
  assert.deepEqual([partnerb2b.code, partnerb2b.fieldErrors[0]?.field], [null, 'birth_date'])
  const notAllowed = await refused(partner.get('/api/v1/scorecards/'))
  assert.ok(notAllowed instanceof ForbiddenError)
  assert.match(notAllowed.message, /^Not Allowed ./)

  const oauth = await refused(
    staff.get('/oauth2-service/api/oauth2-clients/findById/{id}', { params: { path: { id: unknown } } }),
  )
  assert.ok(oauth instanceof NotFoundError)
  assert.ok(oauth.message.length > 10)

  const wrong = session({ username: firstAdministrator, password: 'wrong', tenantId: firstTenant })
  assert.ok((await refused(staff.as(wrong).get('/api/v1/auth/me'))) instanceof AuthenticationError)
})

test('a session refreshes itself, comes back after it was ended, and ends by signing out', async () => {
  const credential = session({ username: firstAdministrator, password: adminPassword, tenantId: firstTenant })
  const user = staff.as(credential)
  const first = await user.get('/api/v1/auth/me')
  const path = { session_id: first.session_id }
  await staff.delete('/api/v1/sessions/{session_id}', { params: { path } })
  const second = await user.get('/api/v1/auth/me')
  assert.notEqual(second.session_id, first.session_id)
  const place = { baseUrl: app.url, fetch: (request: Request) => fetch(request) }
  const held = await credential.headers(place)
  await credential.signOut(place)
  assert.equal((await app.request('/api/v1/auth/me', { headers: held })).status, 401)
})

test('an API key and OAuth2 client credentials open what they may', async () => {
  const own = await app.register('By key')
  const me = await staff.as(apiKey(own.apiKey)).get('/api/v1/clients/me')
  assert.equal(me.data.id, own.id)
  await staff.post('/oauth2-service/api/oauth2-clients/createClient', {
    body: {
      ...{
        clientId: 'machine',
        clientSecret: 'a-secret-of-the-client',
        clientAuthenticationMethods: 'client_secret_basic',
      },
      ...{
        authorizationGrantTypes: 'client_credentials',
        redirectUris: '',
        postLogoutRedirectUris: '',
        scopes: 'client:view',
      },
    },
  })
  const machine = staff.as(clientCredentials({ clientId: 'machine', clientSecret: 'a-secret-of-the-client' }))
  assert.ok((await machine.get('/api/v1/clients')).total >= 1)
  assert.ok((await refused(machine.post('/api/v1/clients', { body: { name: 'No' } }))) instanceof ForbiddenError)
  const wrong = await refused(
    staff.as(clientCredentials({ clientId: 'machine', clientSecret: 'x' })).get('/api/v1/clients'),
  )
  assert.deepEqual([wrong.status, wrong.code], [401, 'invalid_client'])
})

test('lists go on to their end, whatever their contract’s pages look like', async () => {
  const names = Array.from({ length: 7 }, (_, number) => `Listed ${number}`)
  for (const [number, name] of names.entries()) {
    await app.createClient(name)
    await staff.post('/api/v1/customers', { body: { code: `L${number}`, name } })
    await staff.post('/api/v1/notifications/suppressions', { body: { address: `no${number}@example.com` } })
    await partner.post('/api/v1/profiles/', {
      body: { externalReference: name, attributes: profileAttributes() },
    })
  }
  const wanted = (all: { name?: string | null }[]) =>
    all.map((one) => one.name ?? '').filter((name) => names.includes(name))
  const clients = await staff.list('/api/v1/clients', { params: { query: { pageSize: 3 } } }).toArray()
  assert.deepEqual(wanted(clients).sort(), names)
  const customers = await staff.list('/api/v1/customers', { params: { query: { page_size: 3 } } }).toArray()
  assert.deepEqual(wanted(customers).sort(), names)
  const profiles = await partner.list('/api/v1/profiles/', { params: { query: { limit: 3 } } }).toArray()
  assert.deepEqual(profiles.map((one) => one.externalReference ?? '').sort(), names)
  const events = staff.list('/api/v1/audit/events', { params: { query: { action: 'client.create', limit: 3 } } })
  assert.ok((await events.toArray()).length >= 7)
  assert.equal((await events.toArray(4)).length, 4)
  const suppressed = await staff
    .list('/api/v1/notifications/suppressions', { params: { query: { limit: 3 } } })
    .toArray()
  assert.equal(new Set(suppressed.map((one) => one.address)).size, 7)
  const oauth = await staff
    .list('/oauth2-service/api/oauth2-clients/getAllClients', { params: { query: { page: 1, size: 1 } } })
    .toArray()
  assert.deepEqual(
    oauth.map((one) => one.clientId),
    ['machine'],
  )
  const cards = await staff.list('/api/v1/scorecards/', { params: { query: { limit: 1 } } }).toArray()
  assert.deepEqual(
    cards.map((one) => one.builtIn),
    [true],
  )
})

type Schema = { $ref?: string; type?: string; properties?: Record<string, Schema> }
type Documented = {
  parameters: { in: string; name: string }[]
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
}

test('every list in the API documents is one that the package reads to its end', async () => {
  const document = (await app.request('/openapi.json')).body as unknown as {
    paths: Record<string, Record<string, Documented>>
    components: { schemas: Record<string, Schema> }
  }
  const resolve = (schema: Schema = {}) =>
    schema.$ref ? document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] : schema
  const paging = ['page', 'cursor', 'after', 'offset', 'before']
  let lists = 0
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const { parameters, responses } of Object.values(operations)) {
      const known = parameters.filter((one) => one.in === 'query' && paging.includes(one.name)).map((one) => one.name)
      if (known.length === 0) continue
      lists++
      const whole = resolve(responses['200']?.content?.['application/json']?.schema)
      const list = resolve(whole?.properties?.data) ?? whole
      const more: Record<string, unknown> = {
        page: 1,
        pageNum: 1,
        pageSize: 1,
        total: 9,
        hasMore: true,
        has_more: true,
      }
      const answer = Object.fromEntries(
        Object.entries(list?.properties ?? whole?.properties ?? {}).map(([name, schema]) => {
          const isArray = resolve(schema)?.type === 'array'
          return [name, isArray ? [{ version: 5, address: 'a' }] : (more[name] ?? 'next')]
        }),
      )
      const { items, next } = readPage(answer, {})
      assert.equal(items.length, 1, path)
      const [name = ''] = Object.keys(next ?? {})
      assert.ok(known.includes(name), `${path}: ${name} is none of its parameters`)
    }
  }
  assert.ok(lists > 20)
})

test('a file goes up and comes down as it was, streamed', async () => {
  const created = await partner.post('/api/v1/profiles/', {
    body: { externalReference: 'with a document', attributes: profileAttributes() },
  })
  const { pk } = created.data as { pk: number }
  const file = fileFrom(new Blob([new Uint8Array(statement())]), { name: 'relevé.pdf' })
  const uploaded = await partner.upload('/api/v1/profiles/{pk}/documents/', {
    params: { path: { pk } },
    form: { attribute: 'bank_statement', file },
  })
  const document = uploaded.data as { pk: number }
  const download = await partner.download('/api/v1/documents/{pk}/content/', { params: { path: { pk: document.pk } } })
  assert.equal(download.type, 'application/pdf')
  assert.equal(await download.text(), statement().toString())
})
