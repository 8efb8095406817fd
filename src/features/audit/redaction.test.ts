/** Personal data goes out of events, and the chain still proves everything else: here, and offline. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { AuditLog } from './audit-log.fixture.ts'
import type { ChainedEvent } from './redaction-store.ts'
import { redactEvents } from './redactions.ts'

const program = path.join(import.meta.dirname, '../../../tools/verify-audit.mjs')
let app: TestApp
let directory: string
before(async () => {
  app = await startTestApp()
  directory = await mkdtemp(path.join(os.tmpdir(), 'clientele-redaction-'))
})
after(async () => {
  await app.close()
  await rm(directory, { recursive: true, force: true })
})

const name = 'Zoé "Z" Quillfeather'

/** Three events, of which the second says a name; redacted. */
async function redactedLog(): Promise<{ log: AuditLog; ids: string[] }> {
  const log = await AuditLog.open(app)
  const context = { by: { name }, n: 1 }
  await log.record([{}, { description: `Seen by ${name}`, context, target: { type: 'person', id: name } }, {}])
  assert.deepEqual(await redact(log), { events: 1, tampered: 0 })
  return { log, ids: await log.ids() }
}

function withoutName(event: ChainedEvent) {
  const text = JSON.stringify(event)
  const spelt = JSON.stringify(name).slice(1, -1)
  return text.includes(spelt) ? (JSON.parse(text.replaceAll(spelt, '[erased]')) as ChainedEvent) : event
}

function redact(log: AuditLog, redactor = withoutName) {
  const filter = { userId: null, target: null, texts: ['quillfeather', '[erased]'] }
  return redactEvents(log.services, { tenantId: log.tenantId, erasureId: 'ers_test', filter, redact: redactor })
}

async function offline(content: string): Promise<string> {
  const file = path.join(directory, 'export.jsonl')
  await writeFile(file, content)
  const run = promisify(execFile)(process.execPath, [program, file], { cwd: directory, env: {} })
  return run.then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { stderr: string }).stderr,
  )
}

const ofEvent = 'where tenant_id = $1 and id = $2'

test('nothing of what was erased is left, the rest of the event is, and the log verifies in both ways', async () => {
  const { log, ids } = await redactedLog()
  const [row] = await queryAsOwner<{ text: string; actor: unknown; context: unknown }>(
    app.database,
    `select e::text as text, actor, context from audit_events e ${ofEvent}`,
    [log.tenantId, ids[2]],
  )
  assert.ok(row && !row.text.includes('Quillfeather') && row.text.includes('Seen by [erased]'))
  assert.deepEqual(row.context, { by: { name: '[erased]' }, erased_by: 'ers_test', n: 1, via: 'test' })
  assert.deepEqual(row.actor, { ip_address: '127.0.0.1', name: 'test', type: 'system' })
  const report = await log.verify()
  assert.deepEqual([report.breaches, report.eventsChecked, report.eventsRedacted], [[], 3, 1])
  const all = await log.verify({})
  assert.deepEqual(all.breaches, [])
  const exported = await log.export({})
  assert.ok(!exported.includes('Quillfeather'))
  assert.match(await offline(exported), /^VALID: \d+ events.*\nPersonal data was erased from 1 of them/)
})

test('the redaction is an event itself, in the chain of what concerns compliance', async () => {
  const { log } = await redactedLog()
  const found = await queryAsOwner<{ context: { redactions: { id: string; events: number }[] } }>(
    app.database,
    `select context from audit_events where tenant_id = $1 and action = 'audit.redact' and category = 'compliance'`,
    [log.tenantId],
  )
  const kept = await queryAsOwner<{ id: string }>(
    app.database,
    'select id from audit_redactions where tenant_id = $1',
    [log.tenantId],
  )
  assert.deepEqual(
    found.flatMap(({ context }) => context.redactions.map(({ id, events }) => ({ id, events }))),
    kept.map(({ id }) => ({ id, events: 1 })),
  )
})

test('a redacted event that was changed, or is as it was before, is not what the redaction left', async () => {
  for (const change of [`description = 'Never'`, `severity = 'warning'`, `description = 'Seen by ${name}'`]) {
    const { log, ids } = await redactedLog()
    await log.tamper([`update audit_events set ${change} ${ofEvent}`, ids[2]])
    const { breaches } = await log.verify()
    assert.deepEqual([breaches[0]?.reason, breaches[0]?.eventId], ['altered', ids[2]], change)
    assert.match(breaches[0]?.message ?? '', /was redacted by rdn_/)
    assert.match(await offline(await log.export()), /^REFUSED: altered: number 2 .*which was redacted by rdn_/)
  }
})

test('a redaction that is gone, or that the owner of the database made up, hides nothing', async () => {
  const { log, ids } = await redactedLog()
  await log.tamper(['delete from audit_redactions where tenant_id = $1'])
  assert.equal((await log.verify()).breaches[0]?.reason, 'altered')
  assert.match(await offline(await log.export()), /^REFUSED: altered: number 2/)

  const other = await redactedLog()
  await other.log.tamper(
    [`update audit_events set description = 'Never' ${ofEvent}`, other.ids[3]],
    [
      `update audit_redactions set payload = jsonb_set(payload::jsonb, '{events}', (payload::jsonb -> 'events') || (
         select jsonb_build_object('event_id', e.id, 'sequence', l.sequence, 'event_hash', encode(l.event_hash, 'hex'),
                  'redacted_hash', encode(sha256(convert_to(audit_event_text(e), 'UTF8')), 'hex'))
           from audit_events e join audit_links l on l.tenant_id = e.tenant_id and l.event_id = e.id
          where e.tenant_id = $1 and e.id = $2))::text where tenant_id = $1`,
      other.ids[3],
    ],
  )
  // The record is no longer what was signed, so the honest redaction counts no more either.
  assert.equal((await other.log.verify()).breaches[0]?.reason, 'altered')
  assert.match(await offline(await other.log.export()), /^REFUSED: altered: redaction rdn_\w+ is not what was signed/)
  assert.ok(ids.length > 0)
})

test('the application itself can change no event but with a record, and one that is not signed counts for nothing', async () => {
  const { log, ids } = await redactedLog()
  const record = { id: 'rdn_forged', category: 'data_access', erasure_id: 'x', redacted_at: new Date(), key_id: 'x' }
  const event = { id: ids[1], description: 'Never', actor: '{}', context: '{}', target_id: null }
  await log.services.database.batch([
    log.enter(),
    {
      text: 'select redact_audit_events($1, $2, $3, $4)',
      values: [log.tenantId, JSON.stringify({ ...record, payload: '{}' }), Buffer.from('x'), JSON.stringify([event])],
    },
  ])
  const { breaches } = await log.verify()
  assert.deepEqual([breaches[0]?.reason, breaches[0]?.eventId], ['altered', ids[1]])
})

test('an event that was tampered with is not redacted: no signature makes it good', async () => {
  const log = await AuditLog.open(app)
  await log.record([{ description: `By ${name}` }])
  await log.seal()
  const ids = await log.ids()
  await log.tamper([`update audit_events set severity = 'critical' ${ofEvent}`, ids[1]])
  assert.deepEqual(await redact(log), { events: 0, tampered: 1 })
  assert.equal((await log.verify()).breaches[0]?.reason, 'altered')
})

test('an event may be redacted again, and what the last one left counts', async () => {
  const { log, ids } = await redactedLog()
  const further = (event: ChainedEvent) =>
    event.description === 'Seen by [erased]' ? { ...event, description: '[erased]' } : event
  assert.deepEqual(await redact(log, further), { events: 1, tampered: 0 })
  assert.deepEqual((await log.verify()).breaches, [])
  assert.match(await offline(await log.export()), /^VALID: 3 events/)
  await log.tamper([`update audit_events set description = 'Seen by [erased]' ${ofEvent}`, ids[2]])
  assert.equal((await log.verify()).breaches[0]?.reason, 'altered')
})
