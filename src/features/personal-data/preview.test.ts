/** The preview of an erasure in accounts that are too large to be counted at once. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readInTenant } from '#platform/operations/in-tenant.ts'
import type { TestApp } from '#test/support/app.ts'
import { firstTenant, startTestApp } from '#test/support/app.ts'
import { queryAsOwner } from '#test/support/owner-query.ts'
import type { Marks } from './marks.ts'
import { searchedFor } from './marks.ts'
import { Planter } from './planted.fixture.ts'
import type { Bounds } from './preview-store.ts'
import { countNaming, countOwn } from './preview-store.ts'
import { findMarks } from './subject-store.ts'

let app: TestApp
let marks: Marks
before(async () => {
  app = await startTestApp()
  const planted = await (await new Planter(app, firstTenant).signIn()).customer()
  const { services } = app.runtime
  const given = { tenantId: firstTenant, subject: planted.subject, services }
  marks = (await readInTenant(services, firstTenant, (tx) => findMarks(tx, given))) ?? assert.fail('not found')
  // Of 5,000 pages, a row each: more than one statement looks through. Each hundredth event names the person.
  await queryAsOwner(app.database, 'alter table domain_events set (fillfactor = 10)')
  await queryAsOwner(
    app.database,
    `insert into domain_events (tenant_id, id, type, data)
     select $1, gen_random_uuid(), 'test.large',
            jsonb_build_object('text', repeat('x', 500), 'of', case when n % 100 = 0 then $2 else 'nobody' end)
       from generate_series(1, 5000) n`,
    [firstTenant, searchedFor(marks)[0]],
  )
})
after(() => app.close())

const atOnceAtMost = 1_000

const counted = (bounds: Bounds) =>
  readInTenant(app.runtime.services, firstTenant, (tx) =>
    countNaming(tx, { tenantId: firstTenant, marks }, { rowsAtOnce: atOnceAtMost, ...bounds }),
  )

const never = () => false

test('in parts it counts what it counts at once', async () => {
  const atOnce = await counted({ isLate: never, rowsAtOnce: 1_000_000 })
  assert.ok((atOnce.counts.domain_events ?? 0) >= 50)
  assert.deepEqual(atOnce.incomplete, [])
  assert.deepEqual(await counted({ isLate: never, rowsAtOnce: 0 }), atOnce)
  assert.deepEqual(await counted({ isLate: never }), atOnce)
})

test('when the time is over it tells what it has counted by then, and which tables may hold more', async () => {
  const whole = await counted({ isLate: never })
  let asked = 0
  const tables = Object.keys((await counted({ isLate: () => ++asked > 0 })).counts)
  assert.deepEqual(tables, [], 'nothing is looked at once it is late')
  // Late after the first part of the large table, which is looked at last.
  const { incomplete } = await counted({ isLate: () => true })
  let left = incomplete.length + 1
  const partial = await counted({ isLate: () => left-- <= 0 })
  assert.deepEqual(partial.incomplete, ['domain_events'])
  const events = partial.counts.domain_events ?? 0
  assert.ok(events > 0 && events < (whole.counts.domain_events ?? 0), String(events))
  assert.deepEqual({ ...partial.counts, domain_events: 0 }, { ...whole.counts, domain_events: 0 })
  const own = await readInTenant(app.runtime.services, firstTenant, (tx) =>
    countOwn(tx, { tenantId: firstTenant, marks }, { isLate: () => true }),
  )
  assert.deepEqual(own.counts, {})
  assert.ok(own.incomplete.length > 0)
})
