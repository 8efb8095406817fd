/** Documents of profiles, from the upload to the deletion, as a partner's program sees them. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { deleteClient } from '#features/clients/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Answer, RequestOptions, TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import type { Form } from '#test/support/form.ts'
import { formOf, partsOf } from '#test/support/form.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { profileAttributes, systemOf } from '#test/support/prepared-client.ts'

let app: TestApp
let apiKey: string
let clientUid: string
let profile: number
before(async () => {
  app = await startTestApp()
  const mine = await newClient()
  apiKey = mine.apiKey
  clientUid = mine.id
  profile = await newProfile()
})
after(() => app.close())

async function newClient(): Promise<{ id: string; apiKey: string }> {
  const token = await app.signIn()
  const body = { name: `Partner ${randomBytes(6).toString('hex')}` }
  const answer = await app.request('/api/v1/clients/', { method: 'POST', token, body })
  const { data }: { data: { id: string; api_key: string } } = answer.body
  return { id: data.id, apiKey: data.api_key }
}

async function newProfile(key = apiKey): Promise<number> {
  const answer = await app.request('/api/v1/profiles/', {
    method: 'POST',
    apiKey: key,
    body: { attributes: profileAttributes() },
  })
  assert.equal(answer.status, 201, answer.text)
  return (answer.body as { data: { pk: number } }).data.pk
}

const pdf = (bytes = 1000) => Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(bytes)])
const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex')

function send(form: Form, options: RequestOptions & { pk?: number } = {}): Promise<Answer> {
  const { pk = profile, headers, ...rest } = options
  return app.request(`/api/v1/profiles/${pk}/documents/`, {
    method: 'POST',
    apiKey,
    raw: form.body,
    ...rest,
    headers: { 'content-type': form.type, ...headers },
  })
}
const statement = (content: Buffer, attribute = 'bank_statement') => formOf({ attribute }, { file: content })

type Described = {
  pk: number
  status: string
  downloadedAt: string
  type: string
  contentType: string
  size: number
  sha256: string
}
const data = <T = Described>(answer: Answer) => (answer.body as { data: T }).data
const error = (answer: Answer) => (answer.body as { error: { code: number; message: string; details: object[] } }).error

async function added(content = pdf(), options: RequestOptions & { pk?: number } = {}): Promise<Described> {
  const answer = await send(statement(content), options)
  assert.equal(answer.status, 201, answer.text)
  return data(answer)
}

const filesLeft = async () =>
  (
    await queryAsOwner<{ files: number; chunks: number; documents: number }>(
      app.database,
      `select (select count(*) from files)::int as files, (select count(*) from file_chunks)::int as chunks,
        (select count(*) from profile_documents)::int as documents`,
    )
  )[0]

const auditOf = (action: string, target: number) =>
  queryAsOwner<{ category: string; severity: string; context: Record<string, unknown> }>(
    app.database,
    'select category, severity, context from audit_events where action = $1 and target_id = $2',
    [action, String(target)],
  )

describe('a document', () => {
  test('is described when it has come, and later, and in its profile', async () => {
    const content = pdf()
    const answer = await send(statement(content))
    assert.equal(answer.status, 201, answer.text)
    const described = data(answer)
    assert.match(described.downloadedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    assert.deepEqual(described, {
      pk: described.pk,
      status: 'not_scanned',
      downloadedAt: described.downloadedAt,
      type: 'bank_statement',
      contentType: 'application/pdf',
      size: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    })
    for (const path of [`/api/v1/documents/${described.pk}/`, `/api/v1/documents/${described.pk}`]) {
      assert.deepEqual(data(await app.request(path, { apiKey })), described)
    }
    const whole = data<{ document_set: Described[] }>(await app.request(`/api/v1/profiles/${profile}/`, { apiKey }))
    assert.deepEqual(whole.document_set.at(-1), described)
  })

  test('comes with the attribute before or behind the file', async () => {
    const content = pdf()
    const behind = partsOf([
      { name: 'file', content, fileName: 'a.pdf' },
      { name: 'attribute', content: 'proof_of_address' },
    ])
    const answer = await send(behind)
    assert.equal(answer.status, 201, answer.text)
    assert.equal(data(answer).type, 'proof_of_address')
  })

  test('is given out byte for byte, as an attachment that no browser takes for a page', async () => {
    const content = pdf(700_000)
    const { pk, sha256 } = await added(content)
    const response = await fetch(`${app.url}/api/v1/documents/${pk}/content/`, { headers: { 'x-api-key': apiKey } })
    assert.equal(response.status, 200)
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(content))
    const header = (name: string) => response.headers.get(name)
    assert.equal(header('content-type'), 'application/pdf')
    assert.equal(header('content-length'), String(content.length))
    assert.equal(header('content-disposition'), `attachment; filename="bank_statement-${pk}.pdf"`)
    assert.equal(header('x-content-type-options'), 'nosniff')
    assert.equal(header('content-security-policy'), "default-src 'none'; sandbox")
    assert.equal(header('cache-control'), 'no-store')
    assert.equal(header('repr-digest'), `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`)
    const head = await app.request(`/api/v1/documents/${pk}/content/`, { method: 'HEAD', apiKey })
    assert.deepEqual([head.status, head.headers.get('content-length'), head.text], [200, String(content.length), ''])
  })

  test('of a sensitive attribute leaves a trace of who got its content, its description none', async () => {
    const { pk } = await added()
    await app.request(`/api/v1/documents/${pk}/`, { apiKey })
    assert.deepEqual(await auditOf('document.download', pk), [])
    await app.request(`/api/v1/documents/${pk}/content/`, { apiKey })
    const [event, ...more] = await auditOf('document.download', pk)
    assert.deepEqual([event?.category, event?.context.attribute, more], ['data_access', 'bank_statement', []])
  })

  test('is deleted with its content', async () => {
    const before = await filesLeft()
    const { pk } = await added()
    const answer = await app.request(`/api/v1/documents/${pk}/`, { method: 'DELETE', apiKey })
    assert.deepEqual([answer.status, data<object>(answer)], [200, { message: 'Le document a bien été supprimé.' }])
    assert.deepEqual(await filesLeft(), before)
    for (const path of [`/api/v1/documents/${pk}/`, `/api/v1/documents/${pk}/content/`]) {
      const gone = await app.request(path, { apiKey })
      assert.deepEqual([gone.status, error(gone).message], [404, 'Document Not Found'])
    }
  })

  test('goes with its profile, and with its client', async () => {
    const before = await filesLeft()
    const doomed = await newProfile()
    for (let i = 0; i < 3; i++) await added(pdf(300_000), { pk: doomed })
    assert.equal((await filesLeft())?.chunks, (before?.chunks ?? 0) + 6)
    assert.equal((await app.request(`/api/v1/profiles/${doomed}/`, { method: 'DELETE', apiKey })).status, 200)
    assert.deepEqual(await filesLeft(), before)

    const other = await newClient()
    await added(pdf(), { apiKey: other.apiKey, pk: await newProfile(other.apiKey) })
    await runForResult(app.runtime.services, deleteClient, { clientUid: other.id }, systemOf(firstTenant))
    assert.deepEqual(await filesLeft(), before)
  })

  test('sent again with the same Idempotency-Key is one document; another file with the key is refused', async () => {
    const content = pdf()
    const headers = { 'idempotency-key': randomBytes(8).toString('hex') }
    const first = await send(statement(content), { headers })
    const before = await filesLeft()
    const again = await send(statement(content), { headers })
    assert.deepEqual(data(again), data(first))
    assert.deepEqual(await filesLeft(), before)
    const other = await send(statement(pdf()), { headers })
    assert.equal(other.status, 409, other.text)
    assert.deepEqual(await filesLeft(), before)
  })
})

describe('is refused, and nothing of it stays', () => {
  async function refused(form: Form, status: number, message: string, options: RequestOptions & { pk?: number } = {}) {
    const before = await filesLeft()
    const answer = await send(form, options)
    assert.deepEqual([answer.status, error(answer).code, error(answer).message], [status, status, message], answer.text)
    assert.deepEqual(await filesLeft(), before)
    return error(answer)
  }

  test('what is no PDF by its content, whatever it is called', async () => {
    const called = partsOf([
      { name: 'attribute', content: 'bank_statement' },
      { name: 'file', content: png, fileName: 'statement.pdf', type: 'application/pdf' },
    ])
    const { details } = await refused(called, 400, 'Type Error')
    assert.deepEqual(details, [
      { attribute: 'bank_statement', error: 'Takes pdf; by its content the file is image/png' },
    ])
    await refused(statement(Buffer.alloc(0)), 400, 'Type Error')
  })

  test('what its attribute finds too large', async () => {
    const token = await app.signIn()
    const path = '/api/v1/metadata/attributes/proof_of_address/'
    await app.request(path, { method: 'PATCH', token, body: { maxSize: 2000 } })
    await refused(statement(pdf(3000), 'proof_of_address'), 400, 'Invalid value')
    assert.equal((await send(statement(pdf(1000), 'proof_of_address'))).status, 201)
    await app.request(path, { method: 'PATCH', token, body: { maxSize: null } })
  })

  test('for an attribute that does not exist, or that takes no file', async () => {
    await refused(statement(pdf(), 'no_such_attribute'), 404, 'Attribute Not Found')
    await refused(statement(pdf(), 'lastname'), 400, 'Type Error')
  })

  test('for a profile that does not exist, or is another client’s', async () => {
    await refused(statement(pdf()), 404, 'Profile Not Found', { pk: 999_999 })
    const other = await newClient()
    await refused(statement(pdf()), 403, 'Not Allowed', { apiKey: other.apiKey })
  })

  test('beyond a hundred documents of a profile, also when all come at the same time', async () => {
    const pk = await newProfile()
    const before = await filesLeft()
    const answers = await Promise.all(Array.from({ length: 105 }, () => send(statement(pdf(10)), { pk })))
    const taken = answers.filter((one) => one.status === 201)
    const tooMany = answers.filter((one) => one.status === 409)
    assert.deepEqual([taken.length, tooMany.length], [100, 5])
    assert.equal((await filesLeft())?.files, (before?.files ?? 0) + 100)
  })
})

describe('a required document', () => {
  test('is asked for when the profile is submitted; without it again, the profile is a draft', async () => {
    const token = await app.signIn()
    const path = '/api/v1/metadata/attributes/bank_statement/'
    await app.request(path, { method: 'PATCH', token, body: { isRequired: true } })
    const pk = await newProfile()
    const submit = () => app.request(`/api/v1/profiles/${pk}/submit/`, { method: 'POST', apiKey })
    const statusOf = async () =>
      data<{ status: string }>(await app.request(`/api/v1/profiles/${pk}/`, { apiKey })).status

    const missing = await submit()
    assert.deepEqual(
      [missing.status, error(missing).details],
      [400, [{ attribute: 'bank_statement', error: 'Is required' }]],
    )
    const [one, two] = [await added(pdf(), { pk }), await added(pdf(), { pk })]
    assert.equal((await submit()).status, 200)
    await app.request(`/api/v1/documents/${one.pk}/`, { method: 'DELETE', apiKey })
    assert.equal(await statusOf(), 'complete')
    await app.request(`/api/v1/documents/${two.pk}/`, { method: 'DELETE', apiKey })
    assert.equal(await statusOf(), 'draft')
    await app.request(path, { method: 'PATCH', token, body: { isRequired: false } })
  })
})

test('who may see a profile may not fetch its documents without the permission for it', async () => {
  const { pk } = await added()
  const token = await app.signIn(clientUid)
  const scoped = await app.request('/api/v1/clients/me/api-keys', {
    method: 'POST',
    token,
    body: { name: 'Only looks', scopes: ['profile:view', 'document:view'] },
  })
  const { api_key: key }: { api_key: string } = data(scoped)
  assert.equal((await app.request(`/api/v1/documents/${pk}/`, { apiKey: key })).status, 200, scoped.text)
  assert.equal((await app.request(`/api/v1/documents/${pk}/content/`, { apiKey: key })).status, 403)
  assert.equal((await send(statement(pdf()), { apiKey: key })).status, 403)
})
