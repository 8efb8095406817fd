/** Three contracts on one origin: which address belongs to whom. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Answer, TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'

let app: TestApp
let account: string
let uid: string
let apiKey: string
before(async () => {
  app = await startTestApp()
  account = await app.signIn()
  const answer = await app.request('/api/v1/clients/', { method: 'POST', token: account, body: { name: 'Routed' } })
  const { data }: { data: { id: string; api_key: string } } = answer.body
  uid = data.id
  apiKey = data.api_key
})
after(() => app.close())

const create = (path: string, name: string) => app.request(path, { method: 'POST', token: account, body: { name } })

function formatOf(answer: Answer): string {
  const body = answer.body as Record<string, unknown>
  if ('errorCode' in body || 'detail' in body || 'uid' in body || 'results' in body) return 'factpulse'
  if (body.status === 'error' || body.status === 'success') return 'chatapi'
  return 'azalscore'
}

test('POST /api/v1/clients is FactPulse’s, POST /api/v1/clients/ is ChatAPI’s', async () => {
  const without = await create('/api/v1/clients', 'Without a slash')
  assert.deepEqual([without.status, formatOf(without)], [201, 'factpulse'])
  const withSlash = await create('/api/v1/clients/', 'With a slash')
  assert.deepEqual([withSlash.status, formatOf(withSlash)], [201, 'chatapi'])
  assert.equal(formatOf(await create('/api/v1/clients', 'Routed')), 'factpulse')
  assert.equal(formatOf(await create('/api/v1/clients/', 'Routed')), 'chatapi')
})

test('a slash too many or too few elsewhere is another address', async () => {
  for (const [path, status] of [
    ['/api/v1/clients', 200],
    ['/api/v1/clients/', 405],
    [`/api/v1/clients/${uid}`, 200],
    [`/api/v1/clients/${uid}/`, 404],
    ['/api/v1/clients/me/', 404],
    ['//api/v1/clients', 404],
    ['/API/V1/CLIENTS', 404],
  ] as const) {
    const answer = await app.request(path, { token: account })
    assert.equal(answer.status, status, path)
  }
})

test('/me, /email-config and /regenerate-key win over /{uid}', async () => {
  for (const [method, path] of [
    ['GET', '/api/v1/clients/me'],
    ['GET', '/api/v1/clients/email-config'],
    ['POST', '/api/v1/clients/regenerate-key'],
  ] as const) {
    const answer = await app.request(path, { method, apiKey })
    assert.equal(formatOf(answer), 'chatapi', `${method} ${path}: ${answer.text}`)
    const { data }: { data?: { api_key?: string } } = answer.body
    apiKey = data?.api_key ?? apiKey
  }
  const patched = await app.request('/api/v1/clients/me', { method: 'PATCH', apiKey, body: { name: 'Not FactPulse' } })
  assert.deepEqual([patched.status, formatOf(patched)], [405, 'chatapi'])
})

test('another method on an address is 405 with the methods that it takes, in its contract’s format', async () => {
  for (const [method, path, allow, format] of [
    ['PUT', '/api/v1/clients', 'GET, POST', 'factpulse'],
    ['DELETE', `/api/v1/clients/${uid}`, 'GET, PATCH', 'factpulse'],
    ['GET', `/api/v1/clients/${uid}/activer`, 'POST', 'factpulse'],
    ['POST', `/api/v1/clients/${uid}/pdp-config`, 'GET, PUT', 'factpulse'],
    ['GET', '/api/v1/clients/', 'POST', 'chatapi'],
    ['POST', '/api/v1/clients/me', 'DELETE, GET, PUT', 'chatapi'],
    ['GET', '/api/v1/clients/regenerate-key', 'POST', 'chatapi'],
    ['GET', '/api/v1/auth/refresh', 'POST', 'azalscore'],
  ] as const) {
    const answer = await app.request(path, { method, token: account })
    assert.deepEqual([answer.status, formatOf(answer)], [405, format], `${method} ${path}`)
    const named = (answer.headers.get('allow') ?? '').split(', ').filter((one) => one !== 'HEAD')
    assert.deepEqual(named, allow.split(', '), `${method} ${path}`)
  }
})

test('HEAD answers like GET, without a body', async () => {
  const answer = await app.request('/api/v1/clients/me', { method: 'HEAD', apiKey })
  assert.deepEqual([answer.status, answer.text], [200, ''])
})

test('every answer has a request id, is not cached, not sniffed and not framed', async () => {
  const seen = new Set<string | null>()
  for (const path of ['/api/v1/clients/me', '/nothing', '/health/live']) {
    const answer = await app.request(path, { apiKey, headers: { 'x-request-id': 'chosen-by-the-caller' } })
    seen.add(answer.headers.get('x-request-id'))
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/)
  }
  assert.equal(seen.size, 3)
  assert.equal(seen.has('chosen-by-the-caller'), false)
})

test('JSON is taken with a charset and with a +json media type', async () => {
  for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/merge-patch+json']) {
    const answer = await app.request(`/api/v1/clients/${uid}`, {
      method: 'PATCH',
      token: account,
      raw: '{"description":"é"}',
      headers: { 'content-type': type },
    })
    assert.equal(answer.status, 200, type)
    assert.equal((answer.body as { description: string }).description, 'é')
  }
})
