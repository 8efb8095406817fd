/** Looks into the log find what is sealed and what waits for it, and read neither of them whole. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { readInTenant, writeInTenant } from '#platform/operations/in-tenant.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { AuditLog } from './audit-log.fixture.ts'
import type { Page } from './store.ts'
import { countEvents, cursorBehind, findEvent, findEvents, isAboutClient } from './store.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

const inTenant = <T>(log: AuditLog, work: (tx: Tx) => Promise<T>): Promise<T> =>
  readInTenant(log.services, log.tenantId, work)

const find = (log: AuditLog, page: Page) =>
  inTenant(log, (tx) => findEvents(tx, log.tenantId, { category: 'data_access' }, page))

/** Until nothing that was written so far can come any more. */
async function settle(log: AuditLog): Promise<void> {
  const unsettled = 'select 1 from audit_sealing where settled < (select max(position) from audit_events)'
  for (
    const deadline = Date.now() + 20_000;
    (await queryAsOwner(app.database, unsettled)).length > 0;
    await delay(20)
  ) {
    assert.ok(Date.now() < deadline, 'settled')
    await log.seal()
  }
}

test('behind 50,000 events that were taken from the inbox while an older transaction reads, a look is into few pages', async () => {
  const log = await AuditLog.open(app)
  await log.recordMany(3)
  await settle(log)
  const reader = new pg.Client({ ...app.database.application })
  await reader.connect()
  try {
    await reader.query('begin isolation level repeatable read')
    await reader.query('select 1 from audit_links')
    // As the sealer leaves them: dead, in their pages, and kept there by the reader.
    await log.tamper([
      `insert into audit_inbox (tenant_id, id, category, action, description, actor)
       select $1, 'evt_gone' || n, 'data_access', 'x', repeat('x', 100), '{}' from generate_series(1, 50000) n`,
    ])
    await log.tamper([`delete from audit_inbox where tenant_id = $1 and action = 'x'`])
    await log.recordMany(2)
    await settle(log)
    await log.recordMany(2)
    const [size] = await queryAsOwner<{ pages: number }>(
      app.database,
      `select (pg_relation_size('audit_inbox') / 8192)::integer as pages`,
    )
    assert.ok((size?.pages ?? 0) > 1000, 'the inbox is large')
    await writeInTenant(log.services, log.tenantId, async (tx) => {
      for (const [name, look] of Object.entries({
        events: () => findEvents(tx, log.tenantId, {}, { limit: 100, offset: 0 }),
        ofUser: () => findEvents(tx, log.tenantId, { userId: 'user_1', severity: 'info' }, { limit: 100, offset: 0 }),
        count: () => countEvents(tx, log.tenantId, { action: 'invoice.view' }),
        one: () => findEvent(tx, log.tenantId, 'evt_none'),
        ofClient: () => isAboutClient(tx, log.tenantId, 'evt_none', 'client'),
      })) {
        const begin = await pagesOfInbox(tx)
        await look()
        const pages = (await pagesOfInbox(tx)) - begin
        assert.ok(pages > 0 && pages < 30, `${name}: ${pages} pages`)
      }
      const found = await findEvents(tx, log.tenantId, { category: 'data_access' }, { limit: 100, offset: 0 })
      assert.deepEqual(
        found.map(({ sealed }) => sealed !== null),
        [false, false, true, true, true, true, true],
      )
    })
  } finally {
    await reader.end()
  }
})

/** Of the table and its index, looked at in this transaction. */
async function pagesOfInbox(tx: Tx): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select (pg_stat_get_xact_blocks_fetched('audit_inbox'::regclass)
      + pg_stat_get_xact_blocks_fetched('audit_inbox_pkey'::regclass))::integer as n`.execute(tx)
  return rows[0]?.n ?? 0
}

test('events that are sealed between two pages, or while one is read, are in exactly one of them', async () => {
  const log = await AuditLog.open(app)
  await log.recordMany(40)
  const written = (await find(log, { limit: 100, offset: 0 })).map(({ id }) => id)
  assert.equal(written.length, 40)
  const other = await AuditLog.open(app)
  await other.recordMany(3)
  const sealing = (async () => {
    for (let i = 0; i < 20; i++) await log.seal()
  })()
  const read: string[] = []
  for (let cursor: string | undefined; ; ) {
    const found = await find(log, { limit: 3, offset: 0, cursor })
    const page = found.slice(0, 3)
    read.push(...page.map(({ id }) => id))
    const last = page.at(-1)
    if (found.length <= 3 || !last) break
    cursor = cursorBehind(last)
    // In the inbox before this page, in the log behind it.
    if (read.length === 12) await log.seal()
  }
  await sealing
  assert.deepEqual(read, written)
  const sealed = await find(log, { limit: 100, offset: 0 })
  assert.deepEqual([sealed.map(({ id }) => id), sealed.every((event) => event.sealed)], [written, true])
})

test('what waits is each tenant’s own', async () => {
  const [one, two] = [await AuditLog.open(app), await AuditLog.open(app)]
  await one.recordMany(2)
  await two.recordMany(3)
  for (const [log, expected] of [
    [one, 2],
    [two, 3],
  ] as const) {
    const tenants = await inTenant(log, async (tx) => {
      const { rows } = await sql<{ tenant_id: string }>`
        select tenant_id from audit_inbox_now() union all select tenant_id from audit_log`.execute(tx)
      return rows.map(({ tenant_id: tenantId }) => tenantId)
    })
    assert.ok(tenants.length >= expected, 'it sees its own')
    assert.deepEqual(new Set(tenants), new Set([log.tenantId]))
  }
})
