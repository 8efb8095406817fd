/** Whoever owns the database can change everything in it; verification names what he changed. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { after, before, test } from 'node:test'
import { canonicalJson } from '#kernel/canonical-json.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { AuditLog } from './audit-log.fixture.ts'
import type { Breach } from './breach.ts'

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app.close())

async function sealedLog(events = 6): Promise<{ log: AuditLog; ids: string[] }> {
  const log = await AuditLog.open(app)
  await log.recordMany(events)
  await log.seal()
  return { log, ids: await log.ids() }
}

async function onlyBreach(log: AuditLog): Promise<Breach> {
  const report = await log.verify()
  assert.equal(report.valid, false)
  const [breach, ...others] = report.breaches
  assert.ok(breach)
  assert.deepEqual(others, [])
  return breach
}

const ofEvent = 'where tenant_id = $1 and id = $2'
const ofLink = `where tenant_id = $1 and category = 'data_access' and sequence`

test('an untouched log is valid', async () => {
  const { log } = await sealedLog()
  const report = await log.verify()
  assert.deepEqual([report.valid, report.eventsVerified, report.eventsChecked, report.breaches], [true, 6, 6, []])
})

test('characters that JSON escapes, in any member, are no alteration', async () => {
  const log = await AuditLog.open(app)
  await log.record([
    { description: 'She said "no"' },
    { description: 'C:\\logs', target: { type: 'a"b', id: '\\' } },
    { target: { type: 'line\nbreak', id: 'tab\t' } },
    { description: 'Déjà vu \u2028 \u{1f4a5} \u007f', action: 'odd"action' },
    { description: '', target: { type: '', id: '' } },
  ])
  await log.seal()
  const report = await log.verify()
  assert.deepEqual([report.valid, report.eventsVerified, report.breaches], [true, 5, []])
})

test('whoever acted, and whatever was acted on: the event is found under it, and nothing else is', async () => {
  const { log } = await sealedLog(0)
  const columns = `insert into audit_inbox (tenant_id, id, category, action, description, occurred_at, actor, user_id, client_id, target_type, target_id)
    values ($1, $2, 'data_access', 'x', 'x', $3, $4, $5, $6, $7, $8)`
  const day = '2026-11-22T10:00:00.123456Z'
  const kept = [
    [day, '{"type":"user","user_id":"u1"}', 'u1', null, null, null],
    [
      day,
      '{"client_id":"c1","type":"user","user_agent":"} \\"user_id\\":\\"u2","user_id":"u1"}',
      'u1',
      'c1',
      null,
      null,
    ],
    [day, '{"a":{"user_id":"u2"},"type":"user"}', null, null, null, null],
    [day, '{"type":"user","user_id":"a\\"b"}', 'a"b', null, null, null],
    [day, '{"type":"user","user_id":5}', '5', null, null, null],
    [day, '{"type":"anonymous"}', 'u3', null, 'user', 'u3'],
    [day, '{"type":"system"}', null, null, 'user', 'u3'],
    [day, '{"type":"user","user_id":"u1"}', 'u1', 'c3', 'client', 'c3'],
    [day, '{"client_id":"c1","type":"api_key"}', null, 'c1', 'client', 'c3'],
    ['2026-11-22T10:00:00Z', '{"type":"system"}', null, null, null, null],
    ['2026-11-22T10:00:00.12Z', '{"type":"system"}', null, null, null, null],
    ['0044-03-15T10:00:00.123Z BC', '{"type":"system"}', null, null, null, null],
    ['10000-01-01T00:00:00.12345Z', '{"type":"system"}', null, null, null, null],
  ]
  await log.tamper(...kept.map((one, i): [string, ...unknown[]] => [columns, `evt_kept${i}`, ...one]))
  await log.seal()
  const report = await log.verify()
  assert.deepEqual([report.breaches, report.eventsChecked], [[], kept.length])
  for (const [i, change] of [
    [0, 'user_id = null'],
    [0, `user_id = 'u'`],
    [0, `user_id = 'u1","'`],
    [0, `client_id = 'u1'`],
    [1, 'client_id = null'],
    [1, `user_id = 'u2'`],
    [2, `user_id = 'u2'`],
    [3, `user_id = 'a'`],
    [5, 'user_id = null'],
    [7, 'client_id = null'],
    [8, `client_id = 'c3'`],
  ] as const) {
    const keep = 'update audit_events set user_id = $3, client_id = $4 where tenant_id = $1 and id = $2'
    await log.tamper([`update audit_events set ${change} ${ofEvent}`, `evt_kept${i}`])
    const breach = await onlyBreach(log)
    assert.deepEqual([breach.reason, breach.eventId], ['altered', `evt_kept${i}`], change)
    await log.tamper([keep, `evt_kept${i}`, kept[i]?.[2], kept[i]?.[3]])
  }
})

test('names an event of which anything was altered', async () => {
  for (const change of [
    `description = 'Something else'`,
    `description = 'Something","id":"' || id`,
    `severity = 'critical'`,
    `action = 'invoice.delete'`,
    `occurred_at = occurred_at - interval '1 microsecond'`,
    `actor = '{"name":"somebody","type":"system"}'`,
    `context = '{"via":"elsewhere"}'`,
    `context = '{ "via":"test"}'`,
    `target_id = 'FA-2'`,
    'target_type = null',
    'target_type = null, target_id = null',
    'request_id = null',
    `category = 'security'`,
    `user_id = 'user_other'`,
    `client_id = 'other'`,
  ]) {
    const { log, ids } = await sealedLog()
    await log.tamper([`update audit_events set ${change} ${ofEvent}`, ids[3]])
    const breach = await onlyBreach(log)
    assert.deepEqual([breach.reason, breach.sequence, breach.eventId], ['altered', 3, ids[3]], change)
  }
})

test('names an event that is gone, first, in the middle or last, and one whose link is gone', async () => {
  for (const [sequence, statement] of [
    [1, `delete from audit_events ${ofEvent}`],
    [4, `delete from audit_events ${ofEvent}`],
    [6, `delete from audit_events ${ofEvent}`],
    [4, 'delete from audit_links where tenant_id = $1 and event_id = $2'],
    [6, 'delete from audit_links where tenant_id = $1 and event_id = $2'],
  ] as const) {
    const { log, ids } = await sealedLog()
    await log.tamper([statement, ids[sequence]])
    const breach = await onlyBreach(log)
    assert.deepEqual([breach.reason, breach.sequence], ['missing', sequence], statement)
  }
})

test('names two events that were swapped: their ids, their links, or their places in the chain', async () => {
  const swappedIds = [
    [`update audit_events set id = 'evt_x' ${ofEvent}`, 2],
    ['update audit_events set id = $3 where tenant_id = $1 and id = $2', 5, 2],
    [`update audit_events set id = $2 where tenant_id = $1 and id = 'evt_x'`, 5],
  ] as const
  const { log, ids } = await sealedLog()
  for (const [text, ...numbers] of swappedIds) await log.tamper([text, ...numbers.map((n) => ids[n])])
  assert.deepEqual(await onlyBreach(log).then(({ reason, sequence }) => [reason, sequence]), ['reordered', 2])

  const links = await sealedLog()
  await links.log.tamper(
    [`update audit_links set event_id = 'x' || event_id ${ofLink} in (2, 5)`],
    [
      `update audit_links a set event_id = substr(b.event_id, 2), event_hash = b.event_hash from audit_links b
        where a.tenant_id = $1 and b.tenant_id = $1 and a.category = b.category and a.category = 'data_access'
          and (a.sequence, b.sequence) in ((2, 5), (5, 2))`,
    ],
  )
  assert.deepEqual(await onlyBreach(links.log).then(({ reason, sequence }) => [reason, sequence]), ['reordered', 2])

  const places = await sealedLog()
  await places.log.tamper(
    [`update audit_links set sequence = -sequence ${ofLink} in (2, 5)`],
    [`update audit_links set sequence = 7 + sequence ${ofLink} in (-2, -5)`],
  )
  assert.deepEqual(await onlyBreach(places.log).then(({ reason, sequence }) => [reason, sequence]), ['reordered', 2])
})

test('names a tail that was rewritten, all its links computed anew, by the checkpoint that signed another one', async () => {
  const { log } = await sealedLog(4)
  await log.checkpoint()
  await log.recordMany(3)
  await log.seal()
  await log.checkpoint()
  const ids = await log.ids()
  await log.tamper([`update audit_events set description = 'Never happened' ${ofEvent}`, ids[6]])
  await log.recomputeLinks()
  const breach = await onlyBreach(log)
  assert.deepEqual([breach.reason, breach.sequence, breach.eventId], ['rewritten', 5, ids[5]])
})

test('names a tail that was cut off with links and head, behind a checkpoint', async () => {
  const { log, ids } = await sealedLog()
  await log.checkpoint()
  await log.tamper([`delete from audit_events ${ofEvent}`, ids[6]])
  await log.recomputeLinks()
  const breach = await onlyBreach(log)
  assert.deepEqual([breach.reason, breach.sequence], ['missing', 6])
})

test('names an event that was put among older ones', async () => {
  const { log, ids } = await sealedLog()
  // Until the sealer is sure that nobody is still writing among them.
  await log.seal()
  await log.seal()
  await log.tamper([
    `insert into audit_events (tenant_id, id, occurred_at, category, action, description, actor, position)
     select tenant_id, 'evt_forged', occurred_at, category, action, 'Forged', actor, -position from audit_events ${ofEvent}`,
    ids[3],
  ])
  await log.recordMany(1)
  const breach = await onlyBreach(log)
  assert.deepEqual([breach.reason, breach.eventId], ['inserted', 'evt_forged'])
})

test('names a head that was changed, and links behind it', async () => {
  const changed = await sealedLog()
  await changed.log.tamper([`update audit_chains set link_hash = sha256('x') where tenant_id = $1`])
  assert.equal((await onlyBreach(changed.log)).reason, 'altered')
  const beyond = await sealedLog()
  await beyond.log.tamper([
    `update audit_chains h set sequence = 5, link_hash = l.link_hash from audit_links l
      where h.tenant_id = $1 and l.tenant_id = $1 and h.category = 'data_access' and l.category = h.category and l.sequence = 5`,
  ])
  assert.equal((await onlyBreach(beyond.log)).reason, 'altered')
})

test('names a checkpoint that was changed, taken away, or signed with a key of the forger', async () => {
  for (const change of [
    `update audit_checkpoints set payload = replace(payload, '"sequence":4', '"sequence":3') where tenant_id = $1 and number = 1`,
    'update audit_checkpoints set sequence = 3 where tenant_id = $1 and number = 1',
    `update audit_checkpoints set kind = 'retention' where tenant_id = $1 and number = 1`,
    `update audit_checkpoints set signature = sha256('x') where tenant_id = $1 and number = 1`,
    'delete from audit_checkpoints where tenant_id = $1 and number = 1',
  ]) {
    const { log } = await sealedLog(4)
    await log.checkpoint()
    await log.recordMany(1)
    await log.checkpoint()
    await log.tamper([change])
    assert.equal((await onlyBreach(log)).reason, 'checkpoint_altered', change)
  }
  const { log, ids } = await sealedLog(4)
  await log.checkpoint()
  await forgeCheckpoint(log, ids[2] ?? '')
  assert.equal((await onlyBreach(log)).reason, 'checkpoint_altered')
})

/** Rewrites the chain, and signs its new head with a key that he puts among the server's. */
async function forgeCheckpoint(log: AuditLog, id: string): Promise<void> {
  await log.tamper([`update audit_events set description = 'Never happened' ${ofEvent}`, id])
  await log.recomputeLinks()
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  const [checkpoint] = await log.services.database
    .batch([
      log.enter(),
      {
        text: `select c.payload, encode(h.link_hash, 'hex') as link_hash from audit_checkpoints c
          join audit_chains h using (tenant_id, category) where category = 'data_access'`,
        values: [],
      },
    ])
    .then(([, found]) => found?.rows as { payload: string; link_hash: string }[])
  const forged = {
    ...(JSON.parse(checkpoint?.payload ?? '') as object),
    link_hash: checkpoint?.link_hash,
    key_id: 'forged',
  }
  const payload = canonicalJson(forged)
  await log.tamper(
    [
      `insert into audit_keys (id, public_key, private_ciphertext)
       select 'forged', $2, private_ciphertext from audit_keys where $1 <> '' limit 1`,
      spki,
    ],
    [
      `update audit_checkpoints set payload = $2, key_id = 'forged', signature = $3
        where tenant_id = $1 and category = 'data_access'`,
      payload,
      sign(null, Buffer.from(payload), privateKey),
    ],
  )
}

test('what was altered before or after the span that is asked for is found too', async () => {
  const { log, ids } = await sealedLog()
  await log.tamper([`update audit_events set description = 'Something else' ${ofEvent}`, ids[1]])
  const report = await log.verify({ category: 'data_access', from: new Date(Date.now() + 3600_000).toISOString() })
  assert.deepEqual([report.valid, report.eventsVerified, report.breaches[0]?.eventId], [false, 0, ids[1]])
})
