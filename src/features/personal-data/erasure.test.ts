/** Persons are planted wherever their data can go; after their erasure nothing of them is found, but where the law keeps it. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { exportLog, verifyIntegrity } from '#features/audit/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { prepareTenant, systemOf } from '#test/support/prepared-client.ts'
import { TableReader } from '#test/support/table-checksums.ts'
import { catalogue, columnsOf } from './catalogue.ts'
import { runErasure } from './index.ts'
import type { Planted } from './planted.fixture.ts'
import { newWord, Planter } from './planted.fixture.ts'
import { everything, placesOf, unzip } from './scan.fixture.ts'

let app: TestApp
let planter: Planter
before(async () => {
  app = await startTestApp()
  planter = await new Planter(app, firstTenant).signIn()
})
after(() => app.close())

type Previewed = {
  customer: string | null
  files: number
  deleted: Record<string, number>
  changed: Record<string, number>
}
type Answered = Previewed & { erasure_id: string; status: string; audit_events: number }

function previewOf({ subject: { type, id } }: Planted): Promise<Previewed> {
  return planter.send<Previewed>('POST', '/api/v1/personal-data/erasures/preview', {
    subject_type: type,
    subject_id: id,
  })
}

async function erase({ subject, tenantId }: Planted): Promise<Answered> {
  const body = { subject_type: subject.type, subject_id: subject.id }
  const asked = await planter.send<Answered>('POST', '/api/v1/personal-data/erasures', body)
  assert.equal(asked.status, 'pending')
  await runErasure(app.runtime.services, { tenantId, erasureId: asked.erasure_id })
  const done = await planter.send<Answered>('GET', `/api/v1/personal-data/erasures/${asked.erasure_id}`)
  assert.equal(done.status, 'completed', JSON.stringify(done))
  return done
}

/** Here, and by the program that an auditor runs elsewhere. */
async function assertAuditHolds(): Promise<void> {
  const { services } = app.runtime
  const report = await runForResult(services, verifyIntegrity, {}, systemOf(firstTenant))
  assert.deepEqual(report.breaches, [])
  assert.ok(report.eventsRedacted > 0)
  const { lines } = await runForResult(services, exportLog, {}, systemOf(firstTenant))
  const directory = await mkdtemp(path.join(os.tmpdir(), 'clientele-erasure-'))
  try {
    let text = ''
    for await (const line of lines()) text += line
    await writeFile(path.join(directory, 'audit.jsonl'), text)
    const program = path.join(import.meta.dirname, '../../../tools/verify-audit.mjs')
    const run = promisify(execFile)(process.execPath, [program, path.join(directory, 'audit.jsonl')], { env: {} })
    assert.match((await run).stdout, /^VALID[\s\S]*Personal data was erased from/)
  } finally {
    await rm(directory, { recursive: true })
  }
}

const kept = {
  user: [],
  profile: [],
  customer: ['accounting_entries', 'invoice_lines', 'invoices', 'retained_identities.identity_ciphertext (opened)'],
} as const

async function eraseWhole(type: 'user' | 'customer' | 'profile'): Promise<void> {
  const planted = await planter[type]()
  const before = placesOf(await everything(app), planted.word)
  assert.ok(before.length >= 10, before.join(', '))
  const archive = unzip(await planter.archiveOf(planted.subject))
  const exported = placesOf(
    [...archive].map(([name, content]) => `${name}: ${content.toString('latin1')}`),
    planted.word,
  ).map((name) => name.replace('.jsonl', ''))
  // What encloses copies of it, or is opened in the place of its column.
  const others = [...before.filter((place) => !place.includes('(opened)') && place !== 'a file')]
  assert.deepEqual(
    others.filter((place) => !exported.includes(place) && place !== 'profiles'),
    [],
    exported.join(', '),
  )
  const preview = await previewOf(planted)
  assert.deepEqual(placesOf(await everything(app), planted.word), before, 'a preview does nothing')
  const done = await erase(planted)
  assert.ok(done.audit_events > 0)
  assert.deepEqual(preview.deleted, done.deleted)
  // Rows that are about the person, but have no word of it, are among those that it counts; what is sealed is not.
  for (const [table, rows] of Object.entries(done.changed)) {
    const entry = catalogue[table] ?? assert.fail(table)
    if (columnsOf(entry, 'sealed').length === 0) assert.ok((preview.changed[table] ?? 0) >= rows, table)
  }
  assert.deepEqual([preview.customer, preview.files], [done.customer, done.files])
  assert.equal(done.customer, type === 'customer' ? 'pseudonym' : null)
  const left = placesOf(await everything(app), planted.word)
  assert.deepEqual(left, kept[type])
  await assertAuditHolds()
}

test('of a user nothing is left, the export had it all, and the audit log holds', () => eraseWhole('user'))

test('of a customer nothing is left but what the law keeps, the export had it all, and the audit log holds', () =>
  eraseWhole('customer'))

test('of a profile nothing is left, the export had it all, and the audit log holds', () => eraseWhole('profile'))

test("another person's data, and another tenant's, is what it was", async () => {
  const other = await new Planter(app, await prepareTenant(app)).signIn()
  const [stranger, neighbour, planted] = [await other.customer(), await planter.profile(), await planter.customer()]
  const reader = new TableReader(app.database.owner)
  const logs = [
    'audit_events',
    'audit_inbox',
    'audit_links',
    'audit_chains',
    'audit_checkpoints',
    'audit_redactions',
    'audit_sealing',
  ]
  // Files that may hold copies of anybody go, and what was asked for is recorded.
  const moving = [
    'exports',
    'files',
    'file_chunks',
    'import_files',
    'import_refusals',
    'imports',
    'erasures',
    'retained_identities',
    'row_counts',
    'tenant_storage',
  ]
  await reader.connect({ except: [...logs, ...moving] })
  const rows = async () => (await reader.dump()).filter((line) => !line.includes(planted.word))
  const isHis = (line: string) => [...logs, ...moving].some((table) => line.startsWith(`${table}:`))
  const old = (await rows()).filter((line) => !isHis(line) && !line.includes(planted.subject.id))
  await erase(planted)
  const now = new Set((await rows()).filter((line) => !isHis(line)))
  await reader.end()
  assert.deepEqual(
    old.filter((line) => !now.has(line)),
    [],
  )
  const places = await everything(app)
  assert.ok(placesOf(places, stranger.word).includes('customers') && placesOf(places, stranger.word).includes('a file'))
  assert.ok(placesOf(places, neighbour.word).includes('audit_events'))
})

test('whoever the customer of kept invoices was is shown by one audited operation, and nowhere else', async () => {
  const planted = await planter.customer()
  await erase(planted)
  const url = `/api/v1/personal-data/retained-identities/${planted.subject.id}`
  const { identity, keep_until } = await planter.send<{ identity: { name: string }; keep_until: string }>('GET', url)
  assert.deepEqual([identity.name, keep_until], [`Carla ${planted.word}`, '2035-01-01'])
  const { name, code } = await planter.send('GET', `/api/v1/customers/${planted.subject.id}`)
  assert.deepEqual([name, code], ['Erased customer', `erased-${planted.subject.id}`])
})

test('an erasure that was stopped in the middle is brought to its end, although the person is gone by then', async () => {
  const planted = await planter.user()
  const body = { subject_type: 'user', subject_id: planted.subject.id }
  const { erasure_id: erasureId } = await planter.send<Answered>('POST', '/api/v1/personal-data/erasures', body)
  const { services } = app.runtime
  const broken = { ...services, auditKeys: { verifier: () => Promise.reject(new Error('killed')) } as never }
  await assert.rejects(runErasure(broken, { tenantId: firstTenant, erasureId }), /killed/)
  assert.ok(!placesOf(await everything(app), planted.word).includes('users'))
  assert.ok(placesOf(await everything(app), planted.word).includes('erasures.marks_ciphertext (opened)'))
  await runErasure(services, { tenantId: firstTenant, erasureId })
  assert.deepEqual(placesOf(await everything(app), planted.word), [])
})

test('refuses what is not there, the last owner, a second erasure, and one beside an import', async () => {
  const ask = (subject_type: string, subject_id: string) =>
    app.request('/api/v1/personal-data/erasures', {
      method: 'POST',
      token: planter.token,
      body: { subject_type, subject_id },
    })
  for (const [type, id] of [
    ['user', 'user_unknown'],
    ['customer', 'no-uuid'],
    ['profile', '99999999'],
    ['profile', `1' or true`],
  ] as const) {
    const answer = await ask(type, id)
    assert.deepEqual(
      [answer.status, (answer.body as { error: { code: string } }).error.code],
      [404, 'personal_subject_not_found'],
    )
  }
  const { id = '' } = await planter.send('POST', '/api/v1/customers', { code: newWord(), name: 'Twice asked' })
  assert.equal((await ask('customer', id)).status, 202)
  assert.match((await ask('customer', id)).text, /erasure_under_way/)
})

test('the export of a person tells whose it is; after the erasure by an id that says nothing any more, and without its file', async () => {
  type Listed = { subject_type: string | null; subject_id: string | null; download_url: string | null }
  const newest = async (): Promise<Listed> => {
    const { exports } = await planter.send<{ exports: Listed[] }>('GET', '/api/v1/export?entity_type=person&limit=1')
    return exports[0] ?? assert.fail('no export')
  }
  for (const type of ['user', 'customer', 'profile'] as const) {
    const planted = await planter[type]()
    await planter.archiveOf(planted.subject)
    const whose = async () => {
      const { subject_type, subject_id, download_url } = await newest()
      return { type: subject_type, id: subject_id, hasFile: download_url !== null }
    }
    assert.deepEqual(await whose(), { ...planted.subject, hasFile: true })
    await erase(planted)
    assert.deepEqual(await whose(), { ...planted.subject, hasFile: false })
  }
})
