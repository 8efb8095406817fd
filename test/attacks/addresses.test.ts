/** Addresses and methods in disguise: what a proxy lets through as one thing is not taken here for another. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { DocumentedRoute } from '#contracts/shared/contract.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import type { Outside } from '#test/support/outside.ts'
import { startOutside } from '#test/support/outside.ts'
import type { PreparedClient, PreparedUser } from '#test/support/prepared-client.ts'
import { prepareClient, prepareTenant, prepareUser, signInAs } from '#test/support/prepared-client.ts'
import { parseAnswer, rawRequest, sendRaw } from '#test/support/raw-http.ts'
import { addressOf, apiKey, bearer, exampleOf } from '#test/support/route-examples.ts'

let app: TestApp
let outside: Outside
let mine: PreparedClient
let other: PreparedClient
let owner: PreparedUser
let token: string
before(async () => {
  outside = await startOutside()
  app = await startTestApp({ config: outside.config })
  mine = await prepareClient(app, outside)
  other = await prepareClient(app, outside, { tenantId: await prepareTenant(app) })
  owner = await prepareUser(app, 'owner')
  token = (await signInAs(app, owner)).access
})
after(async () => {
  await app.close()
  await outside.stop()
})

const send = async (method: string, target: string, headers: Record<string, string> = {}, body = '') =>
  parseAnswer(await sendRaw(app.url, rawRequest(method, target, headers, body)))

const isPublic = (route: DocumentedRoute) => route.operation.level === 'public'

/** Spellings of an address that some program on the way may take for the address itself. */
function disguises(address: string): string[] {
  const [path = '', query] = address.split('?')
  const rest = query === undefined ? '' : `?${query}`
  const last = path.lastIndexOf('/')
  const [head, tail] = [path.slice(0, last), path.slice(last + 1)]
  return [
    `/${path}`,
    `${path}/.`,
    `${path}/..;/`,
    `${path}%00`,
    `${path}%20`,
    `${path}.`,
    `${path}.json`,
    `${path};a=b`,
    `${head}/./${tail}`,
    `${head}//${tail}`,
    `${head}/x/../${tail}`,
    `${head}/%2e/${tail}`,
    `${head}/x/%2e%2e/${tail}`,
    `${head}%2f${tail}`,
    `${head}\\${tail}`,
    `/docs/..${path}`,
    `/health/live/../..${path}`,
    `/docs/%2e%2e${path}`,
    path.toUpperCase(),
    path.replace('/api/', '/API/'),
    path.replace('/api/', '/%61pi/'),
    `http://localhost${path}`,
    `${path}#fragment`,
    `${path}?%`,
    `${path}??`,
  ].map((one) => one + rest)
}

test('no disguise of a protected address is answered without a credential', async () => {
  // Two or so of the disguises on each route, the next ones on the next one.
  for (const [index, route] of app.routes.filter((one) => !isPublic(one)).entries()) {
    const subject = { client: mine, user: owner, refreshToken: '' }
    const address = addressOf(route, exampleOf(route).request(subject))
    for (const [i, target] of disguises(address).entries()) {
      if ((index + i) % 13 > 0) continue
      const answer = await send(route.method, target)
      assert.ok(answer.status >= 400, `${route.method} ${target}: ${answer.status} ${answer.text.slice(0, 200)}`)
    }
  }
})

test("no disguise of another tenant's address shows or changes anything of it", async () => {
  const spellings = (uid: string) => [
    uid,
    uid.toUpperCase(),
    `${mine.uid}/../${uid}`,
    `${mine.uid}/%2e%2e/${uid}`,
    `${mine.uid}%2f..%2f${uid}`,
    `${mine.uid}%2f%2e%2e%2f${uid}`,
    `${mine.uid}/..;/${uid}`,
    `./${uid}`,
    `/${uid}`,
    `${uid}%20`,
    `${uid}%00`,
    `${uid};uid=${mine.uid}`,
    `${mine.uid};uid=${uid}`,
    `${mine.uid},${uid}`,
    `${mine.uid}?uid=${uid}&clientUid=${uid}&client_uid=${uid}`,
    `{${uid}}`,
    Array.from(uid, (one) => `%${one.charCodeAt(0).toString(16)}`).join(''),
  ]
  const credentials = [apiKey(mine.apiKey), bearer(token), { ...apiKey(mine.apiKey), ...bearer('a.b.c') }]
  for (const spelling of spellings(other.uid)) {
    for (const credential of credentials) {
      for (const [method, rest] of [
        ['GET', ''],
        ['GET', '/pdp-config'],
        ['POST', '/desactiver'],
      ] as const) {
        if (method === 'POST' && spelling.startsWith(mine.uid)) continue
        const answer = await send(method, `/api/v1/clients/${spelling}${rest}`, credential)
        assert.ok(!answer.text.includes(other.name), `${method} ${spelling}${rest}: ${answer.text.slice(0, 300)}`)
        assert.ok(
          answer.status >= 400 || answer.text.includes(mine.uid),
          `${method} ${spelling}${rest}: ${answer.status}`,
        )
      }
    }
  }
  assert.equal(
    (await app.request('/api/v1/clients/me', { apiKey: other.apiKey })).status,
    200,
    'it is active as before',
  )
})

test('a method is what stands in the request line, whatever headers, parameters and fields call it', async () => {
  const names = ['x-http-method-override', 'x-http-method', 'x-method-override', 'x-original-method']
  const gone = '/api/v1/clients/me/api-keys'
  const before = await send('GET', gone, apiKey(mine.apiKey))
  for (const method of ['DELETE', 'PUT', 'PATCH', 'POST']) {
    for (const name of names) {
      const answer = await send('GET', gone, { ...apiKey(mine.apiKey), [name]: method })
      assert.deepEqual([answer.status, answer.text], [before.status, before.text], `${name}: ${method}`)
    }
    const address = `/api/v1/clients/${mine.uid}?_method=${method}&method=${method}`
    const form = { ...bearer(token), 'content-type': 'application/x-www-form-urlencoded' }
    assert.equal((await send('GET', address, bearer(token))).status, 200)
    // Forms are no bodies here, so no field of one can name a method.
    assert.ok((await send('POST', address, form, `_method=${method}`)).status >= 400)
  }
  assert.equal((await send('GET', `/api/v1/clients/${mine.uid}`, bearer(token))).status, 200)
})

test('an address in a header is no address: only the request line says what is asked for', async () => {
  for (const name of ['x-original-url', 'x-rewrite-url', 'x-forwarded-path', 'x-forwarded-prefix', 'x-forwarded-uri']) {
    const answer = await send('GET', '/health/live', { [name]: `/api/v1/clients/${mine.uid}`, ...apiKey(mine.apiKey) })
    assert.ok(answer.status === 200 && !answer.text.includes(mine.uid), name)
    const refused = await send('GET', `/api/v1/clients/${mine.uid}`, { [name]: '/health/live' })
    assert.equal(refused.status, 401, name)
  }
})

test('a parameter that is there twice, or as a list or an object, is refused, whichever of both would have counted', async () => {
  type Properties = { properties?: Record<string, { type?: string; items?: unknown }> }
  let tried = 0
  for (const route of app.routes.filter((one) => one.request.query && one.method === 'GET')) {
    const { properties = {} } = route.request.query as Properties
    const subject = { client: mine, user: owner, refreshToken: '' }
    const example = exampleOf(route).request(subject)
    const credential = exampleOf(route).caller === 'client' ? apiKey(mine.apiKey) : bearer(token)
    for (const [name, { type }] of Object.entries(properties)) {
      if (type === 'array' || type === undefined) continue
      const { [name]: value = '1', ...query } = example.query ?? {}
      const address = addressOf(route, { ...example, query })
      const answer = await send(
        'GET',
        `${address}&${name}=${encodeURIComponent(value)}&${name}=${encodeURIComponent(value)}`,
        credential,
      )
      assert.ok(answer.status >= 400 && answer.status < 500, `${address} with ${name} twice: ${answer.status}`)
      tried += 1
    }
  }
  assert.ok(tried > 50, `${tried} parameters`)
})

test('no redirect leads to another site, whatever the address says', async () => {
  const evil = [
    '//evil.example',
    '/\\evil.example',
    '///evil.example/%2e%2e',
    '/%5cevil.example',
    '/%09/evil.example',
    '/%2f%2fevil.example',
    'http://evil.example/',
  ]
  const starts = ['', '/console', '/console/', '/docs', '/docs/', '/unsubscribe', '/oauth2']
  const parameters = [
    'back',
    'next',
    'url',
    'return',
    'return_to',
    'redirect',
    'redirect_uri',
    'post_logout_redirect_uri',
    'continue',
  ]
  const targets = [
    ...starts.flatMap((start) => evil.map((one) => `${start}${one}`)),
    ...starts.flatMap((start) => parameters.map((name) => `${start || '/'}?${name}=https://evil.example/`)),
    ...parameters.map((name) => `/oauth2/authorize?client_id=unknown&response_type=code&${name}=https://evil.example/`),
    ...parameters.map((name) => `/oauth2/language?language=fr&${name}=https://evil.example/`),
    ...parameters.map((name) => `/oauth2/end-session?${name}=https://evil.example/`),
  ]
  const claims: Record<string, string>[] = [
    {},
    { host: 'evil.example', referer: 'https://evil.example/oauth2/authorize' },
    { 'x-forwarded-host': 'evil.example' },
  ]
  for (const [i, target] of targets.entries()) {
    const { status, headers: given } = await send('GET', target, claims[i % claims.length])
    // 503: the console has not been built.
    assert.ok(status < 500 || status === 503, `${target}: ${status}`)
    const location = given.get('location') ?? '/'
    const { host } = new URL(location, app.runtime.services.settings.publicUrl)
    assert.equal(host, new URL(app.runtime.services.settings.publicUrl).host, `${target} leads to ${location}`)
  }
})
