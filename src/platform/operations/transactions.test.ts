import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { coreError } from '#kernel/errors.ts'
import type { Actor } from './actor.ts'
import { jot, ofClient, write, writing } from './jotting-operations.fixture.ts'
import { defineOperation, definePhasedOperation, Refusal } from './operation.ts'
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
  await fixture.owner.query(`
    alter table audit_events add constraint unwritable check (description <> 'unwritable');
    create sequence attempts;
    grant usage on sequence attempts to clientele_app;
    create function fail_times(times integer, state text) returns void language plpgsql as $$
    begin
      if nextval('attempts') <= times then raise exception 'again' using errcode = state; end if;
    end $$`)
})
after(() => fixture.close())
beforeEach(async () => {
  await fixture.owner.query('delete from jottings')
  await fixture.owner.query('delete from domain_events')
})

function run<I extends Parameters<typeof runForResult>[1]>(operation: I, input: unknown, actor: Actor = mine.user) {
  return runForResult(fixture.services, operation, input as never, { actor, origin })
}

const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected
const jottings = () => fixture.rows<{ tenant_id: string; id: number }>('select tenant_id, id from jottings order by id')
const audits = (action: string) =>
  fixture.rows<Record<string, unknown>>('select * from audit_events where action = $1 order by id', [action])

describe('the journal', () => {
  test('row, audit event and domain event are written together', async () => {
    await run(write, { id: 5 })
    assert.deepEqual(await jottings(), [{ tenant_id: 'mine', id: 5 }])
    const [event] = (await audits('jotting.write')).slice(-1)
    assert.deepEqual(
      { tenant: event?.tenant_id, target: event?.target_id, request: event?.request_id, context: event?.context },
      { tenant: 'mine', target: '5', request: 'r-1', context: { some: 'context', via: 'test' } },
    )
    assert.deepEqual(event?.actor, {
      type: 'user',
      user_id: mine.user.userId,
      session_id: mine.user.sessionId,
      ip_address: '192.0.2.7',
      user_agent: 'test',
    })
    const emitted = await fixture.rows('select tenant_id, type, data from domain_events')
    assert.deepEqual(emitted, [{ tenant_id: 'mine', type: 'jotting.written', data: { id: 5 } }])
  })

  test('an audit event or a domain event that cannot be written undoes the row', async () => {
    const before = (await audits('jotting.write')).length
    await assert.rejects(run(write, { id: 6, description: 'unwritable' }), code('23514'))
    await assert.rejects(run(write, { id: 7, event: 'no uuid' }))
    assert.deepEqual(await jottings(), [])
    assert.deepEqual(await fixture.rows('select 1 from domain_events'), [])
    assert.equal((await audits('jotting.write')).length, before)
  })

  test('refused authorizations are recorded with who tried what', async () => {
    const before = (await audits('access.denied')).length
    await assert.rejects(run(write, { id: 1 }, { ...mine.user, permissions: new Set() }))
    await assert.rejects(run(ofClient, { clientUid: other.clientUid }, mine.key))
    const recorded = (await audits('access.denied')).slice(before)
    assert.deepEqual(
      recorded.map((one) => [one.tenant_id, one.target_id, one.severity, (one.actor as { type: string }).type]),
      [
        ['mine', 'jotting.write', 'warning', 'user'],
        ['mine', 'jotting.of-client', 'warning', 'api_key'],
      ],
    )
  })

  test('a refusal inside the operation is thrown and what was written with it stays, audited', async () => {
    const refusing = defineOperation({
      ...writing,
      name: 'jotting.refuse',
      run: async (context, input) => {
        await jot(context, input.id)
        return new Refusal(coreError('rate_limited'), { action: 'jotting.refused', description: 'Refused' })
      },
      audit: () => ({ description: 'never' }),
    })
    await assert.rejects(run(refusing, { id: 8 }), code('rate_limited'))
    assert.deepEqual(await jottings(), [{ tenant_id: 'mine', id: 8 }])
    assert.equal((await audits('jotting.refused')).length, 1)
    assert.equal((await audits('jotting.refuse')).length, 0)
  })

  test('a write that nothing waits for fails the operation with what its constraint means', async () => {
    await run(write, { id: 1 })
    const writingLast = defineOperation({
      ...writing,
      run: async ({ tx, write: later, emit }, input) => {
        const statement = sql`insert into jottings (tenant_id, id) values ('mine', ${input.id})`
        later({ compile: () => statement.compile(tx) }, { jottings_pkey: () => coreError('idempotency_key_reused') })
        emit({ type: 'jotting.written', clientId: null, data: { last: input.id } })
        return { id: input.id }
      },
    })
    const before = (await audits('jotting.write')).length
    await assert.rejects(run(writingLast, { id: 1 }), code('idempotency_key_reused'))
    await run(writingLast, { id: 2 })
    assert.deepEqual(
      (await jottings()).map((row) => row.id),
      [1, 2],
    )
    assert.equal((await audits('jotting.write')).length, before + 1)
  })

  test('an error inside the operation undoes everything of it', async () => {
    const failing = defineOperation({
      ...writing,
      run: async (context, input) => {
        await jot(context, input.id)
        throw coreError('bad_request')
      },
    })
    await assert.rejects(run(failing, { id: 9 }), code('bad_request'))
    assert.deepEqual(await jottings(), [])
  })
})

describe('attempts', () => {
  const flaky = (times: number, state: string) =>
    defineOperation({
      ...writing,
      run: async (context, input) => {
        await jot(context, input.id)
        await sql`select fail_times(${times}, ${state})`.execute(context.tx)
        context.emit({ type: 'jotting.written', clientId: null, data: {} })
        return { id: input.id }
      },
    })

  test('a serialization failure is tried again, and leaves one row, one audit event, one domain event', async () => {
    for (const state of ['40001', '40P01']) {
      await fixture.owner.query('alter sequence attempts restart; delete from jottings; delete from domain_events')
      const before = (await audits('jotting.write')).length
      await run(flaky(2, state), { id: 1 })
      assert.deepEqual(await jottings(), [{ tenant_id: 'mine', id: 1 }])
      assert.equal((await audits('jotting.write')).length, before + 1)
      assert.equal((await fixture.rows('select 1 from domain_events')).length, 1)
    }
  })

  test('after three attempts the failure stands', async () => {
    await fixture.owner.query('alter sequence attempts restart')
    await assert.rejects(run(flaky(3, '40001'), { id: 2 }), code('unavailable'))
    assert.deepEqual(await jottings(), [])
  })

  test('two operations that lock each other out both succeed', async () => {
    await fixture.owner.query(`insert into jottings values ('mine', 1, '0'), ('mine', 2, '0')`)
    let waiting = 0
    let open: () => void = () => {}
    const both = new Promise<void>((resolve) => {
      open = resolve
    })
    const crossing = (first: number, second: number) =>
      defineOperation({
        ...writing,
        run: async ({ tx }) => {
          await sql`update jottings set text = text || 'a' where id = ${first}`.execute(tx)
          if (++waiting === 2) open()
          await both
          await sql`update jottings set text = text || 'b' where id = ${second}`.execute(tx)
          return { id: first }
        },
      })
    await Promise.all([run(crossing(1, 2), { id: 1 }), run(crossing(2, 1), { id: 2 })])
    const texts = await fixture.rows<{ text: string }>('select text from jottings order by id')
    assert.deepEqual(
      texts.map((row) => row.text.split('').sort().join('')),
      ['0ab', '0ab'],
    )
  })
})

describe('phases', () => {
  test('no transaction and no connection is held while the slow work is done', async () => {
    const inFlight = () =>
      fixture.rows(
        `select state, query from pg_stat_activity where datname = current_database() and application_name = 'clientele'
           and (state <> 'idle' or xact_start is not null)`,
      )
    const slow = definePhasedOperation({
      ...writing,
      prepare: async ({ tx }, input) => {
        await sql`select 1`.execute(tx)
        return { prepared: input.id }
      },
      perform: async ({ services }, _input, { prepared }) => {
        assert.deepEqual(await inFlight(), [])
        assert.equal(services.database.pool.totalCount - services.database.pool.idleCount, 0)
        return { performed: prepared + 1 }
      },
      run: async (context, _input, { performed }) => {
        await jot(context, performed)
        return { id: performed }
      },
      audit: () => ({ description: 'Slowly written' }),
    })
    assert.deepEqual(await run(slow, { id: 10 }), { id: 11 })
    assert.deepEqual(await jottings(), [{ tenant_id: 'mine', id: 11 }])
  })

  test('a session that ends during the slow work does not get to record its outcome', async () => {
    const leaving = await fixture.seed('leaving')
    const slow = definePhasedOperation({
      ...writing,
      prepare: async () => null,
      perform: async () => {
        await fixture.owner.query(`update sessions set revoked_at = now() where tenant_id = 'leaving'`)
      },
      run: async (context) => {
        await jot(context, 1)
        return { id: 1 }
      },
      audit: () => ({ description: 'Slowly written' }),
    })
    await assert.rejects(run(slow, { id: 1 }, leaving.user), code('session_ended'))
    assert.deepEqual(await jottings(), [])
  })
})
