import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { systemOf } from '#test/support/prepared-client.ts'
import { AuditLog } from './audit-log.fixture.ts'
import { configureAudit } from './index.ts'
import { enforceRetention } from './retention.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

const dayMs = 24 * 3600 * 1000

/** Six events: the first four 100 days old. */
async function agedLog(retentionDays: number | null): Promise<AuditLog> {
  const log = await AuditLog.open(app)
  await log.recordMany(6)
  await log.tamper([
    `update audit_events set occurred_at = occurred_at - interval '100 days' where tenant_id = $1 and category = 'data_access'
        and description in ('Event 1', 'Event 2', 'Event 3', 'Event 4')`,
  ])
  await log.seal()
  await runForResult(log.services, configureAudit, { retentionDays }, systemOf(log.tenantId))
  return log
}

async function left(log: AuditLog): Promise<string[]> {
  const rows = await queryAsOwner<{ description: string }>(
    app.database,
    `select description from audit_events where tenant_id = $1 and category = 'data_access' order by position`,
    [log.tenantId],
  )
  return rows.map((row) => row.description)
}

test('keeps everything unless the tenant says otherwise', async () => {
  const log = await agedLog(null)
  assert.equal(await enforceRetention(log.services), 0)
  assert.equal((await left(log)).length, 6)
})

test('cuts what is older behind a signed checkpoint, from which verification starts; the cut itself is an event', async () => {
  const log = await agedLog(90)
  assert.equal(await enforceRetention(log.services), 4)
  assert.deepEqual(await left(log), ['Event 5', 'Event 6'])
  const report = await log.verify({})
  assert.deepEqual(report.breaches, [])
  const chain = report.chains.find((one) => one.category === 'data_access')
  assert.deepEqual([chain?.firstSequence, chain?.lastSequence], [5, 6])
  const [told] = await queryAsOwner<{ description: string }>(
    app.database,
    `select description from audit_events where tenant_id = $1 and action = 'audit.retention-cut'`,
    [log.tenantId],
  )
  assert.equal(told?.description, "4 events older than the tenant's retention deleted")
  assert.equal(await enforceRetention(log.services), 0)
  const text = await log.export()
  assert.match(text, /"first_sequence":5/)
  assert.match(text, /"kind":"retention"/)
})

test('a cut that nobody has signed, or deeper than what was signed, is a breach', async () => {
  const log = await agedLog(90)
  await enforceRetention(log.services)
  await log.tamper(
    [`delete from audit_events where tenant_id = $1 and description = 'Event 5'`],
    [`delete from audit_links where tenant_id = $1 and category = 'data_access' and sequence = 5`],
    [`update audit_chains set first_sequence = 6 where tenant_id = $1 and category = 'data_access'`],
  )
  const { breaches } = await log.verify()
  assert.deepEqual([breaches[0]?.reason, breaches[0]?.sequence], ['missing', 5])
})

test('the database refuses to cut what is younger than the retention, whoever signed it', async () => {
  const log = await agedLog(90)
  await assert.rejects(enforceRetention(log.services, new Date(Date.now() + 200 * dayMs)), { code: '42501' })
  assert.equal((await left(log)).length, 6)
})

test('refuses a retention of less than 30 days', async () => {
  const log = await AuditLog.open(app)
  await assert.rejects(runForResult(log.services, configureAudit, { retentionDays: 29 }, systemOf(log.tenantId)), {
    code: 'validation_failed',
  })
})
