/** Every route and every operation, for every kind of caller. A new one is proven by having an example (test/support). */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Contract, DocumentedRoute } from '#contracts/shared/contract.ts'
import type { ErrorKind } from '#kernel/errors.ts'
import { DomainError } from '#kernel/errors.ts'
import type { TestApp } from './support/app.ts'
import { startTestApp } from './support/app.ts'
import { assertPrintedBy, formatOf, written } from './support/contract-errors.ts'
import type { Outside } from './support/outside.ts'
import { startOutside } from './support/outside.ts'
import type { PreparedUser } from './support/prepared-client.ts'
import { prepareClient, prepareUser, signInAs } from './support/prepared-client.ts'
import type { RefusedCaller } from './support/refused-callers.ts'
import { operationOf, refusedCallers } from './support/refused-callers.ts'
import type { Credential, Subject } from './support/route-examples.ts'
import { addressOf, apiKey, bearer, exampleOf, requestOf, routeExamples } from './support/route-examples.ts'
import { TableReader } from './support/table-checksums.ts'

let app: TestApp
let outside: Outside
let tables: TableReader
let owner: PreparedUser
let subject: Subject
let callers: RefusedCaller[]

before(async () => {
  outside = await startOutside()
  app = await startTestApp({ config: outside.config })
  tables = new TableReader(app.database.owner)
  await tables.connect({ except: ['audit_events', 'audit_inbox'] })
  owner = await prepareUser(app, 'owner')
  subject = await newSubject({ refreshes: true })
  callers = await refusedCallers({ app, outside, tables, subject: subject.client })
})
after(async () => {
  await tables.end()
  await app.close()
  await outside.stop()
})

/** Another client with everything, of the same owner; signing in costs a password hash, so only where it is needed. */
async function newSubject(options: { refreshes?: boolean } = {}): Promise<Subject> {
  const refreshToken = options.refreshes ? (await signInAs(app, owner)).refresh : ''
  return { client: await prepareClient(app, outside), user: owner, refreshToken }
}

/** What anybody may call without a credential. Nothing else is. */
const publicOperations = [
  'api-key.exchange',
  'api-key.refresh-access',
  'client.register',
  'session.refresh',
  'session.request-passkey',
  'session.sign-in',
  'session.verify-passkey',
  'session.verify-second-factor',
  'user.accept-invitation',
  'user.request-password-link',
  'user.reset-password-by-link',
  'user.view-link',
]

test('nothing is public but registration, sign-in in one or two steps or with an API key, refresh and one-time links', () => {
  const found = app.routes.filter((route) => route.operation.level === 'public').map((route) => route.operation.name)
  assert.deepEqual([...new Set(found)].sort(), publicOperations)
})

test('every route has an example, and every example a route', () => {
  const routes = app.routes.map((route) => route.operationId).sort()
  assert.deepEqual(Object.keys(routeExamples).sort(), routes)
  assert.equal(new Set(routes).size, routes.length, 'operation ids are unique')
})

/** The printed form of a domain code, as the contract would say it. */
const kinds: Record<number, ErrorKind> = { 401: 'unauthenticated', 403: 'forbidden', 404: 'not_found' }
function codeOnTheWire(contract: Contract, { code, status }: RefusedCaller): string {
  const requestId = '00000000-0000-0000-0000-000000000000'
  const printed = contract.printError(new DomainError(code, kinds[status] ?? 'internal', 'text'), requestId)
  assert.equal(printed.status, status, `${contract.name} prints ${code} with ${printed.status}`)
  return formatOf(contract.name).codeOf({ status, body: printed.body, text: '', requestId })
}

test('a route whose success is proven elsewhere names a test that is there and calls it', async () => {
  for (const route of app.routes) {
    const { succeedsIn } = exampleOf(route)
    if (succeedsIn) assert.ok((await readFile(succeedsIn, 'utf8')).includes(route.url), `${succeedsIn}: ${route.url}`)
  }
})

test('every refused caller gets its answer on every route, in the words of the contract, and changes nothing', async () => {
  const before = await tables.checksums()
  for (const caller of callers) {
    const routes = app.routes.filter(caller.routes)
    assert.ok(routes.length > 0, `${caller.title} was tried on no route`)
    for (const route of routes) await refuses(caller, route)
    assert.deepEqual(await tables.checksums(), before, `${caller.title} changed something`)
  }
})

async function refuses(caller: RefusedCaller, route: DocumentedRoute): Promise<void> {
  const what = `${caller.title} on ${route.method} ${route.url}`
  const example = exampleOf(route).request(subject)
  const credential = typeof caller.credential === 'function' ? caller.credential(route) : caller.credential
  const answer = await app.request(addressOf(route, example), requestOf(route, example, credential))
  assert.equal(answer.status, caller.status, `${what}: ${answer.status} ${answer.text}`)
  assertPrintedBy(route.contract.name, written(answer), what)
  assert.equal(formatOf(route.contract.name).codeOf(written(answer)), codeOnTheWire(route.contract, caller), what)
  assert.equal(answer.headers.get('www-authenticate'), caller.status === 401 ? 'Bearer' : null, what)
}

/** A client with everything takes a tenth of a second to make: what leaves it as it is shares one. */
let shared: Promise<Subject> | null = null
function readSubject(): Promise<Subject> {
  shared ??= newSubject()
  return shared
}
const changesItsClient = (route: DocumentedRoute) =>
  route.operation.name === 'session.refresh' ||
  ((operationOf(route).level === 'client' || route.url.includes(':uid')) && operationOf(route).effect === 'write')

test('every rightful caller succeeds with the example, so that the refusals are about the caller', async () => {
  for (const route of app.routes) {
    const { caller, arrange, request, prepare, succeedsIn } = exampleOf(route)
    if (succeedsIn) continue
    const refreshes = route.operation.name === 'session.refresh'
    const mine = changesItsClient(route) ? await newSubject({ refreshes }) : { ...(await readSubject()) }
    // What it does to itself must not be felt by the next one.
    if (caller === 'user' || prepare) mine.user = await prepareUser(app, 'owner')
    await arrange?.(app, mine)
    const token = async () => (await signInAs(app, mine.user)).access
    const given = prepare ? await token() : null
    const credentials: Record<typeof caller, () => Promise<Credential>> = {
      nobody: async () => ({}),
      user: async () => bearer(given ?? (await token())),
      account: async () => bearer(given ?? (await token())),
      client: async () => apiKey(mine.client.apiKey),
    }
    const example = prepare && given ? await prepare({ app, subject: mine, token: given }) : request(mine)
    const answer = await app.request(addressOf(route, example), requestOf(route, example, await credentials[caller]()))
    assert.equal(answer.status, route.success.status, `${route.operationId}: ${answer.status} ${answer.text}`)
  }
})

const actsOnBothLevels = (route: DocumentedRoute) =>
  operationOf(route).level === 'client' && (route.url.includes(':uid') || route.contract.name === 'partnerb2b')

test("an account-level token acts on every client of its tenant, and a client's token on its own", async () => {
  const account = await signInAs(app, owner)
  const reading = await readSubject()
  const ofReading = await signInAs(app, reading.user, reading.client.uid)
  for (const route of app.routes.filter(actsOnBothLevels)) {
    const isRead = operationOf(route).effect === 'read'
    for (const level of ['account', 'client'] as const) {
      const mine = isRead ? reading : await newSubject()
      const atClient = () => (isRead ? ofReading : signInAs(app, owner, mine.client.uid))
      const { access } = level === 'account' ? account : await atClient()
      const example = exampleOf(route).request(mine)
      const answer = await app.request(addressOf(route, example), requestOf(route, example, bearer(access)))
      assert.equal(answer.status, route.success.status, `${route.operationId} (${level}): ${answer.text}`)
    }
  }
})

test('a refusal for a missing right is in the audit log, with who tried what', async () => {
  const denied = () =>
    tables.query<{ description: string }>(
      `select description from audit_events where action = 'access.denied' order by id desc limit 1`,
    )
  for (const caller of callers.filter((one) => ['permission_missing', 'other_client'].includes(one.code))) {
    for (const route of app.routes.filter(caller.routes)) {
      await refuses(caller, route)
      const [event] = await denied()
      assert.equal(event?.description, `Refused: ${operationOf(route).name} (${caller.code})`, caller.title)
    }
  }
})

test('refuses to revoke the API key of another client', async () => {
  const neighbour = await prepareClient(app, outside)
  const path = `/api/v1/clients/me/api-keys/${subject.client.namedKeyId}`
  const answer = await app.request(path, { method: 'DELETE', apiKey: neighbour.apiKey })
  assert.equal(answer.status, 404)
  const still = await app.request('/api/v1/clients/me', { apiKey: subject.client.namedKey })
  assert.equal(still.status, 200)
})

test("a deactivated client's own credentials can activate it and sign out, and nothing else", async () => {
  const mine = await newSubject()
  const { access } = await signInAs(app, mine.user, mine.client.uid)
  const path = `/api/v1/clients/${mine.client.uid}`
  const { apiKey: key } = mine.client
  assert.equal((await app.request(`${path}/desactiver`, { method: 'POST', apiKey: key })).status, 200)
  assert.equal((await app.request(path, { apiKey: key })).status, 403)
  assert.equal((await app.request(`${path}/activer`, { method: 'POST', apiKey: key })).status, 200)
  assert.equal((await app.request(path, { apiKey: key })).status, 200)
  assert.equal((await app.request(`${path}/desactiver`, { method: 'POST', apiKey: key })).status, 200)
  assert.equal((await app.request('/api/v1/auth/logout', { method: 'POST', token: access })).status, 200)
})

test('signs in and refreshes whatever credential comes along, also an expired one', async () => {
  const mine = await newSubject()
  const { access, refresh } = await signInAs(app, mine.user)
  const body = { username: mine.user.username, password: mine.user.password }
  for (const headers of [bearer(access), bearer('expired.or.broken'), apiKey(mine.client.apiKey), apiKey('no key')]) {
    const answer = await app.request('/api/token/', { method: 'POST', body, headers })
    assert.equal(answer.status, 200, answer.text)
  }
  const refreshed = await app.request('/api/token/refresh/', { method: 'POST', body: { refresh }, token: 'a.b.c' })
  assert.equal(refreshed.status, 200, refreshed.text)
})

test('what one node revokes, another refuses at the next request', async (t) => {
  const masterKeys = app.runtime.config.masterKeys
  const other = await startTestApp({ database: app.database, config: { ...outside.config, masterKeys } })
  t.after(() => other.close())
  const client = await prepareClient(app, outside)
  const user = await prepareUser(app, 'owner')
  const { access } = await signInAs(app, user)
  const onBoth = async (credential: Credential, path = `/api/v1/clients/${client.uid}`) => {
    const [here, there] = await Promise.all([app, other].map((node) => node.request(path, { headers: credential })))
    return [here?.status, there?.status]
  }
  assert.deepEqual(await onBoth(bearer(access)), [200, 200])
  assert.deepEqual(await onBoth(apiKey(client.apiKey)), [200, 200])
  assert.deepEqual(await onBoth(apiKey(client.namedKey)), [200, 200])

  const keys = `/api/v1/clients/me/api-keys/${client.namedKeyId}`
  assert.equal((await app.request(keys, { method: 'DELETE', apiKey: client.apiKey })).status, 200)
  assert.deepEqual(await onBoth(apiKey(client.namedKey)), [401, 401])
  const regenerated = await app.request('/api/v1/clients/regenerate-key', { method: 'POST', apiKey: client.apiKey })
  assert.deepEqual(await onBoth(apiKey(client.apiKey)), [401, 401])
  const newKey = (regenerated.body as { data: { api_key: string } }).data.api_key
  assert.deepEqual(await onBoth(apiKey(newKey)), [200, 200])

  await tables.query(`update users set roles = '{viewer}', access_version = access_version + 1 where id = $1`, [
    user.id,
  ])
  const create = { method: 'POST', body: { name: 'Not allowed' }, token: access }
  assert.equal((await other.request('/api/v1/clients', create)).status, 403)
  assert.equal((await app.request('/api/v1/clients', create)).status, 403)
  assert.deepEqual(await onBoth(bearer(access)), [200, 200])
  assert.equal((await other.request('/api/v1/auth/logout', { method: 'POST', token: access })).status, 200)
  assert.deepEqual(await onBoth(bearer(access)), [401, 401])
})
