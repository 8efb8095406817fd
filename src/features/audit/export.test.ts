/** The file that an auditor takes home, and the program that he verifies it with: as it is downloaded, run by Node alone. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { AuditLog } from './audit-log.fixture.ts'

let app: TestApp
let directory: string
let program: string
before(async () => {
  app = await startTestApp()
  directory = await mkdtemp(path.join(os.tmpdir(), 'clientele-verify-'))
  program = path.join(directory, 'verify-audit.mjs')
  const downloaded = await app.request('/tools/verify-audit.mjs')
  assert.equal(downloaded.status, 200)
  await writeFile(program, downloaded.text)
})
after(async () => {
  await app.close()
  await rm(directory, { recursive: true })
})

type Verdict = { accepted: boolean; text: string }
let files = 0

async function verify(content: string | Buffer, ...options: string[]): Promise<Verdict> {
  const file = path.join(directory, `export-${++files}.jsonl`)
  await writeFile(file, content)
  try {
    // Nothing of this project is within its reach.
    const { stdout } = await promisify(execFile)(process.execPath, [program, file, ...options], {
      cwd: directory,
      env: {},
    })
    return { accepted: true, text: stdout }
  } catch (error) {
    const { code, stderr } = error as { code?: number; stderr?: string }
    assert.equal(code, 1, String(error))
    return { accepted: false, text: stderr ?? '' }
  }
}

async function sealedLog(count = 6): Promise<AuditLog> {
  const log = await AuditLog.open(app)
  await log.record([{ description: 'Élan "1"\u2028' }])
  await log.recordMany(count - 1)
  return log
}

test('the program has no dependency and less than 200 lines', async () => {
  const text = await readFile(program, 'utf8')
  assert.ok(text.trimEnd().split('\n').length < 200, `${text.split('\n').length} lines`)
  for (const [, from] of text.matchAll(/from '([^']+)'/g)) assert.match(from ?? '', /^node:/)
})

test('accepts an export of all chains, and of one signed with the key that the server publishes', async () => {
  const log = await sealedLog()
  await log.checkpoint()
  await log.recordMany(3)
  const published = await app.request('/.well-known/audit-keys.json')
  const { keys } = published.body as { keys: { key_id: string }[] }
  const all = await verify(await log.export({}), '--key', keys.at(-1)?.key_id ?? '')
  assert.ok(all.accepted, all.text)
  // Creation of the tenant, the checkpoint's own event.
  assert.match(
    all.text,
    /^VALID: 11 events of tenant_test_\d+ \(compliance, configuration, data_access\), \d+ signed checkpoints/,
  )
  const other = await verify(await log.export(), '--key', '0'.repeat(32))
  assert.deepEqual([other.accepted, other.text.includes('signed with key')], [false, true])
})

test('accepts the events of a span, with what the chain has between them', async () => {
  const log = await sealedLog(2)
  await log.seal()
  const from = new Date(Date.now() + 5).toISOString()
  while (new Date().toISOString() <= from) await log.seal()
  await log.recordMany(3)
  const text = await log.export({ category: 'data_access', from })
  const { accepted, text: said } = await verify(text)
  assert.ok(accepted, said)
  assert.match(said, /^VALID: 3 events/)
})

test('refuses an export of which one byte was changed, whichever', async () => {
  const bytes = Buffer.from(await (await sealedLog(2)).export())
  assert.ok((await verify(bytes)).accepted)
  const places = Array.from({ length: 40 }, (_, i) => Math.floor((i * bytes.length) / 40))
  for (const place of [...places, bytes.length - 1]) {
    const changed = Buffer.from(bytes)
    changed[place] = (changed[place] ?? 0) ^ 1
    const { accepted, text } = await verify(changed)
    assert.ok(!accepted, `byte ${place}: ${text}`)
  }
})

test('names an event that was altered, removed, or swapped with another one', async () => {
  const lines = (await (await sealedLog()).export()).split('\n')
  const first = lines.findIndex((line) => line.startsWith('{"event"'))
  const altered = lines.with(first + 2, (lines[first + 2] ?? '').replace('Event 2', 'Event 9'))
  assert.match(
    (await verify(altered.join('\n'))).text,
    /^REFUSED: altered: number 3 of the chain data_access, event evt_/,
  )
  const removed = lines.toSpliced(first + 2, 1)
  assert.match((await verify(removed.join('\n'))).text, /^REFUSED: missing: number 3 of the chain data_access/)
  const last = lines.toSpliced(first + 5, 1)
  assert.match((await verify(last.join('\n'))).text, /^REFUSED: missing: number 6 to 6 of the chain data_access/)
  const swapped = lines.with(first + 1, lines[first + 4] ?? '').with(first + 4, lines[first + 1] ?? '')
  assert.match((await verify(swapped.join('\n'))).text, /^REFUSED: reordered: number 2 of the chain data_access/)
  const cut = lines.slice(0, first + 3).join('\n')
  assert.match((await verify(`${cut}\n`)).text, /^REFUSED: missing: the end of the file/)
})

test('names a tail that was rewritten in the database before the export, or in the file', async () => {
  const log = await sealedLog()
  await log.checkpoint()
  const honest = await log.export()
  const ids = await log.ids()
  await log.tamper([`update audit_events set description = 'Never' where tenant_id = $1 and id = $2`, ids[4]])
  await log.recomputeLinks()
  const forged = await log.export()
  assert.match((await verify(forged)).text, /^REFUSED: rewritten: the links up to number 6/)
  // In the file: the forged events under the honest checkpoints and end.
  const events = (text: string) => text.split('\n').filter((line) => line.startsWith('{"event"'))
  const replaced = honest.split('\n').filter((line) => !line.startsWith('{"event"'))
  const spliced = replaced.toSpliced(replaced.length - 2, 0, ...events(forged)).join('\n')
  assert.match((await verify(spliced)).text, /^REFUSED: rewritten/)
})

test('names an event that was gone from the database when the file was made', async () => {
  const log = await sealedLog()
  await log.seal()
  const ids = await log.ids()
  await log.tamper(['delete from audit_events where tenant_id = $1 and id = $2', ids[2]])
  assert.match((await verify(await log.export())).text, /^REFUSED: missing: number 2 of the chain data_access/)
})

test('writes a log that is larger than any buffer piece by piece', async () => {
  const log = await AuditLog.open(app)
  const many = Array.from({ length: 200 }, () => log.statement({ description: 'x'.repeat(500) }))
  for (let i = 0; i < 20; i++) {
    const fresh = many.map(() => log.statement({ description: 'x'.repeat(500) }))
    await log.services.database.batch([log.enter(), ...fresh])
  }
  const text = await log.export()
  assert.ok(text.length > 3_000_000)
  const { accepted, text: said } = await verify(text)
  assert.ok(accepted, said)
})
