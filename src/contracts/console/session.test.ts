import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { SigningKeys } from '#platform/signing-keys/signing-keys.ts'
import type { Answer, TestApp } from '#test/support/app.ts'
import { adminPassword, firstAdministrator, startTestApp } from '#test/support/app.ts'

const address = '/console/api/session'
const asked = { 'x-clientele-console': '1', 'sec-fetch-site': 'same-origin' }
const person = { username: firstAdministrator, password: adminPassword }

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

const cookiesOf = (answer: Answer) => answer.headers.getSetCookie()
/** What the browser would send back. */
const cookieOf = (answer: Answer) => {
  const kept = cookiesOf(answer).filter((one) => !one.includes('Max-Age=0'))
  return kept.map((one) => one.split(';')[0]).join('; ')
}
async function signIn(): Promise<string> {
  const answer = await app.request(address, { method: 'POST', body: person, headers: asked })
  assert.deepEqual([answer.status, answer.body], [200, { state: 'signed_in' }])
  return cookieOf(answer)
}
const me = (headers: Record<string, string>) => app.request('/api/v1/auth/me', { headers })

describe('a session of the console', () => {
  test('is a cookie that no script reads, and no token is in the answer', async () => {
    const answer = await app.request(address, { method: 'POST', body: person, headers: asked })
    const [session = ''] = cookiesOf(answer)
    assert.match(session, /^clientele_console=ey/)
    for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=3600'])
      assert.ok(session.includes(`; ${attribute}`), attribute)
    assert.ok(!session.includes('Domain'))
    assert.ok(!answer.text.includes('ey'))
  })

  test('is bound to this host, and to TLS, under https', async () => {
    const secure = await startTestApp({ config: { publicUrl: 'https://clientele.example' } })
    try {
      const answer = await secure.request(address, { method: 'POST', body: person, headers: asked })
      assert.match(
        cookiesOf(answer)[0] ?? '',
        /^__Host-clientele_console=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      )
      // A neighbour on the same site can set a cookie without the prefix only: it counts for nothing.
      const tossed = cookieOf(answer).replace('__Host-', '')
      const refused = await secure.request('/api/v1/auth/me', { headers: { ...asked, cookie: tossed } })
      assert.equal(refused.status, 401)
    } finally {
      await secure.close()
    }
  })

  test('acts in every contract as the user does', async () => {
    const cookie = await signIn()
    const headers = { ...asked, cookie }
    assert.equal((await me(headers)).status, 200)
    assert.equal(
      (await app.request('/api/v1/clients', { method: 'POST', body: { name: 'By cookie' }, headers })).status,
      201,
    )
    assert.equal((await app.request('/api/v1/profiles/', { headers })).status, 200)
  })

  test('ends for all its tabs at sign-out, and signing out twice is no fault', async () => {
    const cookie = await signIn()
    const out = () => app.request(address, { method: 'DELETE', headers: { ...asked, cookie } })
    const answer = await out()
    assert.equal(answer.status, 200)
    assert.match(cookiesOf(answer)[0] ?? '', /^clientele_console=; Max-Age=0/)
    assert.equal((await me({ ...asked, cookie })).status, 401)
    assert.equal((await out()).status, 200)
  })

  test('gets a new token beside an answer before the old one is too old, and only for a session that is live', async () => {
    const cookie = await signIn()
    assert.deepEqual(cookiesOf(await me({ ...asked, cookie })), [])
    const claims = JSON.parse(Buffer.from(cookie.split('.')[1] ?? '', 'base64url').toString()) as Record<string, string>
    const { sub = '', tid = '', sid = '' } = claims
    const { database, secrets, settings } = app.runtime.services
    // Of a process whose clock is behind.
    const clock = { now: () => new Date(Date.now() - 11 * 60_000) }
    const keys = new SigningKeys({ database, clock, secrets, issuer: settings.publicUrl })
    const old = await keys.sign({ sub, tid, sid }, 3600)
    const renewed = cookiesOf(await me({ ...asked, cookie: `clientele_console=${old}` }))
    assert.match(renewed[0] ?? '', /^clientele_console=ey/)
    const fresh = renewed[0]?.split(';')[0] ?? ''
    assert.notEqual(fresh, `clientele_console=${old}`)
    assert.equal((await me({ ...asked, cookie: fresh })).status, 200)
    await app.request(address, { method: 'DELETE', headers: { ...asked, cookie: fresh } })
    assert.equal((await me({ ...asked, cookie: fresh })).status, 401)
  })

  test('names the client that an operation on the own client is about, within the account only', async () => {
    const cookie = await signIn()
    const own = await app.createClient()
    const foreign = await app.register()
    const keysOf = (client: string, more: Record<string, string> = asked) =>
      app.request('/api/v1/clients/me/api-keys', { headers: { ...more, cookie, 'x-clientele-client': client } })
    assert.equal((await keysOf(own)).status, 200)
    const inForeign = { ...asked, cookie, 'x-clientele-client': foreign.id }
    assert.deepEqual((await keysOf(foreign.id)).body, { data: [], status: 'success' })
    assert.equal((await app.request('/api/v1/clients/me', { headers: inForeign })).status, 404)
    const made = { method: 'POST', body: { name: 'Foreign' }, headers: inForeign }
    assert.equal((await app.request('/api/v1/clients/me/api-keys', made)).status, 404)
    const mail = { provider: 'postmark', config: { server_token: 'x', from_email: 'a@example.com' } }
    const config = { method: 'POST', body: mail, headers: inForeign }
    assert.ok([404, 422].includes((await app.request('/api/v1/clients/email-config', config)).status))
    assert.equal((await keysOf('not-a-client')).status, 403)
    // With a credential of its own a program says so by its token; the header is the console's.
    const token = await app.signIn()
    const byToken = await app.request('/api/v1/clients/me/api-keys', { token, headers: { 'x-clientele-client': own } })
    assert.equal(byToken.status, 403)
    const other = { 'x-clientele-client': own }
    const byKey = await app.request('/api/v1/clients/me', { apiKey: foreign.apiKey, headers: { ...asked, ...other } })
    assert.equal((byKey.body as { data: { id: string } }).data.id, foreign.id)
  })
})

describe('another page cannot use the cookie', () => {
  const attempts: Record<string, Record<string, string>> = {
    'a form or an image, which have no header of ours': { 'sec-fetch-site': 'cross-site' },
    'another site': { 'x-clientele-console': '1', 'sec-fetch-site': 'cross-site' },
    'another host of the same site': { 'x-clientele-console': '1', 'sec-fetch-site': 'same-site' },
    'the address bar': { 'x-clientele-console': '1', 'sec-fetch-site': 'none' },
    'a foreign origin in a browser without Sec-Fetch-Site': {
      'x-clientele-console': '1',
      origin: 'https://evil.example',
    },
    'a foreign origin that claims the same site': { ...asked, origin: 'https://evil.example' },
    'a page without an origin (sandboxed)': { 'x-clientele-console': '1', origin: 'null' },
  }
  for (const [who, headers] of Object.entries(attempts)) {
    test(`refuses ${who}: reading, writing, signing in and out`, async () => {
      const cookie = await signIn()
      const sent = { ...headers, cookie }
      const answers = [
        await me(sent),
        await app.request('/api/v1/clients', { method: 'POST', body: { name: 'Forged' }, headers: sent }),
        await app.request(address, { method: 'POST', body: person, headers: sent }),
        await app.request(address, { method: 'DELETE', headers: sent }),
      ]
      assert.deepEqual(
        answers.map((one) => one.status),
        [401, 401, 401, 401],
      )
      assert.equal((await me({ ...asked, cookie })).status, 200)
    })
  }

  test('refuses a write that says nothing of where it comes from', async () => {
    const cookie = await signIn()
    const sent = { 'x-clientele-console': '1', cookie }
    assert.equal(
      (await app.request('/api/v1/clients', { method: 'POST', body: { name: 'x' }, headers: sent })).status,
      401,
    )
  })

  test('answers no preflight, so that the header cannot be sent across origins', async () => {
    const headers = {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-clientele-console',
    }
    for (const path of [address, '/api/v1/clients', '/api/v1/auth/me']) {
      const answer = await app.request(path, { method: 'OPTIONS', headers })
      assert.equal(answer.headers.get('access-control-allow-origin'), null)
      assert.ok(answer.status >= 400)
    }
  })

  test('an outdated cookie does not stop what needs no credential', async () => {
    const headers = { ...asked, cookie: 'clientele_console=nonsense' }
    assert.equal((await me(headers)).status, 401)
    const body = { username: firstAdministrator }
    assert.equal((await app.request('/api/v1/auth/password/forgot', { method: 'POST', body, headers })).status, 202)
    assert.equal((await app.request(address, { method: 'POST', body: person, headers })).status, 200)
  })
})

describe('what is wrong gets an answer, never a 500', () => {
  test('a wrong password, a body that does not fit, a code without a sign-in', async () => {
    const post = (path: string, body: unknown) => app.request(path, { method: 'POST', body, headers: asked })
    assert.equal((await post(address, { ...person, password: 'wrong' })).status, 401)
    for (const body of [null, [], 'text', { username: 1 }, {}]) assert.equal((await post(address, body)).status, 422)
    assert.equal((await post(`${address}/code`, { code: '123456' })).status, 401)
    assert.equal((await post(`${address}/passkey/options`, {})).status, 401)
    assert.equal((await post(`${address}/passkey`, { credential: {} })).status, 422)
    const headers = { ...asked, cookie: 'clientele_pending=%00%ff; clientele_console=%E0%A4%A' }
    assert.equal((await app.request(`${address}/code`, { method: 'POST', body: { code: '1' }, headers })).status, 401)
  })

  test('the console reads errors of every contract in one form, with the code of each fault; others read the contract', async () => {
    const headers = { ...asked, cookie: await signIn() }
    for (const path of ['/api/v1/clients', '/api/v1/customers', '/api/v1/profiles/']) {
      const answer = await app.request(path, { method: 'POST', body: {}, headers })
      const { error } = answer.body as { error: { code: string; details: { field: string; code: string }[] } }
      assert.equal(error.code, 'validation_failed', path)
      assert.deepEqual(new Set(error.details.map((one) => one.code)), new Set(['value_missing']), path)
      assert.match(error.details[0]?.field ?? '', /^body\./)
    }
    const token = await app.signIn()
    const own = await app.request('/api/v1/clients', { method: 'POST', body: {}, token })
    assert.deepEqual(own.body, { detail: [{ loc: ['body', 'name'], msg: 'Field required', type: 'missing' }] })
  })
})
