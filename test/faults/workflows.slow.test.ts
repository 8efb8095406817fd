/**
 * Workers that are killed at every step of an execution. Each kind of step is stopped in the middle by a lock on a table that it
 * needs, or by a receiver that does not answer; there the worker is killed. Everything happens, and nothing in the database twice.
 */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import pg from 'pg'
import { generateFernetKey } from '#kernel/fernet.ts'
import type { TestApp } from '../support/app.ts'
import { startTestApp } from '../support/app.ts'
import { createUser, signInAs } from '../support/identity.ts'

const masterKeys = generateFernetKey()

async function startWorkerProcess(t: TestContext, app: TestApp): Promise<ChildProcess> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, '../../src/main.ts'), 'worker'], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: app.database.applicationUrl,
      DATABASE_OWNER_URL: app.database.ownerUrl,
      CLIENTELE_MASTER_KEYS: masterKeys,
      CLIENTELE_OUTBOUND_ALLOW: '127.0.0.1',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child, 'spawn')
  return child
}

async function until<T>(what: string, look: () => Promise<T | null | undefined | false>): Promise<T> {
  const end = Date.now() + 90_000
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) throw new Error(`did not happen: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

type Received = { action: string; key: string; attempt: string; response: ServerResponse }

async function startReceiver(t: TestContext) {
  const received: Received[] = []
  const state = { holds: false }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { action_id: action } = JSON.parse(Buffer.concat(chunks).toString()) as { action_id: string }
      const header = (name: string) => String(request.headers[name])
      received.push({ action, key: header('idempotency-key'), attempt: header('x-workflow-attempt'), response })
      if (!state.holds) response.end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { received, state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

function definition(url: string) {
  const call = { type: 'webhook', url, retry: { max_attempts: 20, delay: '1s' } }
  return {
    name: 'Every step',
    triggers: ['event:customer.created'],
    entity_type: 'customer',
    actions: [
      {
        id: 'first_word',
        type: 'notification',
        template: 'announcement',
        recipients: ['role:owner'],
        variables: { title: 'First', message: 'x' },
      },
      { id: 'set_city', type: 'update', set: { city: 'Paris' } },
      { id: 'first_call', ...call },
      { id: 'ask', type: 'approval', approvers: ['role:approver'] },
      { id: 'set_phone', type: 'update', set: { phone: '0102030405' } },
      { id: 'second_call', ...call },
      {
        id: 'last_word',
        type: 'notification',
        template: 'announcement',
        recipients: ['role:owner'],
        variables: { title: 'Last', message: 'x' },
      },
    ],
  }
}

test('kill -9 at every step: each effect in the database once, each call with one key, and the execution ends', async (t) => {
  const app = await startTestApp({ config: { masterKeys, outboundAllow: ['127.0.0.1'] } })
  let worker: ChildProcess | null = null
  const owner = new pg.Client({ connectionString: app.database.superuserUrl })
  const locker = new pg.Client({ connectionString: app.database.superuserUrl })
  await Promise.all([owner.connect(), locker.connect()])
  t.after(async () => {
    worker?.kill('SIGKILL')
    await Promise.all([owner.end(), locker.end()])
    await app.close()
  })
  const rows = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await owner.query<Row>(text, values)).rows
  const receiver = await startReceiver(t)
  const token = (await signInAs(app)).access_token
  const approver = (await signInAs(app, await createUser(app, ['approver'], token))).access_token
  const ask = async <T>(as: string, method: string, address: string, body?: object): Promise<T> => {
    const answer = await app.request(`/api/v1${address}`, { method, token: as, ...(body ? { body } : {}) })
    assert.ok(answer.status < 300, `${address}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  await ask(token, 'POST', '/workflows', { definition: definition(receiver.url), activate: true })

  worker = await startWorkerProcess(t, app)
  let kills = 0
  const kill = async () => {
    const killed = worker
    killed?.kill('SIGKILL')
    if (killed) await once(killed, 'exit')
    kills += 1
  }
  /** What a killed worker had claimed waits for a minute; the test moves the clock instead of waiting. */
  const moveClock = () =>
    rows(`update workflow_executions set due_at = now(), wait_until = case when status = 'waiting' then wait_until else now() end
      where due_at is not null`)
  const start = async () => {
    worker = await startWorkerProcess(t, app)
  }
  const restart = async () => {
    await moveClock()
    await start()
  }
  /** Kills the worker while it waits for this table. */
  const killAt = async (table: string, cause: () => Promise<unknown> = start) => {
    await moveClock()
    await locker.query(`begin; lock table ${table} in exclusive mode`)
    await cause()
    await until(`a worker that waits for ${table}`, async () => {
      // Of a partitioned table, it may be a partition.
      const waiting = await rows(
        `select 1 from pg_locks l where not l.granted and (l.relation = $1::regclass
           or l.relation in (select inhrelid from pg_inherits where inhparent = $1::regclass))`,
        [table],
      )
      return waiting.length > 0
    })
    await kill()
    await locker.query('rollback')
  }
  const killAtCall = async (action: string) => {
    const made = () => receiver.received.filter((one) => one.action === action).length
    receiver.state.holds = true
    await restart()
    await until(action, async () => made() > 0)
    await kill()
    receiver.state.holds = false
  }
  const state = async () =>
    (
      await rows<{ status: string; current_action: string | null }>(
        'select status, current_action from workflow_executions',
      )
    )[0]

  await killAt('pgboss.job', () => ask(token, 'POST', '/customers', { code: 'KILL', name: 'Kill' }))
  for (const table of ['workflow_executions', 'notifications', 'customers', 'workflow_steps']) await killAt(table)
  const [early] = await rows<{ n: number }>('select count(*)::integer as n from workflow_steps')
  assert.ok((early?.n ?? 0) <= 3)
  await killAtCall('first_call')
  await killAt('workflow_approvals')
  await restart()
  await until('the question', async () => (await state())?.status === 'waiting')
  await kill()
  const { approvals } = await ask<{ approvals: { id: string }[] }>(approver, 'GET', '/workflows/approvals/pending')
  assert.equal(approvals.length, 1)
  await ask(approver, 'POST', `/workflows/approvals/${approvals[0]?.id}/decide`, { approved: true })
  await killAt('customers')
  await killAtCall('second_call')
  await killAt('notifications')
  await restart()
  const ended = await until('the end', async () => {
    await rows(`update workflow_executions set due_at = now(), wait_until = now() where status = 'retrying'`)
    const now = await state()
    return now && ['completed', 'failed'].includes(now.status) ? now : null
  })
  assert.equal(ended.status, 'completed')

  const completed = await rows<{ action_id: string; n: number }>(
    `select action_id, count(*)::integer as n from workflow_steps where status = 'completed' group by 1 order by min(number)`,
  )
  assert.deepEqual(
    completed.map(({ action_id, n }) => [action_id, n]),
    definition('').actions.map(({ id }) => [id, 1]),
  )
  const told = await rows<{ title: string; n: number }>(
    `select title, count(*)::integer as n from notifications where title in ('First', 'Last') group by 1 order by 1`,
  )
  assert.deepEqual(told, [
    { title: 'First', n: 1 },
    { title: 'Last', n: 1 },
  ])
  const [updates] = await rows<{ n: number }>(
    `select count(*)::integer as n from domain_events where type = 'customer.updated'`,
  )
  assert.equal(updates?.n, 2)
  const [asked] = await rows<{ n: number }>('select count(*)::integer as n from workflow_approvals')
  assert.equal(asked?.n, 1)
  for (const action of ['first_call', 'second_call']) {
    const made = receiver.received.filter((one) => one.action === action)
    assert.equal(new Set(made.map(({ key }) => key)).size, 1)
    const [attempts] = await rows<{ n: number }>(
      'select count(*)::integer as n from workflow_steps where action_id = $1',
      [action],
    )
    assert.ok(made.length <= (attempts?.n ?? 0), 'no call without an attempt that was written down before')
  }
  t.diagnostic(
    `${kills} workers killed; calls: ${receiver.received.map((one) => `${one.action} ${one.attempt}`).join(', ')}`,
  )
})
