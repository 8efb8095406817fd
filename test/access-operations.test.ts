/** Every operation of the registry, also those that no contract serves, for callers that never come through HTTP. */
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { clientPermissions, permissions } from '#features/access/index.ts'
import { operations } from '#features/registry.ts'
import { actorOfAccessToken } from '#features/sessions/index.ts'
import { DomainError } from '#kernel/errors.ts'
import type { Actor, ApiKeyActor, UserActor } from '#platform/operations/actor.ts'
import { anonymous } from '#platform/operations/actor.ts'
import type { AnyOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from './support/app.ts'
import { firstTenant, startTestApp } from './support/app.ts'
import type { OperationInputs } from './support/operation-inputs-of-all.ts'
import { inputsOfAll } from './support/operation-inputs-of-all.ts'
import type { Outside } from './support/outside.ts'
import { startOutside } from './support/outside.ts'
import type { PreparedClient, PreparedUser } from './support/prepared-client.ts'
import { prepareClient, prepareUser, signInAs, testOrigin } from './support/prepared-client.ts'
import type { TableChecksums } from './support/table-checksums.ts'
import { TableReader } from './support/table-checksums.ts'

let app: TestApp
let outside: Outside
let tables: TableReader
let client: PreparedClient
let owner: PreparedUser
let user: UserActor
let ownKey: ApiKeyActor

before(async () => {
  outside = await startOutside()
  app = await startTestApp({ config: outside.config })
  tables = new TableReader(app.database.owner)
  await tables.connect({ except: ['audit_events', 'audit_inbox'] })
  client = await prepareClient(app, outside)
  inputs = inputsOfAll({ ...client, tokenUrl: outside.tokenUrl })
  owner = await prepareUser(app, 'owner')
  user = await signedIn()
  ownKey = {
    kind: 'api_key',
    tenantId: firstTenant,
    apiKeyId: client.apiKeyId,
    clientUid: client.uid,
    permissions: new Set(clientPermissions),
  }
})
after(async () => {
  await tables.end()
  await app.close()
  await outside.stop()
})

/** The owner in a session of its own; with a client: at its level. */
async function signedIn(clientUid?: string): Promise<UserActor> {
  return actorOfAccessToken(app.runtime.services, (await signInAs(app, owner, clientUid)).access)
}

/** An input that fits, by operation. One that is missing fails the tests. */
let inputs: OperationInputs

/** Reading all tables takes longer than twenty refusals: they are read before the first and after the last of so many. */
const mostUnchecked = 20
let unchecked: { before: TableChecksums; refused: string[] } | null = null

async function assertNothingChanged(): Promise<void> {
  if (!unchecked) return
  const { before, refused } = unchecked
  unchecked = null
  assert.deepEqual(await tables.checksums(), before, `one of these changed something: ${refused.join(', ')}`)
}
afterEach(assertNothingChanged)

async function refuses(operation: AnyOperation, actor: Actor, code: string): Promise<void> {
  const input = inputs[operation.name]?.(client.uid) ?? {}
  unchecked ??= { before: await tables.checksums(), refused: [] }
  await assert.rejects(
    runForResult(app.runtime.services, operation, input, { actor, origin: testOrigin }),
    (error: unknown) => {
      assert.ok(error instanceof DomainError, `${operation.name}: ${String(error)}`)
      assert.equal(error.code, code, `${operation.name}: ${error.message}`)
      return true
    },
    `${operation.name} let a caller in that should hear ${code}`,
  )
  unchecked.refused.push(operation.name)
  if (unchecked.refused.length >= mostUnchecked) await assertNothingChanged()
}

const protectedOperations = operations.filter((one) => one.level !== 'public')
const ofLevel = (level: string) => operations.filter((one) => one.level === level)

test('every operation has a name of its own and an example', () => {
  const names = operations.map((one) => one.name).sort()
  assert.equal(new Set(names).size, names.length)
  assert.deepEqual(Object.keys(inputs).sort(), names)
})

test('every operation but the public ones needs a permission, or acts on what is the caller’s own', () => {
  for (const operation of protectedOperations) {
    if (operation.level === 'self') continue
    assert.notEqual(operation.permission, null, `${operation.name} needs no permission`)
  }
})

test('an operation of a client needs a permission that roles and API keys can hold', () => {
  for (const { name, permission } of ofLevel('client')) {
    assert.ok(
      permissions.some((one) => one === permission),
      `${name}: ${permission}`,
    )
    assert.ok(
      clientPermissions.some((one) => one === permission),
      `${name}: ${permission}`,
    )
  }
})

test('refuses a caller without a credential everywhere but in public operations', async () => {
  for (const operation of protectedOperations) await refuses(operation, anonymous, 'unauthenticated')
})

test('refuses a user who holds every permission but the needed one', async () => {
  for (const operation of protectedOperations.filter((one) => one.permission !== null)) {
    const others = permissions.filter((one) => one !== operation.permission)
    await refuses(operation, { ...user, permissions: new Set(others) }, 'permission_missing')
  }
})

test('refuses client-level callers the operations of the account, whatever permissions they hold', async () => {
  const everything = new Set(['*', ...permissions])
  const token = await signedIn(client.uid)
  for (const operation of ofLevel('account')) {
    await refuses(operation, { ...token, permissions: everything }, 'account_level_required')
    await refuses(operation, { ...ownKey, permissions: everything }, 'account_level_required')
  }
})

test('refuses client-level callers every other client, whatever permissions they hold', async () => {
  const neighbour = await prepareClient(app, outside)
  const everything = new Set(['*', ...permissions])
  const token = await signedIn(neighbour.uid)
  for (const operation of ofLevel('client')) {
    await refuses(operation, { ...token, permissions: everything }, 'other_client')
    const key = { ...ownKey, clientUid: neighbour.uid, apiKeyId: neighbour.apiKeyId, permissions: everything }
    await refuses(operation, key, 'other_client')
  }
})

test('refuses a session or key that has ended before it says what else is wrong', async () => {
  for (const operation of protectedOperations) {
    await refuses(operation, { ...user, sessionId: 'sess_unknown' }, 'session_ended')
    await refuses(operation, { ...user, sessionId: 'sess_unknown', permissions: new Set() }, 'session_ended')
    await refuses(operation, { ...ownKey, apiKeyId: 'key_unknown' }, 'api_key_ended')
    await refuses(operation, { ...ownKey, apiKeyId: 'key_unknown', permissions: new Set() }, 'api_key_ended')
  }
})

test('refuses a session that says it acts for another client, or for the account, than it was made for', async () => {
  const token = await signedIn(client.uid)
  for (const operation of protectedOperations) {
    await refuses(operation, { ...token, clientUid: null }, 'session_ended')
    await refuses(operation, { ...user, clientUid: client.uid }, 'session_ended')
  }
})

test("refuses a credential that says it belongs to another tenant: there it doesn't exist", async () => {
  for (const operation of protectedOperations) {
    await refuses(operation, { ...user, tenantId: 'tenant_other' }, 'session_ended')
    await refuses(operation, { ...ownKey, tenantId: 'tenant_other' }, 'api_key_ended')
  }
})
