import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { Type } from 'typebox'
import { coreError } from '#kernel/errors.ts'
import type { Actor } from './actor.ts'
import { anonymous } from './actor.ts'
import { jot, writing } from './jotting-operations.fixture.ts'
import type { AnyOperation, OperationContext } from './operation.ts'
import { defineOperation, definePhasedOperation, Refusal } from './operation.ts'
import { runOperation } from './run-operation.ts'
import type { Seeded, ServicesFixture } from './services.fixture.ts'
import { masterKeys, openTestServices, origin } from './services.fixture.ts'

let fixture: ServicesFixture
let mine: Seeded
let other: Seeded
let runs = 0
let last = 0

before(async () => {
  fixture = await openTestServices()
  mine = await fixture.seed('mine')
  other = await fixture.seed('other')
})
after(() => fixture.close())
beforeEach(async () => {
  runs = 0
  await fixture.owner.query('delete from jottings; delete from idempotency_keys')
})

const input = Type.Object({ id: Type.Integer() })
const secretOf = (id: number) => `a secret shown once, number ${id}`

async function writeOne(context: OperationContext, id: number) {
  runs++
  await jot(context, id)
  return { id, secret: secretOf(id) }
}
const audit = () => ({ description: 'Written' })
const write = defineOperation({ ...writing, input, run: (context, { id }) => writeOne(context, id), audit })
const slow = definePhasedOperation({
  ...writing,
  name: 'jotting.slow',
  input,
  prepare: async ({ tx }) => sql`select 1`.execute(tx),
  perform: async (_work, { id }) => id,
  run: (context, _input, id) => writeOne(context, id),
  audit,
})
const both = { 'in one phase': write, 'in three phases': slow }

type Sent = { key: string; id?: number; body?: string; actor?: Actor; address?: string }

function send(operation: unknown, { key, id = 1, body = `{"id":${id}}`, actor = mine.user, address }: Sent) {
  const requestHash = createHash('sha256').update(body).digest()
  return runOperation(
    fixture.services,
    operation as AnyOperation,
    { id },
    {
      actor,
      origin: address === undefined ? origin : { ...origin, ipAddress: address },
      present: (result) => ({ status: 201, body: result }),
      idempotency: { key, requestHash },
    },
  )
}

const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected
const claims = () =>
  fixture.rows<{ response_ciphertext: string | null }>('select response_ciphertext from idempotency_keys')
const key = () => `key-${++last}`

for (const [how, operation] of Object.entries(both)) {
  describe(`an operation ${how}`, () => {
    test('runs once for a key: the same request gets the same answer', async () => {
      const one = key()
      const first = await send(operation, { key: one })
      assert.deepEqual(first, { status: 201, body: { id: 1, secret: secretOf(1) } })
      assert.deepEqual(await send(operation, { key: one }), first)
      assert.equal(runs, 1)
    })

    test('refuses a key that came with another body', async () => {
      const one = key()
      await send(operation, { key: one })
      await assert.rejects(send(operation, { key: one, id: 2 }), code('idempotency_key_reused'))
      assert.equal(runs, 1)
    })

    test('leaves no claim when it fails: the same request may come again', async () => {
      await fixture.owner.query(`insert into jottings values ('mine', 1, 'in the way')`)
      const one = key()
      await assert.rejects(send(operation, { key: one }), code('23505'))
      assert.deepEqual(await claims(), [])
      await fixture.owner.query('delete from jottings')
      await send(operation, { key: one })
    })

    test('runs again when the answer has expired, 24 hours later', async () => {
      const one = key()
      await send(operation, { key: one })
      await fixture.owner.query(`delete from jottings;
        update idempotency_keys set created_at = created_at - interval '23 hours 59 minutes', expires_at = expires_at - interval '23 hours 59 minutes'`)
      await send(operation, { key: one })
      assert.equal(runs, 1)
      await fixture.owner.query(`update idempotency_keys set expires_at = expires_at - interval '1 minute'`)
      // Another body too: an expired key is a new one.
      await send(operation, { key: one, id: 2 })
      assert.equal(runs, 2)
    })

    test('gives nobody the answer of another caller', async () => {
      const one = key()
      const callers: Actor[] = [
        mine.user,
        mine.clientUser,
        other.user,
        { kind: 'system', tenantId: 'mine', name: 'job' },
      ]
      // Level account only for the first kind; the scope is what is looked at here.
      const forAll = { ...(operation as AnyOperation), level: 'self' as const }
      for (const [i, actor] of callers.entries()) await send(forAll, { key: one, id: i + 1, actor })
      assert.equal(runs, callers.length)
      for (const [i, actor] of callers.entries()) {
        assert.deepEqual(await send(forAll, { key: one, id: i + 1, actor }), {
          status: 201,
          body: { id: i + 1, secret: secretOf(i + 1) },
        })
      }
      assert.equal(runs, callers.length)
    })

    test('refuses a replay to a credential that has ended', async () => {
      const leaving = await fixture.seed(`leaving ${how}`)
      const one = key()
      await send(operation, { key: one, actor: leaving.user })
      await fixture.owner.query('update sessions set revoked_at = now() where tenant_id = $1', [leaving.tenantId])
      await assert.rejects(send(operation, { key: one, actor: leaving.user }), code('session_ended'))
    })

    test('keeps its answer encrypted', async () => {
      await send(operation, { key: key() })
      const [claim] = await claims()
      const token = claim?.response_ciphertext ?? ''
      assert.match(token, /^gAAAA/)
      assert.ok(fixture.services.secrets.decrypt(token).toString('utf8').includes(secretOf(1)))
      assert.deepEqual(await fixture.rows(`select 1 from idempotency_keys k where k::text like '%shown once%'`), [])
    })
  })
}

test('requests at the same time with one key: one runs, the others wait and get its answer', async () => {
  const one = key()
  const answers = await Promise.all(Array.from({ length: 5 }, () => send(write, { key: one })))
  assert.equal(runs, 1)
  for (const answer of answers) assert.deepEqual(answer, answers[0])
  assert.equal((await fixture.rows('select 1 from jottings')).length, 1)
})

test('while a slow operation is under way the same key is told so, and gets the answer afterwards', async () => {
  let finish: () => void = () => {}
  let started: () => void = () => {}
  const running = new Promise<void>((resolve) => {
    started = resolve
  })
  const waiting = definePhasedOperation({
    ...writing,
    name: 'jotting.slow',
    input,
    prepare: async () => null,
    perform: () =>
      new Promise<null>((resolve) => {
        finish = () => resolve(null)
        started()
      }),
    run: (context, { id }) => writeOne(context, id),
    audit,
  })
  const one = key()
  const first = send(waiting, { key: one })
  await running
  await assert.rejects(send(waiting, { key: one }), code('idempotency_in_progress'))
  await assert.rejects(send(waiting, { key: one, id: 2 }), code('idempotency_key_reused'))
  finish()
  const answer = await first
  assert.deepEqual(await send(waiting, { key: one }), answer)
  assert.equal(runs, 1)
})

test('a claim whose work goes on is renewed, so nobody takes it over after a minute', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { promise: running, resolve: started } = Promise.withResolvers<void>()
  const { promise: finished, resolve: finish } = Promise.withResolvers<null>()
  const waiting = definePhasedOperation({
    ...writing,
    name: 'jotting.slow',
    input,
    prepare: async () => null,
    perform: () => {
      started()
      return finished
    },
    run: (context, { id }) => writeOne(context, id),
    audit,
  })
  const one = key()
  const first = send(waiting, { key: one })
  await running
  await fixture.owner.query(`update idempotency_keys set created_at = created_at - interval '50 seconds'`)
  t.mock.timers.tick(15_000)
  for (let young = false; !young; ) {
    const [claim] = await fixture.rows<{ young: boolean }>(
      `select created_at > now() - interval '40 seconds' as young from idempotency_keys`,
    )
    young = claim?.young ?? false
  }
  await assert.rejects(send(waiting, { key: one }), code('idempotency_in_progress'))
  finish(null)
  await first
  assert.equal(runs, 1)
})

test('a refusal that is recorded leaves no claim', async () => {
  const refusing = defineOperation({
    ...writing,
    input,
    run: async () => {
      runs++
      return new Refusal(coreError('rate_limited'), { description: 'Refused' })
    },
    audit,
  })
  const one = key()
  for (let time = 1; time <= 2; time++) {
    await assert.rejects(send(refusing, { key: one }), code('rate_limited'))
    assert.equal(runs, time)
  }
})

test('public operations: the key belongs to the address that sent it', async () => {
  const publicly = defineOperation({
    ...writing,
    level: 'public',
    permission: null,
    input,
    run: async (context, { id }) => {
      await context.enterTenant('mine')
      return writeOne(context, id)
    },
    audit,
  })
  const one = key()
  const first = await send(publicly, { key: one, actor: anonymous, address: '198.51.100.1' })
  assert.deepEqual(await send(publicly, { key: one, actor: anonymous, address: '198.51.100.1' }), first)
  assert.equal(runs, 1)
  await send(publicly, { key: one, id: 2, actor: anonymous, address: '198.51.100.2' })
  assert.equal(runs, 2)
})

test('the claim of a killed process holds for a minute, then the next request takes it over', async () => {
  const one = key()
  const requestHash = createHash('sha256').update('{"id":1}').digest('hex')
  const child = spawn(
    process.execPath,
    [
      new URL('slow-operation.fixture.ts', import.meta.url).pathname,
      JSON.stringify({
        connectionString: fixture.database.applicationUrl,
        masterKeys,
        actor: mine.user,
        idempotency: { key: one, requestHash },
      }),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(child.stdout, 'data')
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  const same = defineOperation({ ...writing, input, run: (context, { id }) => writeOne(context, id), audit })
  await assert.rejects(send(same, { key: one }), code('idempotency_in_progress'))
  await fixture.owner.query(`update idempotency_keys set created_at = created_at - interval '30 seconds'`)
  await assert.rejects(send(same, { key: one }), code('idempotency_in_progress'))
  await fixture.owner.query(`update idempotency_keys set created_at = created_at - interval '31 seconds'`)
  await send(same, { key: one })
  assert.equal(runs, 1)
})
