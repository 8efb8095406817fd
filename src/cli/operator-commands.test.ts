import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { TestApp } from '#test/support/app.ts'
import { adminPassword, firstAdministrator, startTestApp } from '#test/support/app.ts'
import { setUpTotp } from '#test/support/identity.ts'
import { withOwner } from '#test/support/owner-query.ts'
import { createTestDatabase } from '#test/support/postgres.ts'
import { presentCode } from '#test/support/route-examples-sessions.ts'
import type { Settings } from './command.fixture.ts'
import { makeDataDir, runCommand, settingsFor } from './command.fixture.ts'
import { exitCodes } from './exit-codes.ts'

const password = 'a perfectly fine passphrase'
const { dataDir, remove } = makeDataDir()
let app: TestApp
let settings: Settings
before(async () => {
  app = await startTestApp()
  settings = settingsFor(app.database, dataDir)
})
after(async () => {
  await app.close()
  remove()
})

const signIn = (username: string, secret: string) =>
  app.request('/api/token/', { method: 'POST', body: { username, password: secret } })

test('creates a tenant and a user who signs in with the password from standard input', async () => {
  const tenant = await runCommand(['tenant', 'create', 'Dupont & Fils', '--id', 'dupont'], settings)
  assert.deepEqual(tenant, { code: 0, stdout: 'dupont\n', stderr: '' })
  const user = ['user', 'create', '--tenant', 'dupont', '--email', 'jeanne@example.com', '--role', 'admin', 'auditor']
  const created = await runCommand([...user, '--password-stdin'], settings, `${password}\n`)
  assert.equal(created.code, 0)
  assert.ok(!created.stdout.includes(password))
  assert.equal((await signIn('jeanne@example.com', password)).status, 200)

  const again = await runCommand([...user, '--password-stdin'], settings, password)
  assert.equal(again.code, exitCodes.failed.code)
  assert.equal(again.stderr, 'clientele: A user with this e-mail address exists already.\n')
})

test('an export whose file is there already, or whose folder is not, is refused in words that fit', async () => {
  const there = path.join(dataDir, 'there.zip')
  fs.writeFileSync(there, 'mine')
  const overwriting = await runCommand(['tenant', 'export', 'tenant_001', there], settings)
  assert.deepEqual([overwriting.code, overwriting.stderr], [1, `clientele: ${there}: is there already, and stays\n`])
  assert.equal(fs.readFileSync(there, 'utf8'), 'mine')
  const nowhere = path.join(dataDir, 'no', 'x.zip')
  const lost = await runCommand(['tenant', 'export', 'tenant_001', nowhere], settings)
  assert.deepEqual([lost.code, lost.stderr], [1, `clientele: ${nowhere}: there is no such file or folder\n`])
})

test('lists tenants as a table and as JSON', async () => {
  await runCommand(['tenant', 'create', 'Listed', '--id', 'listed'], settings)
  const [table, json] = await Promise.all([
    runCommand(['tenant', 'list'], settings),
    runCommand(['tenant', 'list', '--json'], settings),
  ])
  assert.match(table.stdout, /^ID +STATUS +USERS +CLIENTS +CREATED +NAME\n/)
  assert.match(table.stdout, /^listed +active +0 +0 +\d{4}-\d\d-\d\d +Listed$/m)
  const found = (JSON.parse(json.stdout) as { id: string; name: string; users: number }[]).find(
    ({ id }) => id === 'tenant_001',
  )
  assert.equal(found?.users, 1)
})

test('a suspended tenant opens to nobody at the next request, and is as before when it is let in again', async () => {
  await runCommand(['tenant', 'create', 'Paused', '--id', 'paused'], settings)
  const who = ['--tenant', 'paused', '--email', 'paused@example.com', '--role', 'admin', '--password-stdin']
  await runCommand(['user', 'create', ...who], settings, password)
  const token = ((await signIn('paused@example.com', password)).body as { access: string }).access
  const ask = async () => (await app.request('/api/v1/clients', { token })).status
  assert.equal(await ask(), 200)

  const suspended = await runCommand(['tenant', 'suspend', 'paused'], settings)
  assert.deepEqual([suspended.code, suspended.stderr], [0, ''])
  assert.match(suspended.stdout, /^paused is suspended: "clientele tenant reactivate paused"/)
  const [refused, again] = [
    await app.request('/api/v1/clients', { token }),
    await signIn('paused@example.com', password),
  ]
  assert.deepEqual([refused.status, refused.text.includes('ACCOUNT_SUSPENDED'), again.status], [403, true, 401])
  assert.match((await runCommand(['tenant', 'list'], settings)).stdout, /^paused +suspended /m)

  assert.equal((await runCommand(['tenant', 'reactivate', 'paused'], settings)).stdout, 'paused is active.\n')
  assert.equal(await ask(), 200)
  assert.equal((await signIn('paused@example.com', password)).status, 200)
  const nobody = await runCommand(['tenant', 'suspend', 'nobody'], settings)
  assert.match(nobody.stderr, /there is no tenant "nobody"/)
})

test('generates a password where none is given, shows it once, and ends the sessions that the old one opened', async () => {
  await runCommand(['tenant', 'create', 'Reset', '--id', 'reset'], settings)
  const who = ['--tenant', 'reset', '--email', 'paul@example.com']
  const created = await runCommand(['user', 'create', ...who, '--role', 'viewer'], settings)
  const first = /Password \(shown this once\): (\S+)/.exec(created.stdout)?.[1] ?? ''
  const signedIn = await signIn('paul@example.com', first)
  const token = (signedIn.body as { access: string }).access
  assert.equal((await app.request('/api/v1/clients', { token })).status, 200)

  const reset = await runCommand(['user', 'reset-password', ...who], settings)
  const second = /Password \(shown this once\): (\S+)/.exec(reset.stdout)?.[1] ?? ''
  assert.notEqual(first, second)
  assert.equal((await app.request('/api/v1/clients', { token })).status, 401)
  assert.equal((await signIn('paul@example.com', first)).status, 401)
  assert.equal((await signIn('paul@example.com', second)).status, 200)
})

test('lets the only owner in again who has lost the second factor, and says whom it does not find', async () => {
  await runCommand(['tenant', 'create', 'Alone', '--id', 'alone'], settings)
  const who = ['--tenant', 'alone', '--email', 'owner@example.com']
  await runCommand(['user', 'create', ...who, '--role', 'owner', '--password-stdin'], settings, password)
  const { access } = (await signIn('owner@example.com', password)).body as { access: string }
  await setUpTotp(app, access, presentCode)
  const asked = await signIn('owner@example.com', password)
  assert.equal((asked.body as { access?: string }).access, undefined, 'a second factor is asked for')

  const done = await runCommand(['user', 'reset-mfa', '--tenant', 'alone', '--email', 'Owner@Example.com'], settings)
  assert.deepEqual([done.code, done.stderr], [0, ''])
  assert.equal((await app.request('/api/v1/clients', { token: access })).status, 401)
  assert.ok(((await signIn('owner@example.com', password)).body as { access?: string }).access)

  const nobody = await runCommand(['user', 'reset-mfa', '--tenant', 'alone', '--email', 'x@example.com'], settings)
  assert.equal(nobody.stderr, 'clientele: there is no user x@example.com in alone\n')
})

const refused: [what: string, args: string[], says: RegExp][] = [
  ['a tenant that does not exist', ['--tenant', 'nobody', '--email', 'a@example.com'], /there is no tenant "nobody"/],
  ['an address that is none', ['--tenant', 'tenant_001', '--email', 'nope'], /^clientele: email: Must match format/],
]
for (const [what, args, says] of refused) {
  test(`refuses ${what}`, async () => {
    const { code, stderr } = await runCommand(['user', 'create', ...args, '--role', 'viewer'], settings)
    assert.equal(code, exitCodes.failed.code)
    assert.match(stderr, says)
  })
}

test('refuses a password that the policy refuses, without showing it', async () => {
  const args = ['user', 'create', '--tenant', 'tenant_001', '--email', 'weak@example.com', '--role', 'viewer']
  const { code, stderr } = await runCommand([...args, '--password-stdin'], settings, 'password1234')
  assert.equal(code, exitCodes.failed.code)
  assert.match(stderr, /most common/)
  assert.doesNotMatch(stderr, /password1234/)
})

test('asks for the owner of the schema instead of finding nothing', async () => {
  const { DATABASE_OWNER_URL: _, ...withoutOwner } = settings
  const { code, stdout, stderr } = await runCommand(['tenant', 'list'], withoutOwner)
  assert.equal(code, exitCodes.settings.code)
  assert.equal(stdout, '')
  assert.match(stderr, /DATABASE_OWNER_URL/)
})

test('replaces the key that signs access tokens', async () => {
  const { code, stdout } = await runCommand(['key', 'rotate-signing'], {
    ...settings,
    // The one that encrypted the keys there are.
    CLIENTELE_MASTER_KEYS: app.runtime.config.masterKeys ?? '',
  })
  assert.equal(code, 0)
  assert.match(stdout, /^Published kid_\S+; it signs in an hour\.\n$/)
})

test('takes the keys out of use at once in an emergency: the running server refuses what they signed, refreshing goes on', async () => {
  const body = { username: firstAdministrator, password: adminPassword }
  const { access, refresh } = (await app.request('/api/token/', { method: 'POST', body })).body as Record<
    string,
    string
  >
  const token = access ?? ''
  const isTaken = async (one: string) => (await app.request('/api/v1/clients', { token: one })).status === 200
  assert.ok(await isTaken(token))
  const { code, stdout } = await runCommand(['key', 'rotate-signing', '--immediately'], {
    ...settings,
    CLIENTELE_MASTER_KEYS: app.runtime.config.masterKeys ?? '',
  })
  assert.equal(code, 0)
  assert.match(stdout, /^Published kid_\S+; it signs from now on\. .* within 5 seconds\.\n$/)
  const deadline = Date.now() + 30_000
  while (await isTaken(token)) assert.ok(Date.now() < deadline, 'still trusted')
  const refreshed = await app.request('/api/token/refresh/', { method: 'POST', body: { refresh } })
  assert.equal(refreshed.status, 200, refreshed.text)
  assert.ok(await isTaken((refreshed.body as { access: string }).access))
})

test('brings a database to this version, and refuses one that is older or newer', async (t) => {
  const database = await createTestDatabase({ empty: true })
  t.after(() => database.drop())
  const own = settingsFor(database, dataDir)
  const before = await runCommand(['tenant', 'list'], own)
  assert.equal(before.code, exitCodes.schema.code)
  assert.match(before.stderr, /npx clientele migrate/)

  assert.match((await runCommand(['migrate'], own)).stdout, /^applied 0001-foundation\n/)
  assert.match((await runCommand(['migrate'], own)).stdout, /^Nothing to apply/)
  assert.equal((await runCommand(['tenant', 'list'], own)).code, 0)

  await withOwner(database, (client) => client.query(`insert into schema_migrations values ('9999-later', 'x')`))
  for (const command of ['migrate', 'worker']) {
    const newer = await runCommand([command], own)
    assert.equal(newer.code, exitCodes.schema.code)
    assert.match(newer.stderr, /newer than this program: it has had 9999-later/)
  }
})
