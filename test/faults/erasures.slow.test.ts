/** kill -9 in the middle of an erasure: another process brings it to its whole end. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { runDueTenantErasures, runErasure, scheduleTenantErasure } from '#features/personal-data/index.ts'
import { Planter } from '#features/personal-data/planted.fixture.ts'
import { everything, placesOf } from '#features/personal-data/scan.fixture.ts'
import { generateFernetKey } from '#kernel/fernet.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from '../support/app.ts'
import { startTestApp } from '../support/app.ts'
import { queryAsOwner } from '../support/owner-query.ts'
import { prepareTenant, systemOf } from '../support/prepared-client.ts'

const masterKeys = generateFernetKey()
let app: TestApp
before(async () => {
  app = await startTestApp({ config: { masterKeys } })
})
after(() => app.close())

/** Lets another process erase, and kills it once the question is answered with true. */
async function killInTheMiddle(args: string[], question: string, id: string): Promise<void> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'erasing-process.fixture.ts'), ...args], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      DATABASE_URL: app.database.applicationUrl,
      DATABASE_OWNER_URL: app.database.ownerUrl,
      CLIENTELE_MASTER_KEYS: masterKeys,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  try {
    const deadline = performance.now() + 60_000
    for (;;) {
      const [row] = await queryAsOwner<{ yes: boolean }>(app.database, question, [id])
      if (row?.yes) break
      assert.ok(child.exitCode === null && performance.now() < deadline, 'it ended, or did not come to the middle')
      await delay(2)
    }
  } finally {
    child.kill('SIGKILL')
  }
  assert.deepEqual((await ended)[1], 'SIGKILL')
}

test('the erasure of a person goes on where it was, and ends with nothing of it', async () => {
  const tenantId = await prepareTenant(app)
  const planter = await new Planter(app, tenantId).signIn()
  const { subject, word } = await planter.customer()
  await queryAsOwner(
    app.database,
    `insert into domain_events (tenant_id, id, type, data)
     select $1, gen_random_uuid(), 'planted.event', jsonb_build_object('name', $2::text) from generate_series(1, 6000)`,
    [tenantId, `Carla ${word}`],
  )
  const body = { subject_type: 'customer', subject_id: subject.id }
  const { erasure_id: erasureId = '' } = await planter.send('POST', '/api/v1/personal-data/erasures', body)
  const question = `select (outcome -> 'changed' ->> 'domain_events')::integer >= 500 as yes from erasures where id = $1`
  await killInTheMiddle([tenantId, erasureId], question, erasureId)
  const left = placesOf(await everything(app), word)
  assert.ok(left.includes('domain_events') && !left.includes('customers'), left.join())
  await runErasure(app.runtime.services, { tenantId, erasureId })
  const done = await planter.send('GET', `/api/v1/personal-data/erasures/${erasureId}`)
  assert.equal(done.status, 'completed')
  assert.deepEqual(placesOf(await everything(app), word), [
    'accounting_entries',
    'invoice_lines',
    'invoices',
    'retained_identities.identity_ciphertext (opened)',
  ])
})

test('the erasure of a tenant goes on where it was, and counts every row in its receipt', async () => {
  const tenantId = await prepareTenant(app)
  const { services } = app.runtime
  const rows = 30_000
  await queryAsOwner(
    app.database,
    `insert into customers (tenant_id, id, code, name) select $1, gen_random_uuid(), 'K' || n, 'Customer' from generate_series(1, $2) n`,
    [tenantId, rows],
  )
  const input = { reason: 'The contract has ended', days: 1 }
  const { id } = await runForResult(services, scheduleTenantErasure, input, systemOf(tenantId))
  const passing = `update tenant_erasures set created_at = created_at - interval '9 days', due_at = due_at - interval '9 days',
    started_at = started_at - interval '1 hour' where id = $1`
  await queryAsOwner(app.database, passing, [id])
  await runDueTenantErasures(services)
  await queryAsOwner(app.database, passing, [id])
  const question = `select (removed ->> 'customers')::integer between 1 and ${rows - 5000} as yes from tenant_erasures where id = $1`
  await killInTheMiddle([tenantId], question, id)
  await runDueTenantErasures(services)
  const [done] = await queryAsOwner<{ status: string; customers: number; left: number }>(
    app.database,
    `select status, (receipt::jsonb -> 'removed' ->> 'customers')::integer as customers,
            (select count(*)::integer from customers where tenant_id = $2) as left from tenant_erasures where id = $1`,
    [id, tenantId],
  )
  assert.deepEqual(done, { status: 'completed', customers: rows, left: 0 })
})
