/** Every cause of an error, in the format of the contract that owns the address; nothing internal outside. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { printError as azalscore } from '#contracts/azalscore/errors.ts'
import { printError as chatapi } from '#contracts/chatapi/errors.ts'
import { printError as factpulse } from '#contracts/factpulse/errors.ts'
import { coreError } from '#kernel/errors.ts'
import type { Answer, RequestOptions, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'

type Contract = 'factpulse' | 'chatapi' | 'azalscore'

let app: TestApp
let account: string
let uid: string
let client: string
let apiKey: string
before(async () => {
  app = await startTestApp({ config: { trustProxy: ['127.0.0.1'] } })
  account = await app.signIn()
  const answer = await app.request('/api/v1/clients/', { method: 'POST', token: account, body: { name: 'Asks' } })
  const { data }: { data: { id: string; api_key: string } } = answer.body
  uid = data.id
  apiKey = data.api_key
  client = await app.signIn(uid)
})
after(() => app.close())

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The code of the answer, after its whole shape has been checked. */
function codeOf(contract: Contract, answer: Answer): string {
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
  assert.match(answer.headers.get('x-request-id') ?? '', uuid)
  const body = answer.body as Record<string, unknown>
  if (contract === 'factpulse' && answer.status === 422) {
    assert.deepEqual(Object.keys(body), ['detail'])
    const detail = body.detail as { loc: string[]; msg: string; type: string }[]
    for (const one of detail) {
      assert.deepEqual(Object.keys(one).sort(), ['loc', 'msg', 'type'])
      assert.ok(['body', 'query', 'path', 'header'].includes(one.loc[0] ?? ''))
      assert.ok(one.msg)
    }
    return detail[0]?.type ?? ''
  }
  if (contract === 'factpulse') {
    assert.ok(body.errorMessage)
    assert.deepEqual(
      Object.keys(body).filter((name) => !['errorCode', 'errorMessage', 'details'].includes(name)),
      [],
    )
    return String(body.errorCode)
  }
  const error = body.error as Record<string, unknown>
  assert.ok(error.message)
  if (contract === 'chatapi') {
    assert.deepEqual(Object.keys(body).sort(), ['error', 'status'])
    assert.equal(body.status, 'error')
    assert.deepEqual(
      Object.keys(error).filter((name) => !['code', 'message', 'details'].includes(name)),
      [],
    )
  } else {
    assert.deepEqual(Object.keys(body), ['error'])
    assert.equal(error.request_id, answer.headers.get('x-request-id'))
    assert.deepEqual(
      Object.keys(error).filter((name) => !['code', 'message', 'details', 'request_id'].includes(name)),
      [],
    )
  }
  return String(error.code)
}

const clients = '/api/v1/clients'
const me = '/api/v1/clients/me'
const session = '/api/v1/auth/session'
const post = (options: RequestOptions = {}): RequestOptions => ({ method: 'POST', ...options })
const large = JSON.stringify({ name: 'x'.repeat(1024 * 1024) })
const plain = { 'content-type': 'text/plain' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }

type Case = [cause: string, contract: Contract, path: string, options: () => RequestOptions, expected: [number, string]]

const cases: Case[] = [
  ['validation', 'factpulse', clients, () => post({ token: account, body: {} }), [422, 'missing']],
  ['validation', 'chatapi', me, () => ({ method: 'PUT', apiKey, body: {} }), [422, 'VALIDATION_ERROR']],
  ['validation', 'azalscore', session, () => post({ body: {} }), [422, 'validation_failed']],
  ['no credential', 'factpulse', clients, () => ({}), [401, 'UNAUTHENTICATED']],
  ['no credential', 'chatapi', me, () => ({}), [401, 'UNAUTHORIZED']],
  ['no credential', 'azalscore', '/api/v1/auth/logout', () => post(), [401, 'unauthenticated']],
  ['a bad token', 'factpulse', clients, () => ({ token: 'eyJ.eyJ.x' }), [401, 'UNAUTHENTICATED']],
  ['a bad key', 'chatapi', me, () => ({ apiKey: 'sk_test_no' }), [401, 'UNAUTHORIZED']],
  ['a bad scheme', 'chatapi', me, () => ({ headers: { authorization: 'Basic YTpi' } }), [401, 'UNAUTHORIZED']],
  ['permission', 'factpulse', clients, () => ({ token: client }), [403, 'ACCOUNT_LEVEL_REQUIRED']],
  ['permission', 'chatapi', me, () => ({ token: account }), [403, 'FORBIDDEN']],
  ['permission', 'azalscore', '/api/v1/auth/logout', () => post({ apiKey }), [403, 'session_required']],
  [
    'not found',
    'factpulse',
    `${clients}/550e8400-e29b-41d4-a716-446655440000`,
    () => ({ token: account }),
    [404, 'CLIENT_NOT_FOUND'],
  ],
  ['not found', 'chatapi', `${clients}/email-config`, () => ({ apiKey }), [404, 'EMAIL_CONFIG_NOT_FOUND']],
  ['not found', 'azalscore', '/api/v1/nothing', () => ({ token: account }), [404, 'route_not_found']],
  [
    'conflict',
    'factpulse',
    clients,
    () => post({ token: account, body: { name: 'Asks' } }),
    [400, 'CLIENT_NAME_ALREADY_EXISTS'],
  ],
  [
    'conflict',
    'chatapi',
    `${clients}/`,
    () => post({ token: account, body: { name: 'Asks' } }),
    [409, 'DUPLICATE_CLIENT_NAME'],
  ],
  ['body too large', 'factpulse', clients, () => post({ token: account, raw: large }), [413, 'BODY_TOO_LARGE']],
  ['body too large', 'chatapi', me, () => ({ method: 'PUT', apiKey, raw: large }), [413, 'BODY_TOO_LARGE']],
  ['body too large', 'azalscore', session, () => post({ raw: large }), [413, 'body_too_large']],
  ['bad JSON', 'factpulse', clients, () => post({ token: account, raw: '{"name":' }), [422, 'malformed_json']],
  ['bad JSON', 'chatapi', me, () => ({ method: 'PUT', apiKey, raw: '{name: 1}' }), [422, 'VALIDATION_ERROR']],
  ['bad JSON', 'azalscore', session, () => post({ raw: '[1,' }), [400, 'malformed_json']],
  [
    'prototype poisoning',
    'azalscore',
    session,
    () => post({ raw: '{"__proto__": {"a": 1}}' }),
    [400, 'malformed_json'],
  ],
  [
    'media type',
    'factpulse',
    clients,
    () => post({ token: account, raw: 'x', headers: plain }),
    [415, 'UNSUPPORTED_MEDIA_TYPE'],
  ],
  [
    'media type',
    'chatapi',
    me,
    () => ({ method: 'PUT', apiKey, raw: 'a=b', headers: form }),
    [415, 'UNSUPPORTED_MEDIA_TYPE'],
  ],
  ['media type', 'azalscore', session, () => post({ raw: 'x', headers: plain }), [415, 'unsupported_media_type']],
  ['method', 'factpulse', clients, () => ({ method: 'DELETE', token: account }), [405, 'METHOD_NOT_ALLOWED']],
  ['method', 'chatapi', me, () => post({ apiKey }), [405, 'METHOD_NOT_ALLOWED']],
  ['method', 'azalscore', session, () => ({ token: account }), [405, 'method_not_allowed']],
]

test('every cause has its status and code, in the contract’s own format', async () => {
  for (const [cause, contract, path, options, expected] of cases) {
    const answer = await app.request(path, options())
    assert.equal(answer.status, expected[0], `${cause}, ${contract}: ${answer.text}`)
    assert.equal(codeOf(contract, answer), expected[1], `${cause}, ${contract}`)
    assert.equal(answer.headers.get('www-authenticate'), answer.status === 401 ? 'Bearer' : null)
  }
})

test('too many requests is 429 in every format, with the seconds to wait', async () => {
  const register = (name: string) =>
    app.request('/api/v1/clients/', { method: 'POST', body: { name }, headers: { 'x-forwarded-for': '203.0.113.77' } })
  for (let number = 1; number <= 5; number++) await register(`Limited ${number}`)
  const answer = await register('Limited 6')
  assert.equal(answer.status, 429)
  assert.equal(codeOf('chatapi', answer), 'RATE_LIMITED')
  assert.ok(Number(answer.headers.get('retry-after')) > 0)
  const limited = coreError('rate_limited', { retryAfterSeconds: 7 })
  assert.deepEqual(factpulse(limited, 'id'), {
    status: 429,
    body: { errorCode: 'RATE_LIMITED', errorMessage: 'Too many requests: wait and try again.' },
  })
  assert.deepEqual(azalscore(limited, 'id'), {
    status: 429,
    body: { error: { code: 'rate_limited', message: 'Too many requests: wait and try again.', request_id: 'id' } },
  })
})

test('the unexpected is 500 with the request id, and the reason is in the log only', async () => {
  const failing: [Contract, string, RequestOptions][] = [
    ['factpulse', `${clients}/${uid}`, { token: account }],
    ['chatapi', me, { apiKey }],
    ['azalscore', session, post({ body: { username: 'a@example.com', password: 'p', tenant_id: 'tenant_001' } })],
  ]
  await queryAsOwner(
    app.database,
    'alter table clients rename column name to name_gone; alter table users rename column email_key to key_gone',
  )
  try {
    for (const [contract, path, options] of failing) {
      const answer = await app.request(path, options)
      assert.equal(answer.status, 500, answer.text)
      assert.match(codeOf(contract, answer), /^internal(_error)?$/i)
      const id = answer.headers.get('x-request-id') ?? ''
      assert.ok(answer.text.includes(id), `${contract} tells the request id`)
      assert.doesNotMatch(answer.text, /column|relation|select|clients\.|users|stack|\.ts|postgres|42703/i)
      const line = app.logs.find((one) => one.includes(id) && one.includes('unexpected failure'))
      assert.match(line ?? '', /does not exist/)
    }
  } finally {
    await queryAsOwner(
      app.database,
      'alter table clients rename column name_gone to name; alter table users rename column key_gone to email_key',
    )
  }
  assert.equal((await app.request(me, { apiKey })).status, 200, 'and it goes on')
})

test('a code that no contract knows is printed as an unexpected failure, with nothing of it', () => {
  const unknown = Object.assign(coreError('internal', { cause: new Error('secret detail') }), { code: 'made_up' })
  for (const print of [factpulse, chatapi, azalscore]) {
    const { status, body } = print(unknown, 'request-1')
    assert.equal(status, 500)
    assert.equal(JSON.stringify(body).includes('secret detail'), false)
  }
})

test('addresses that no contract owns answer in AZALSCORE’s format', async () => {
  for (const [path, options, status] of [
    ['/nothing', {}, 404],
    ['/api/v1/clients/a/b/c/d', { token: account }, 404],
    ['/api/v1/clients/me/unknown', { apiKey }, 404],
    ['/api/token', post({ body: {} }), 404],
    ['/nothing', post({ raw: 'x', headers: plain }), 404],
    ['/%zz', {}, 400],
    [`/api/v1/clients/${'x'.repeat(500)}`, { token: account }, 404],
  ] as [string, RequestOptions, number][]) {
    const answer = await app.request(path, options)
    assert.equal(answer.status, status, `${path}: ${answer.text}`)
    codeOf('azalscore', answer)
  }
})

test('who has no credential is told so before a large or broken body is read', async () => {
  for (const raw of [large, '{"name":']) {
    const answer = await app.request(clients, post({ raw }))
    assert.equal(answer.status, 401)
  }
  const typed = await app.request(clients, post({ raw: 'x', headers: plain }))
  assert.equal(typed.status, 401)
})

test('who may not call an operation hears that, not what is wrong with the request', async () => {
  const answer = await app.request(clients, post({ token: client, body: { name: 7 } }))
  assert.equal(answer.status, 403)
  const other = await app.request(`${clients}?page=0`, { token: client })
  assert.equal(other.status, 403)
})

test('what is no HTTP at all is refused without an echo', async () => {
  const { hostname, port } = new URL(app.url)
  const socket = connect(Number(port), hostname)
  socket.end('NOT HTTP <script>\r\n\r\n')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  const text = Buffer.concat(chunks).toString('utf8')
  assert.match(text, /^HTTP\/1\.1 400 /)
  assert.equal(text.includes('<script>'), false)
})
