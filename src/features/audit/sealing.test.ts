/** Sealing behind the writers: whatever is committed gets exactly one link, whoever seals, however often, and dies doing so. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import pg from 'pg'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner, withOwner } from '#test/support/owner-query.ts'
import { systemOf } from '#test/support/prepared-client.ts'
import { AuditLog } from './audit-log.fixture.ts'
import { chainStart, eventText, linkAfter } from './chain.ts'
import { searchEvents, startAuditLoop } from './index.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

async function assertEachHasOneLink(log: AuditLog, expected: number): Promise<void> {
  const [counts] = await queryAsOwner<{ events: number; links: number; last: number }>(
    app.database,
    `select count(*)::integer as events, count(l.event_id)::integer as links, max(l.sequence)::integer as last
       from audit_events e left join audit_links l using (tenant_id, category)
      where e.tenant_id = $1 and e.category = 'data_access' and l.event_id = e.id`,
    [log.tenantId],
  )
  assert.deepEqual(counts, { events: expected, links: expected, last: expected })
  const report = await log.verify()
  assert.deepEqual([report.breaches, report.eventsChecked], [[], expected])
}

test('an auditor’s own program computes every hash and link from what the API tells', async () => {
  const log = await AuditLog.open(app)
  await log.record([
    { description: 'Déjà vu "quoted" \\ and / and \u2028 \u{1f4a5} <&>', target: { type: 'a"b', id: '\\' } },
    { context: { b: [1, 2.5, -0, 1e21, true, null], a: { 'é\n': '\u007f', '': {} } }, severity: 'critical' },
    { description: 'x', context: { '10': 1, '9': 2, '\u{1f600}': 3, '\ue000': 4 } },
  ])
  const found = await runForResult(
    log.services,
    searchEvents,
    { filters: { category: 'data_access' }, limit: 10, offset: 0 },
    systemOf(log.tenantId),
  )
  let link = chainStart(log.tenantId, 'data_access')
  for (const { sealed, ...event } of found.events.toReversed()) {
    const { createHash } = await import('node:crypto')
    const hash = createHash('sha256').update(eventText(log.tenantId, event)).digest()
    assert.equal(hash.toString('hex'), sealed?.eventHash, event.description)
    link = linkAfter(link, sealed?.sequence ?? 0, hash)
    assert.equal(link.toString('hex'), sealed?.linkHash)
  }
  assert.equal(found.events.length, 3)
})

test('an event that was written a moment ago has its link in the list', async () => {
  const log = await AuditLog.open(app)
  await log.recordMany(2)
  const page = { filters: { category: 'data_access' as const }, limit: 1, offset: 0 }
  const { events, total } = await runForResult(log.services, searchEvents, page, systemOf(log.tenantId))
  assert.deepEqual([events[0]?.sealed?.sequence, total], [2, 2])
})

test('with parallel writers, two sealers and readers that seal on demand every event has one link', async () => {
  const log = await AuditLog.open(app)
  const stops = [startAuditLoop(log.services), startAuditLoop(log.services)]
  const writers = Array.from({ length: 8 }, () => log.recordMany(40))
  const readers = Array.from({ length: 2 }, async () => {
    for (let i = 0; i < 10; i++) assert.deepEqual((await log.verify()).breaches, [])
  })
  await Promise.all([...writers, ...readers])
  await Promise.all(stops.map((stop) => stop()))
  await log.seal()
  await assertEachHasOneLink(log, 320)
})

test('a transaction that commits long after later ones is sealed then, and holds nobody up meanwhile', async () => {
  const log = await AuditLog.open(app)
  await withOwner(app.database, async (slow) => {
    await slow.query('begin')
    const { text, values } = log.statement({ description: 'Slow' })
    await slow.query(text, [...values])
    for (let i = 0; i < 3; i++) {
      await log.recordMany(2)
      await log.seal()
    }
    assert.equal((await log.ids()).length, 1 + 6)
    const [state] = await queryAsOwner<{ settled: string; seen: string }>(app.database, 'select * from audit_sealing')
    assert.ok(
      Number(state?.settled) < Number(state?.seen) - 5,
      'what a transaction under way may still write is not settled',
    )
    await slow.query('commit')
  })
  await log.seal()
  assert.equal((await log.ids()).length, 1 + 7)
  await assertEachHasOneLink(log, 7)
})

test('a sealer that is killed in the middle leaves nothing half done, and the next one goes on', async () => {
  const log = await AuditLog.open(app)
  await log.recordMany(20)
  const victim = new pg.Client({ ...app.database.application })
  victim.on('error', () => {})
  await victim.connect()
  await victim.query('begin isolation level read committed')
  // Its links are written, its transaction is not committed: here it dies.
  await withOwner(app.database, async (owner) => {
    const { rows } = await victim.query<{ pid: number }>('select pg_backend_pid() as pid')
    await victim.query('select seal_audit_events(10)')
    await owner.query('select pg_terminate_backend($1)', [rows[0]?.pid]).catch(async () => {
      // Only a superuser may end another role's backend.
      const superuser = new pg.Client({ connectionString: app.database.superuserUrl })
      await superuser.connect()
      await superuser.query('select pg_terminate_backend($1)', [rows[0]?.pid])
      await superuser.end()
    })
  })
  for (let tries = 0; (await log.ids()).length < 21; tries++) {
    assert.ok(tries < 100, 'sealed after the killed one')
    await log.seal()
    await delay(20)
  }
  await assertEachHasOneLink(log, 20)
})

test('an event whose id the log has already holds up no other, and verification names it', async () => {
  const log = await AuditLog.open(app)
  await log.recordMany(2)
  await log.seal()
  const [, first = ''] = await log.ids()
  const again = log.statement({ id: first, description: 'The same id once more' })
  await log.services.database.batch([log.enter(), again])
  await log.recordMany(3)
  await log.seal()
  await log.seal()
  assert.equal((await log.ids()).length, 1 + 5)
  // Until whoever writes elsewhere on this PostgreSQL has ended, it may be one that is only about to be sealed.
  const deadline = Date.now() + 20_000
  let { breaches } = await log.verify()
  while (breaches.length === 0 && Date.now() < deadline) {
    await delay(50)
    await log.seal()
    breaches = (await log.verify()).breaches
  }
  assert.deepEqual(
    breaches.map(({ reason, eventId }) => [reason, eventId]),
    [['inserted', first]],
  )
})

test('what is written into the log itself, as a process of the version before does, is sealed like all else', async () => {
  const log = await AuditLog.open(app)
  const { text, values } = log.statement({ description: 'Into the log' })
  await log.services.database.batch([
    log.enter(),
    { text: text.replace('audit_inbox', 'audit_events'), values },
    log.statement({ description: 'Into the inbox' }),
  ])
  const waiting = () =>
    queryAsOwner(app.database, `select 1 from audit_inbox where tenant_id = $1 and category = 'data_access'`, [
      log.tenantId,
    ])
  assert.equal((await waiting()).length, 2)
  await log.seal()
  assert.deepEqual(await waiting(), [])
  await assertEachHasOneLink(log, 2)
})

test('refuses every change of links, checkpoints and heads to the application, and of the first two to their owner', async () => {
  const log = await AuditLog.open(app)
  await log.recordMany(1)
  await log.checkpoint()
  await log.recordMany(1)
  const application = new pg.Client({ ...app.database.application })
  await application.connect()
  const settings = `select set_config('app.tenant_id', $1, false), set_config('app.audit_cut', 'on', false),
    set_config('app.audit_sealing', 'on', false)`
  await application.query(settings, [log.tenantId])
  for (const statement of [
    'update audit_links set sequence = 2',
    'delete from audit_links',
    `insert into audit_links values ('${log.tenantId}', 'data_access', 2, 'evt_x', 'x', 'x')`,
    'truncate audit_links',
    'delete from audit_events',
    'update audit_inbox set description = id',
    'delete from audit_inbox',
    'truncate audit_inbox',
    'update audit_checkpoints set number = 2',
    'delete from audit_checkpoints',
    'update audit_chains set sequence = 9',
    'delete from audit_chains',
    'update audit_sealing set settled = 0',
    'delete from audit_keys',
    'update audit_keys set public_key = id',
    `select seal_audit_window('${log.tenantId}', 0, 1)`,
  ]) {
    await assert.rejects(application.query(statement), { code: '42501' }, statement)
  }
  await application.end()
  for (const statement of [
    'update audit_links set sequence = 2',
    'delete from audit_checkpoints',
    'truncate audit_links',
    'update audit_inbox set description = id',
    'delete from audit_inbox',
    'truncate audit_inbox',
  ]) {
    await assert.rejects(queryAsOwner(app.database, statement), { code: '42501' }, statement)
  }
})

type Tampering = {
  kind: 'alter' | 'delete event' | 'delete link' | 'swap' | 'rewrite' | 'cut tail'
  at: number
  other: number
}
const tampering: fc.Arbitrary<Tampering> = fc.record({
  kind: fc.constantFrom('alter', 'delete event', 'delete link', 'swap', 'rewrite', 'cut tail'),
  at: fc.nat(),
  other: fc.nat(),
})

test('whatever is done to whatever log that has been checkpointed, verification finds it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), { minLength: 2, maxLength: 12 }),
      tampering,
      async (texts, how) => {
        const log = await AuditLog.open(app)
        const clean = texts.map((text) => text.replaceAll('\0', '') || '-')
        await log.record(clean.map((description, i) => ({ description, context: { note: clean[i - 1] ?? null } })))
        await log.checkpoint()
        assert.deepEqual((await log.verify()).breaches, [])
        await tamperWith(log, how)
        assert.equal((await log.verify()).valid, false, how.kind)
      },
    ),
    { numRuns: 12, seed: 5, endOnFailure: true },
  )
})

async function tamperWith(log: AuditLog, { kind, at, other }: Tampering): Promise<void> {
  const ids = await log.ids()
  const last = ids.length - 1
  const one = 1 + (at % last)
  const two = 1 + (other % last) === one ? 1 + (one % last) : 1 + (other % last)
  const [a, b] = [ids[one], ids[two]]
  const event = 'where tenant_id = $1 and id = $2'
  switch (kind) {
    case 'alter':
      return log.tamper([`update audit_events set description = description || '.' ${event}`, a])
    case 'delete event':
      return log.tamper([`delete from audit_events ${event}`, a])
    case 'delete link':
      return log.tamper(['delete from audit_links where tenant_id = $1 and event_id = $2', a])
    case 'swap':
      return log.tamper(
        [`update audit_events set id = 'x' ${event}`, a],
        [`update audit_events set id = $3 ${event}`, b, a],
        [`update audit_events set id = $2 where tenant_id = $1 and id = 'x'`, b],
      )
    case 'rewrite':
      await log.tamper([`update audit_events set description = description || '.' ${event}`, a])
      return log.recomputeLinks()
    case 'cut tail':
      await log.tamper(['delete from audit_events where tenant_id = $1 and id = any ($2)', ids.slice(one)])
      return log.recomputeLinks()
  }
}
