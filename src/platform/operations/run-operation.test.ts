import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { Type } from 'typebox'
import { metricsRegistry } from '../metrics/metrics.ts'
import type { Actor } from './actor.ts'
import { anonymous } from './actor.ts'
import { StaleActorError } from './database-errors.ts'
import { jot, ofClient, readingOfClient, write, writing } from './jotting-operations.fixture.ts'
import { defineOperation, definePhasedOperation } from './operation.ts'
import { runForResult } from './run-operation.ts'
import type { Seeded, ServicesFixture } from './services.fixture.ts'
import { openTestServices, origin } from './services.fixture.ts'

let fixture: ServicesFixture
let mine: Seeded
let other: Seeded

before(async () => {
  fixture = await openTestServices()
  mine = await fixture.seed('mine', ['jotting:write'])
  other = await fixture.seed('other')
})
after(() => fixture.close())
beforeEach(() => fixture.owner.query('delete from jottings'))

function run<I extends Parameters<typeof runForResult>[1]>(operation: I, input: unknown, actor: Actor = mine.user) {
  return runForResult(fixture.services, operation, input as never, { actor, origin })
}

const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected
const jottings = () => fixture.rows<{ tenant_id: string; id: number }>('select tenant_id, id from jottings order by id')

describe('the order of checks', () => {
  const badInput = { id: 'not a number' }

  test('no credential comes before everything else', async () => {
    await assert.rejects(run(write, badInput, anonymous), code('unauthenticated'))
  })

  test('level, then permission, then whose client, then input', async () => {
    await assert.rejects(run(write, badInput, mine.clientUser), code('account_level_required'))
    await assert.rejects(run(write, badInput, mine.key), code('account_level_required'))
    const powerless = { ...mine.user, permissions: new Set(['jotting:read']) }
    await assert.rejects(run(write, badInput, powerless), code('permission_missing'))
    await assert.rejects(run(write, badInput), code('validation_failed'))
    await assert.rejects(run(ofClient, { clientUid: 7 }, mine.key), code('validation_failed'))
    await assert.rejects(run(ofClient, { clientUid: other.clientUid }, mine.key), code('other_client'))
    await assert.rejects(run(ofClient, { clientUid: other.clientUid }, mine.clientUser), code('other_client'))
    assert.deepEqual(await run(ofClient, { clientUid: mine.clientUid }, mine.key), [])
  })

  test('a credential that has ended hears that before permission and input', async () => {
    const ended = await fixture.seed('ended', ['jotting:write'])
    await fixture.owner.query(`update sessions set revoked_at = now() where tenant_id = 'ended'`)
    await fixture.owner.query(`update api_keys set revoked_at = now() where tenant_id = 'ended'`)
    await assert.rejects(run(write, badInput, ended.user), code('session_ended'))
    await assert.rejects(run(write, { id: 1 }, { ...ended.user, permissions: new Set() }), code('session_ended'))
    await assert.rejects(run(write, { id: 1 }, ended.user), code('session_ended'))
    await assert.rejects(run(ofClient, { clientUid: other.clientUid }, ended.key), code('api_key_ended'))
    assert.deepEqual(await jottings(), [])
  })

  test('a credential that has ended runs nothing, also where the operation asks the database nothing', async () => {
    let performed = 0
    const idle = defineOperation({ ...readingOfClient, level: 'self', run: async () => ++performed })
    const hashing = definePhasedOperation({
      ...writing,
      input: Type.Object({}),
      prepare: async () => null,
      perform: async () => ++performed,
      run: async () => null,
      audit: () => ({ description: 'Hashed' }),
    })
    const ended = await fixture.seed('ended-2')
    assert.equal(await run(idle, { clientUid: '' }, ended.user), 1)
    await run(hashing, {}, ended.user)
    await fixture.owner.query(`update sessions set revoked_at = now() where tenant_id = 'ended-2'`)
    performed = 0
    await assert.rejects(run(idle, { clientUid: '' }, ended.user), code('session_ended'))
    await assert.rejects(run(hashing, {}, ended.user), code('session_ended'))
    assert.equal(performed, 1, 'no slow work for a session that has ended')
  })

  test('an actor loaded before its roles changed must be loaded again', async () => {
    const changed = await fixture.seed('changed')
    await fixture.owner.query(`update users set access_version = 2 where tenant_id = 'changed'`)
    await assert.rejects(run(write, { id: 1 }, changed.user), StaleActorError)
    await assert.rejects(run(write, { id: 1 }, { ...changed.user, permissions: new Set() }), StaleActorError)
    await run(write, { id: 1 }, { ...changed.user, accessVersion: 2 })
    assert.deepEqual(await jottings(), [{ tenant_id: 'changed', id: 1 }])
  })

  test('a suspended tenant and a deactivated client are told apart from ended credentials', async () => {
    const paused = await fixture.seed('paused')
    await fixture.owner.query(`update clients set is_active = false where tenant_id = 'paused'`)
    await assert.rejects(run(ofClient, { clientUid: paused.clientUid }, paused.key), code('client_inactive'))
    await assert.rejects(run(ofClient, { clientUid: paused.clientUid }, paused.clientUser), code('client_inactive'))
    const reviving = defineOperation({ ...readingOfClient, inactiveClientMay: true, run: async () => 'alive' })
    assert.equal(await run(reviving, { clientUid: paused.clientUid }, paused.key), 'alive')
    await fixture.owner.query(`update tenants set status = 'suspended' where id = 'paused'`)
    await assert.rejects(run(write, { id: 1 }, paused.user), code('tenant_suspended'))
  })
})

describe('isolation', () => {
  test('an operation sees and touches rows of its own tenant only, whatever it asks for', async () => {
    await run(write, { id: 1 }, other.user)
    assert.deepEqual(await run(ofClient, { clientUid: mine.clientUid }), [])
    const trespassing = defineOperation({
      ...writing,
      run: async ({ tx }) => {
        const updated = await sql`update jottings set text = 'taken'`.execute(tx)
        await sql`insert into jottings (tenant_id, id, text) values ('other', 2, 'planted')`.execute(tx)
        return { id: Number(updated.numAffectedRows) }
      },
    })
    await assert.rejects(run(trespassing, { id: 1 }), code('42501'))
    assert.deepEqual(await fixture.rows('select tenant_id, id, text from jottings'), [
      { tenant_id: 'other', id: 1, text: 'x' },
    ])
  })

  test('a public operation is in no tenant before it enters one, and only it may', async () => {
    const publicly = defineOperation({
      ...writing,
      level: 'public',
      permission: null,
      run: async (context, input) => {
        assert.throws(() => context.tenantId, /enters a tenant before/)
        await context.enterTenant('mine')
        await jot(context, input.id)
        return { id: input.id }
      },
    })
    await run(publicly, { id: 3 }, anonymous)
    assert.deepEqual(await jottings(), [{ tenant_id: 'mine', id: 3 }])
    const entering = defineOperation({
      ...writing,
      run: async (context) => {
        await context.enterTenant('other')
        return { id: 0 }
      },
    })
    await assert.rejects(run(entering, { id: 4 }), /only public operations/)
  })
})

test('a read is audited where it says that it showed something, and has been before anybody sees it', async () => {
  const shows = (target: string | null) =>
    defineOperation({
      ...readingOfClient,
      audit: () => (target === null ? null : { description: 'Shown', target: { type: 'jotting', id: target } }),
    })
  const shown = () => fixture.rows(`select target_id from audit_events where description = 'Shown' order by id`)
  const input = { clientUid: mine.clientUid }
  assert.deepEqual(await run(shows(null), input, mine.key), [])
  assert.deepEqual(await shown(), [])
  assert.deepEqual(await run(shows('1'), input, mine.key), [])
  assert.deepEqual(await shown(), [{ target_id: '1' }])
  await fixture.owner.query('revoke insert on audit_inbox from clientele_app')
  try {
    await assert.rejects(run(shows('2'), input, mine.key), code('42501'), 'what cannot be recorded is not shown')
  } finally {
    await fixture.owner.query('grant insert on audit_inbox to clientele_app')
  }
})

test('every call is measured by its operation and outcome, and by nothing that a caller can choose', async () => {
  const before = await counts()
  await run(write, { id: 1 })
  await assert.rejects(run(write, { id: 1 }), code('23505'))
  await assert.rejects(run(write, { id: 'x' }))
  await assert.rejects(run(write, {}, anonymous))
  await assert.rejects(run(write, { id: 2 }, { ...mine.user, permissions: new Set() }))
  const after = await counts()
  for (const outcome of ['ok', 'error', 'invalid', 'unauthenticated', 'forbidden']) {
    const labels = `operation="jotting.write",outcome="${outcome}"`
    assert.equal((after.get(labels) ?? 0) - (before.get(labels) ?? 0), 1, outcome)
  }
  for (const labels of after.keys()) assert.match(labels, /^operation="jotting\.[a-z-]+",outcome="[a-z_]+"$/)
})

/** How often each operation ended in each outcome, as /metrics tells it. */
async function counts(): Promise<Map<string, number>> {
  const line = /^clientele_operation_duration_seconds_count\{(?<labels>.*)\} (?<count>\d+)$/gm
  const found = (await metricsRegistry.metrics()).matchAll(line)
  return new Map(Array.from(found, ({ groups }) => [groups?.labels ?? '', Number(groups?.count)]))
}

test('operations that do not say what they must are refused when they are declared', () => {
  assert.throws(() => defineOperation({ ...writing, audit: undefined as never }), /says what its audit event holds/)
  assert.throws(() => defineOperation({ ...readingOfClient, client: undefined as never }), /which client it acts on/)
})
