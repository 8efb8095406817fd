/** A whole tenant goes, after its delay, in steps; its export has everything, and a signed receipt is all that is left. */
import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { after, before, test } from 'node:test'
import { reactivateTenant } from '#features/tenants/index.ts'
import { tenantEntrance, writeInTenant } from '#platform/operations/in-tenant.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { prepareTenant, systemOf } from '#test/support/prepared-client.ts'
import { TableReader } from '#test/support/table-checksums.ts'
import { catalogue } from './catalogue.ts'
import { inSnapshot, wholeTable } from './content-store.ts'
import {
  cancelTenantErasure,
  previewTenantErasure,
  runDueTenantErasures,
  scheduleTenantErasure,
  viewTenantErasures,
} from './index.ts'
import { Planter } from './planted.fixture.ts'
import { everything, placesOf, unzip } from './scan.fixture.ts'
import { eraseRows, startTenantErasure } from './tenant-store.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

const planterOf = async () => new Planter(app, await prepareTenant(app)).signIn()

async function schedule(tenantId: string): Promise<string> {
  const input = { reason: 'The contract has ended', days: 1 }
  const { id } = await runForResult(app.runtime.services, scheduleTenantErasure, input, systemOf(tenantId))
  return id
}

/** As if it had been scheduled, and begun, long ago. */
async function letTimePass(id: string): Promise<void> {
  const text = `update tenant_erasures set created_at = created_at - interval '40 days', due_at = due_at - interval '40 days',
    started_at = started_at - interval '1 hour' where id = $1`
  await queryAsOwner(app.database, text, [id])
}

/** Once to close the tenant, and again after those who were at it have ended. */
async function erase(id: string): Promise<void> {
  await letTimePass(id)
  await runDueTenantErasures(app.runtime.services)
  await letTimePass(id)
  await runDueTenantErasures(app.runtime.services)
}

async function rowsOf(tenantId: string): Promise<string[]> {
  const reader = new TableReader(app.database.owner)
  await reader.connect({ except: [] })
  const lines = await reader.dump()
  await reader.end()
  return lines.filter((line) => line.includes(tenantId)).map((line) => line.slice(0, line.indexOf(':')))
}

const idsIn = (lines: Buffer | undefined) =>
  [...(lines?.toString() ?? '').matchAll(/^\{"tenant_id":"[^"]*","id":"([^"]+)"/gm)].map(([, id]) => id)

test('reads a table by the same statements each time: a connection keeps a thousand, for the requests too', async () => {
  const { tenantId } = await planterOf()
  const { database, secrets } = app.runtime.services
  const texts: string[] = []
  const entry = catalogue.users
  assert.ok(entry)
  for (let time = 0; time < 2; time++) {
    const reading = inSnapshot(database, { entrance: tenantEntrance(tenantId) }, async function* (snapshot) {
      const ask: typeof snapshot.ask = (statement) => {
        texts.push(statement.text)
        return snapshot.ask(statement)
      }
      yield* wholeTable({ ...snapshot, ask }, { tenantId, secrets, table: 'users', entry })
    })
    for await (const _lines of reading);
  }
  assert.equal(texts.length, 6)
  assert.deepEqual(texts.slice(3), texts.slice(0, 3))
})

test('exports everything but secrets, leaves nothing but a signed receipt, and no other tenant loses a row', async () => {
  const [other, planter] = [await planterOf(), await planterOf()]
  const { tenantId } = planter
  const persons = [await planter.user(), await planter.customer(), await planter.profile()]
  const stranger = await other.customer()
  const archive = unzip(await planter.archiveOfTenant())
  const content = [...archive].map(([name, bytes]) => `${name}: ${bytes.toString('latin1')}`)
  for (const { word } of persons) {
    const places = placesOf(await everything(app), word).filter(
      (place) => !place.includes('(opened)') && place !== 'a file',
    )
    const exported = placesOf(content, word)
    assert.deepEqual(
      places.filter((place) => !exported.includes(`tables/${place}.jsonl`) && place !== 'profiles'),
      [],
    )
  }
  assert.ok(content.every((line) => !/"(password|secret|token|key|code)_hash"|_ciphertext"/.test(line)))
  const listed = Object.entries(catalogue).filter(
    ([table, { ofPlatform, partOf }]) => !ofPlatform && partOf === undefined && table !== 'file_chunks',
  )
  assert.ok(listed.every(([table]) => archive.has(`tables/${table}.jsonl`)))
  assert.ok(!archive.has('tables/audit_inbox.jsonl'))
  const events = idsIn(archive.get('tables/audit_events.jsonl'))
  assert.ok(events.length > 0)
  assert.equal(new Set(events).size, events.length, 'an event that waits to be sealed is there once')

  const rowsOfOthers = (await rowsOf(other.tenantId)).length
  const preview = await runForResult(app.runtime.services, previewTenantErasure, {}, systemOf(tenantId))
  const [written] = await queryAsOwner<{ n: number }>(
    app.database,
    'select count(*)::integer as n from audit_events where tenant_id = $1',
    [tenantId],
  )
  assert.deepEqual(
    [preview.removed.audit_events, preview.removed.audit_inbox],
    [written?.n, undefined],
    'an event that waits to be sealed is one row, not two',
  )
  const id = await schedule(tenantId)
  await runDueTenantErasures(app.runtime.services)
  assert.ok((await rowsOf(tenantId)).includes('users'), 'it waits for its time')
  await erase(id)
  assert.deepEqual(await rowsOf(tenantId), ['tenant_erasures'])
  assert.equal((await rowsOf(other.tenantId)).length, rowsOfOthers)
  for (const { word } of persons) assert.deepEqual(placesOf(await everything(app), word), [])
  assert.ok(placesOf(await everything(app), stranger.word).includes('customers'))
  const [jobs] = await queryAsOwner<{ n: number }>(
    app.database,
    `select count(*)::integer as n from pgboss.job where data ->> 'tenantId' = $1`,
    [tenantId],
  )
  assert.equal(jobs?.n, 0)

  const [receipt] = await runForResult(app.runtime.services, viewTenantErasures, {}, systemOf(tenantId))
  assert.ok(receipt?.receipt && receipt.signature)
  const said = JSON.parse(receipt.receipt) as {
    key_id: string
    removed: Record<string, number>
    audit_heads: unknown[]
  }
  assert.ok((said.removed.audit_events ?? 0) > 0 && (said.removed.users ?? 0) > 0 && said.audit_heads.length >= 3)
  const foreseen = ({ users, customers, profiles }: Record<string, number>) => ({ users, customers, profiles })
  assert.deepEqual(foreseen(preview.removed), foreseen(said.removed), 'the dry run told as many rows as went')
  // The receipt does not count what goes with its owner.
  assert.ok((preview.removed.files ?? 0) >= (said.removed.files ?? 0))
  const published = (await app.request('/.well-known/audit-keys.json')).body as {
    keys: { key_id: string; public_key: string }[]
  }
  const key = published.keys.find((one) => one.key_id === said.key_id)?.public_key ?? ''
  const publicKey = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' })
  assert.ok(verify(null, Buffer.from(receipt.receipt), publicKey, Buffer.from(receipt.signature, 'base64')))
})

test('is cancelled until it begins, and not scheduled twice', async () => {
  const planter = await planterOf()
  const { tenantId } = planter
  const id = await schedule(tenantId)
  await assert.rejects(schedule(tenantId), { code: 'tenant_erasure_scheduled' })
  await runForResult(app.runtime.services, cancelTenantErasure, {}, systemOf(tenantId))
  await assert.rejects(runForResult(app.runtime.services, cancelTenantErasure, {}, systemOf(tenantId)), {
    code: 'tenant_erasure_not_scheduled',
  })
  await erase(id)
  assert.ok((await rowsOf(tenantId)).includes('users'))
})

test('the application cannot erase a tenant before a day has passed, whatever it writes', async () => {
  const { tenantId } = await planterOf()
  const id = await schedule(tenantId)
  const { services } = app.runtime
  const now = { text: 'update tenant_erasures set due_at = now() where id = $1', values: [id] }
  const enter = { text: 'select enter_tenant($1)', values: [tenantId] }
  await assert.rejects(services.database.batch([enter, now]), { code: '42501' })
  const early = {
    text: `insert into tenant_erasures (tenant_id, id, reason, requested_by, due_at) values ($1, 'x', 'x', '{}', now())`,
    values: [tenantId],
  }
  await assert.rejects(services.database.batch([enter, early]), { code: '23514' })
  assert.equal(await writeInTenant(services, tenantId, (tx) => eraseRows(tx, tenantId, { id, limit: 100 })), null)
  assert.equal(await writeInTenant(services, tenantId, (tx) => startTenantErasure(tx, tenantId, id)), null)
})

test('nobody signs in from the moment it begins, and another worker goes on where one has stopped', async () => {
  const planter = await planterOf()
  const { tenantId } = planter
  await planter.customer()
  const id = await schedule(tenantId)
  await letTimePass(id)
  await runDueTenantErasures(app.runtime.services)
  assert.equal((await app.request('/api/v1/customers', { token: planter.token })).status, 403)
  await assert.rejects(runForResult(app.runtime.services, reactivateTenant, {}, systemOf(tenantId)), {
    code: 'tenant_being_erased',
  })
  await letTimePass(id)
  // One step, then its worker is no more.
  const gone = await writeInTenant(app.runtime.services, tenantId, (tx) => eraseRows(tx, tenantId, { id, limit: 5 }))
  assert.equal(gone, 5)
  await runDueTenantErasures(app.runtime.services)
  assert.deepEqual(await rowsOf(tenantId), ['tenant_erasures'])
  const [receipt] = await runForResult(app.runtime.services, viewTenantErasures, {}, systemOf(tenantId))
  assert.equal(receipt?.status, 'completed')
})
