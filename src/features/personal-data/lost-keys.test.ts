/** Master keys are lost for good: a person is given what can still be read, and is erased from all else. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { attemptsForKey } from '#platform/secrets/secret-box.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { loseKeys } from '#test/support/lost-keys.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import { pendingCheck } from '#test/support/route-examples-checks.ts'
import { runErasure } from './index.ts'
import { Planter } from './planted.fixture.ts'
import { unzip } from './scan.fixture.ts'

let app: TestApp
let planter: Planter
before(async () => {
  app = await startTestApp()
  planter = await new Planter(app, firstTenant).signIn()
})
after(() => app.close())

test('a person whose sealed content does not open is exported and erased, and both say what was left', async () => {
  const { subject, tenantId } = await planter.profile()
  const sealed = app.runtime.services.secrets.encrypt('["a sensitive value"]')
  await queryAsOwner(
    app.database,
    `update profiles set sensitive_ciphertext = $1, attributes = attributes || '[{"name": "iban"}]'::jsonb`,
    [sealed],
  )
  // May name anybody, and nobody can look any more.
  await pendingCheck(app, firstTenant, 'audit_verification')
  await queryAsOwner(app.database, 'update checks set result_ciphertext = $1', [sealed])
  await loseKeys(app)
  const archive = unzip(await planter.archiveOf(subject))
  assert.match(archive.get('profiles.jsonl')?.toString() ?? '', /"sensitive_lost":true/)
  assert.match(archive.get('files-lost.json')?.toString() ?? '', /"content_lost"/)
  const body = { subject_type: subject.type, subject_id: subject.id }
  const { erasure_id: erasureId } = await planter.send<{ erasure_id: string }>(
    'POST',
    '/api/v1/personal-data/erasures',
    body,
  )
  // Another server may have its key: until that is out of the question, nothing of the person is deleted by what can be read alone.
  for (let attempt = 1; attempt < attemptsForKey; attempt++) {
    await assert.rejects(runErasure(app.runtime.services, { tenantId, erasureId }), { code: 'content_lost' })
  }
  assert.equal((await queryAsOwner(app.database, 'select 1 from profiles where pk = $1', [subject.id])).length, 1)
  await runErasure(app.runtime.services, { tenantId, erasureId })
  const done = await planter.send<{ status: string; sealed_left: number; deleted: Record<string, number> }>(
    'GET',
    `/api/v1/personal-data/erasures/${erasureId}`,
  )
  assert.equal(done.status, 'completed', JSON.stringify(done))
  assert.equal(done.deleted.profiles, 1)
  assert.ok(done.sealed_left > 0)
})

test('what is sealed elsewhere is tried again as well, before it is left', async () => {
  const { subject, tenantId } = await planter.profile()
  const body = { subject_type: subject.type, subject_id: subject.id }
  const { erasure_id: erasureId } = await planter.send<{ erasure_id: string }>(
    'POST',
    '/api/v1/personal-data/erasures',
    body,
  )
  await assert.rejects(runErasure(app.runtime.services, { tenantId, erasureId }), { code: 'content_lost' })
  // The key has come.
  const sealed = app.runtime.services.secrets.encrypt('{}')
  await queryAsOwner(app.database, 'update checks set result_ciphertext = $1 where result_ciphertext is not null', [
    sealed,
  ])
  await queryAsOwner(app.database, 'update email_configs set secret_ciphertext = $1', [sealed])
  await runErasure(app.runtime.services, { tenantId, erasureId })
  const done = await planter.send<{ status: string; sealed_left: number }>(
    'GET',
    `/api/v1/personal-data/erasures/${erasureId}`,
  )
  assert.deepEqual([done.status, done.sealed_left], ['completed', 0])
})
