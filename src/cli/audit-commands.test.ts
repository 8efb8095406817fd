import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { withOwner } from '#test/support/owner-query.ts'
import type { Settings } from './command.fixture.ts'
import { makeDataDir, runCommand, settingsFor } from './command.fixture.ts'

const { dataDir, remove } = makeDataDir()
let app: TestApp
let settings: Settings
before(async () => {
  app = await startTestApp()
  settings = { ...settingsFor(app.database, dataDir), CLIENTELE_MASTER_KEYS: app.runtime.config.masterKeys ?? '' }
})
after(async () => {
  await app.close()
  remove()
})

test('verifies, signs and exports the log of a tenant; says and exits otherwise once it was tampered with', async () => {
  const good = await runCommand(['audit', 'verify', firstTenant], settings)
  assert.equal(good.code, 0, good.stderr)
  assert.match(good.stdout, /^CHAIN +EVENTS +VERDICT\n(.|\n)*^security +1 to 1 +unchanged$/m)

  const signed = await runCommand(['audit', 'checkpoint', firstTenant], settings)
  assert.match(signed.stdout, /^security +1 +[0-9a-f]{64} +[0-9a-f]{32}$/m)

  const file = path.join(dataDir, 'audit.jsonl')
  const exported = await runCommand(['audit', 'export', firstTenant, '--output', file], settings)
  assert.deepEqual([exported.code, exported.stderr], [0, '4 events of 3 chains.\n'])
  const verifier = path.join(import.meta.dirname, '../../tools/verify-audit.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, [verifier, file])
  assert.match(stdout, /^VALID: 4 events of tenant_001/)
  const again = await runCommand(['audit', 'export', firstTenant, '--output', file], settings)
  assert.notEqual(again.code, 0, 'an earlier export is never overwritten')

  await withOwner(app.database, async (owner) => {
    await owner.query('alter table audit_events disable trigger user')
    await owner.query(`update audit_events set description = 'x' where tenant_id = $1 and category = 'security'`, [
      firstTenant,
    ])
    await owner.query('alter table audit_events enable trigger user')
  })
  const bad = await runCommand(['audit', 'verify', firstTenant], settings)
  assert.deepEqual([bad.code, bad.stderr], [1, 'clientele: the audit log is not what was written\n'])
  assert.match(bad.stdout, /^security +1 to 1 +ALTERED: Event evt_\w+ is not what it was when it was sealed$/m)
})

test('names a tenant or category that does not exist', async () => {
  const tenant = await runCommand(['audit', 'verify', 'nobody'], settings)
  assert.deepEqual([tenant.code, tenant.stderr.includes('there is no tenant "nobody"')], [1, true])
  const category = await runCommand(['audit', 'verify', firstTenant, '--category', 'gossip'], settings)
  assert.equal(category.code, 2)
})
