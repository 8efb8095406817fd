/** Verifications and validations that are too large for their request, over HTTP and by a worker. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { requestVerification, verificationChecker } from '#features/audit/index.ts'
import type { Checker } from '#features/checks/index.ts'
import { failAbandonedCheck, runCheck } from '#features/checks/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import { firstTenant } from '#src/bootstrap.ts'
import { startWorker } from '#src/worker.ts'
import type { TestApp } from '#test/support/app.ts'
import { startTestApp } from '#test/support/app.ts'
import { formOf } from '#test/support/form.ts'
import { queryAsOwner, withOwner } from '#test/support/owner-query.ts'
import { systemOf } from '#test/support/prepared-client.ts'

let app: TestApp
let token: string
let stopWorker: (() => Promise<void>) | null = null
before(async () => {
  app = await startTestApp({ config: { verifiedAtOnce: 2, validatedAtOnce: 3 } })
  token = await app.signIn()
  for (let i = 0; i < 5; i++) await record('data_access')
  await record('security')
})
after(async () => {
  await stopWorker?.()
  await app.close()
})

type Job = {
  verification_id: string
  validation_id: string
  status: string
  percent: number
  progress_url: string
  verdict: boolean | null
  result: Record<string, unknown> | null
  failure: { code: string } | null
}

async function ask<T>(method: string, path: string, status: number, body?: object): Promise<T> {
  const answer = await app.request(path, { method, token, ...(body ? { body } : {}) })
  assert.equal(answer.status, status, answer.text)
  return answer.body
}
const record = (category: string) =>
  ask('POST', '/api/v1/audit/events', 201, { category, action: 'look', description: 'Something' })
const verify = (status: number, body = {}) => ask<Job>('POST', '/api/v1/audit/verify-integrity', status, body)

async function ended(job: Job): Promise<Job> {
  stopWorker ??= await startWorker(app.runtime)
  const deadline = performance.now() + 30_000
  for (;;) {
    const now = await ask<Job>('GET', job.progress_url, 200)
    if (now.status !== 'pending' && now.status !== 'running') return now
    assert.ok(performance.now() < deadline, JSON.stringify(now))
    await delay(50)
  }
}

test('a short log is verified in the request, in the shape of the document', async () => {
  const report = await verify(200, { category: 'security' })
  assert.deepEqual([(report as unknown as { valid: boolean }).valid, report.verification_id], [true, undefined])
})

test('a verification that waits can be cancelled, once, and does not run then', async () => {
  const job = await verify(202)
  assert.deepEqual([job.status, job.verdict, job.percent], ['pending', null, 0])
  const cancelled = await ask<Job>('POST', `${job.progress_url}/cancel`, 200)
  assert.equal(cancelled.status, 'cancelled')
  await ask('POST', `${job.progress_url}/cancel`, 409)
  await ask('POST', '/api/v1/audit/verifications/ver_unknown/cancel', 404)
  const check = { tenantId: firstTenant, checkId: job.verification_id, kind: 'audit_verification' } as const
  await runCheck(app.runtime.services, verificationChecker, check, AbortSignal.timeout(10_000))
  await failAbandonedCheck(app.runtime.services, verificationChecker, check)
  assert.equal((await ask<Job>('GET', job.progress_url, 200)).status, 'cancelled')
})

test('a long log is verified by a job whose result is kept, listed, and of no other kind', async () => {
  const done = await ended(await verify(202, { category: 'data_access' }))
  assert.deepEqual([done.status, done.verdict, done.percent], ['completed', true, 100])
  assert.equal(done.result?.events_checked, 5)
  const { verifications } = await ask<{ verifications: Job[] }>('GET', '/api/v1/audit/verifications', 200)
  assert.equal(verifications[0]?.verification_id, done.verification_id)
  assert.deepEqual([verifications[0]?.verdict, verifications[0]?.result], [true, null])
  await ask('GET', `/api/v1/import/validations/${done.verification_id}`, 404)
  const kept = await queryAsOwner<{ result: string }>(
    app.database,
    'select result_ciphertext as result from checks where id = $1',
    [done.verification_id],
  )
  assert.doesNotMatch(kept[0]?.result ?? '', /events/)
  await assert.rejects(
    queryAsOwner(app.database, 'update checks set valid = false where id = $1', [done.verification_id]),
    /never changed/,
  )
})

test('a changed event shows in the result of the job, and as a critical event', async () => {
  await withOwner(app.database, async (owner) => {
    await owner.query('alter table audit_events disable trigger user')
    await owner.query(
      `update audit_events set description = 'Nothing' where id =
         (select event_id from audit_links where category = 'data_access' and sequence = 3)`,
    )
    await owner.query('alter table audit_events enable trigger user')
  })
  const done = await ended(await verify(202, { category: 'data_access' }))
  assert.equal(done.verdict, false)
  assert.equal((done.result?.first_breach as { sequence?: number } | undefined)?.sequence, 3)
  const { events } = await ask<{ events: { severity: string; target: { entity_id: string } }[] }>(
    'GET',
    '/api/v1/audit/events?action=audit-verification.end&severity=critical',
    200,
  )
  assert.equal(events[0]?.target.entity_id, done.verification_id)
})

async function waiting(): Promise<string> {
  const { job } = await runForResult(app.runtime.services, requestVerification, {}, systemOf(firstTenant))
  assert.ok(job)
  // The queue's own job would be taken by the worker of this test.
  await queryAsOwner(app.database, `delete from pgboss.job where data ->> 'checkId' = $1`, [job.id])
  return job.id
}

test('what is cancelled while it runs ends at the next progress, and writes no result', async () => {
  await stopWorker?.()
  stopWorker = null
  const id = await waiting()
  let passed = 0
  const checker: Checker = {
    end: verificationChecker.end,
    work: async (_services, { watch }) => {
      await ask('POST', `/api/v1/audit/verifications/${id}/cancel`, 200)
      await watch(1)
      passed++
      return { valid: true, expected: 1, checked: 1, result: {} }
    },
  }
  const job = { tenantId: firstTenant, checkId: id, kind: 'audit_verification' } as const
  await runCheck(app.runtime.services, checker, job, AbortSignal.timeout(10_000))
  assert.equal(passed, 0)
  assert.equal((await ask<Job>('GET', `/api/v1/audit/verifications/${id}`, 200)).status, 'cancelled')
})

test('an attempt that was taken for dead ends nothing, and what is given up has failed', async () => {
  await stopWorker?.()
  stopWorker = null
  const id = await waiting()
  const job = { tenantId: firstTenant, checkId: id, kind: 'audit_verification' } as const
  const found = { valid: true, expected: 1, checked: 1, result: {} }
  const second: Checker = { end: verificationChecker.end, work: () => Promise.reject(new Error('killed')) }
  const first: Checker = {
    end: verificationChecker.end,
    work: async () => {
      await assert.rejects(runCheck(app.runtime.services, second, job, AbortSignal.timeout(10_000)), /killed/)
      return found
    },
  }
  await runCheck(app.runtime.services, first, job, AbortSignal.timeout(10_000))
  assert.equal((await ask<Job>('GET', `/api/v1/audit/verifications/${id}`, 200)).status, 'running')
  await failAbandonedCheck(app.runtime.services, verificationChecker, job)
  const failed = await ask<Job>('GET', `/api/v1/audit/verifications/${id}`, 200)
  assert.deepEqual([failed.status, failed.failure?.code], ['failed', 'internal'])
})

test('a large file is validated by a job: what it would refuse, and what is wrong with the mapping at once', async () => {
  const form = formOf({}, { file: Buffer.from(`code;nom\n${'A;Alpha\n'.repeat(4)};Sans code\n`) })
  const raw = { method: 'POST', token, raw: form.body, headers: { 'content-type': form.type } }
  const { file_id } = (await app.request('/api/v1/import/preview', raw)).body as { file_id: string }
  await ask('POST', '/api/v1/import/validate', 422, {
    file_id,
    entity_type: 'customers',
    mappings: [{ source_field: 'none', target_field: 'code' }],
  })
  const job = await ask<Job>('POST', '/api/v1/import/validate', 202, { file_id, template_id: 'client_import' })
  const done = await ended(job)
  assert.deepEqual(
    [done.status, done.verdict, done.result?.rows, done.result?.errors_count],
    ['completed', false, 5, 1],
  )
  const { validations } = await ask<{ validations: Job[] }>('GET', '/api/v1/import/validations', 200)
  assert.equal(validations[0]?.validation_id, done.validation_id)
})

test('a validation whose file is gone has failed with the reason', async () => {
  await stopWorker?.()
  stopWorker = null
  const form = formOf({}, { file: Buffer.from(`code;nom\n${'B;Beta\n'.repeat(5)}`) })
  const raw = { method: 'POST', token, raw: form.body, headers: { 'content-type': form.type } }
  const { file_id } = (await app.request('/api/v1/import/preview', raw)).body as { file_id: string }
  const job = await ask<Job>('POST', '/api/v1/import/validate', 202, { file_id, template_id: 'client_import' })
  await queryAsOwner(app.database, 'delete from import_files where file_id = $1', [file_id])
  const done = await ended(job)
  assert.deepEqual([done.status, done.failure?.code], ['failed', 'import_file_not_found'])
})
