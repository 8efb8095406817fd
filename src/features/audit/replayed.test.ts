/** What was signed for one chain proves nothing of another one, and a chain that is gone as a whole is missed. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner, withOwner } from '#test/support/owner-query.ts'
import { systemOf } from '#test/support/prepared-client.ts'
import { AuditLog } from './audit-log.fixture.ts'
import { configureAudit } from './index.ts'
import { enforceRetention } from './retention.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

const ofChain = `where tenant_id = $1 and category = 'data_access'`

async function signedLog(events = 6): Promise<AuditLog> {
  const log = await AuditLog.open(app)
  await log.recordMany(events)
  await log.seal()
  await log.checkpoint()
  return log
}

async function reasons(log: AuditLog, request: object = { category: 'data_access' }): Promise<string[]> {
  const { valid, breaches } = await log.verify(request)
  assert.equal(valid, breaches.length === 0)
  return breaches.map(({ category, reason }) => `${category} ${reason}`)
}

test('a chain that is gone with its head is missed as long as anything of it is there', async () => {
  for (const left of ['audit_checkpoints', 'audit_links', 'audit_events']) {
    const log = await signedLog()
    const tables = ['audit_events', 'audit_links', 'audit_checkpoints', 'audit_chains'].filter((one) => one !== left)
    await log.tamper(...tables.map((one): [string] => [`delete from ${one} ${ofChain}`]))
    assert.deepEqual(await reasons(log), ['data_access missing'], left)
    assert.deepEqual(await reasons(log, {}), ['data_access missing'], left)
    assert.deepEqual(await reasons(log, { category: 'security' }), [], left)
  }
})

test("another tenant's checkpoints are none of this one, so his cut hides nothing that was cut off here", async () => {
  const other = await AuditLog.open(app)
  await other.recordMany(6)
  await other.tamper([
    `update audit_events set occurred_at = occurred_at - interval '100 days' ${ofChain} and description < 'Event 5'`,
  ])
  await other.seal()
  await runForResult(other.services, configureAudit, { retentionDays: 90 }, systemOf(other.tenantId))
  assert.equal(await enforceRetention(other.services), 4)

  const log = await signedLog()
  await log.tamper(
    [`delete from audit_checkpoints ${ofChain}`],
    [
      `insert into audit_checkpoints (tenant_id, id, category, number, sequence, kind, created_at, key_id, payload, signature)
       select $1, id, category, number, sequence, kind, created_at, key_id, payload, signature from audit_checkpoints
        where tenant_id = $2 and category = 'data_access'`,
      other.tenantId,
    ],
    [`delete from audit_events ${ofChain} and description < 'Event 5'`],
    [`update audit_events set description = 'Never happened' ${ofChain} and description = 'Event 6'`],
    [`delete from audit_links ${ofChain} and sequence <= 4`],
    [
      `with recursive event as (
         select l.sequence, l.event_id, sha256(convert_to(audit_event_text(e), 'UTF8')) as hash
           from audit_links l join audit_events e on e.tenant_id = l.tenant_id and e.id = l.event_id
          where l.tenant_id = $1 and l.category = 'data_access'
       ), chain as (
         select 4::bigint as sequence, null::bytea as hash, decode(payload::jsonb ->> 'link_hash', 'hex') as link
           from audit_checkpoints ${ofChain} and kind = 'retention'
         union all
         select e.sequence, e.hash, sha256(c.link || int8send(e.sequence) || e.hash)
           from chain c join event e on e.sequence = c.sequence + 1
       ), rewritten as (
         update audit_links l set event_hash = c.hash, link_hash = c.link from chain c
          where l.tenant_id = $1 and l.category = 'data_access' and l.sequence = c.sequence
       )
       update audit_chains h set first_sequence = 5, link_hash = c.link from chain c
        where h.tenant_id = $1 and h.category = 'data_access' and c.sequence = h.sequence`,
    ],
  )
  assert.equal((await reasons(log))[0], 'data_access missing')
})

test('checkpoints follow one another by what they sign, not by their numbers alone', async () => {
  const log = await signedLog(2)
  const [signed] = await queryAsOwner<{ row: string }>(
    app.database,
    `select to_jsonb(c)::text as row from audit_checkpoints c ${ofChain}`,
    [log.tenantId],
  )
  await log.tamper([`delete from audit_checkpoints ${ofChain}`])
  for (const _ of [1, 2]) {
    await log.recordMany(1)
    await log.checkpoint()
  }
  assert.deepEqual(await reasons(log), [])
  await log.tamper(
    [`delete from audit_checkpoints ${ofChain} and number = 1`],
    [
      'insert into audit_checkpoints select (jsonb_populate_record(null::audit_checkpoints, $2)).* where $1 <> $3',
      signed?.row,
      '',
    ],
  )
  assert.deepEqual(await reasons(log), ['data_access checkpoint_altered'])
})

test('no setting in the database makes the server sign away what is younger than the shortest retention', async () => {
  const log = await signedLog()
  await withOwner(app.database, async (owner) => {
    await owner.query('alter table audit_settings drop constraint audit_settings_retention_long')
    await owner.query('insert into audit_settings (tenant_id, retention_days) values ($1, -1)', [log.tenantId])
  })
  assert.equal(await enforceRetention(log.services), 0)
  assert.deepEqual(await reasons(log), [])
})
