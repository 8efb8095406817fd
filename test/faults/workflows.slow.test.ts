/**
 * Workers that are killed at every step of executions. Four executions at a time are stopped in the middle of their steps, by locks
 * on tables that they need and by a receiver that does not answer; there the worker is killed. Everything happens, and nothing in
 * the database twice.
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

const say = (title: string) => ({
  type: 'notification',
  template: 'announcement',
  recipients: ['role:owner'],
  variables: { title, message: 'x' },
})
const workflows = (url: string): Record<string, { id: string; [field: string]: unknown }[]> => ({
  told: [{ id: 'first_word', ...say('First') }],
  changed: [{ id: 'set_city', type: 'update', set: { city: 'Paris' } }],
  called: [{ id: 'call', type: 'webhook', url, retry: { max_attempts: 20, delay: '1s' } }],
  asked: [
    { id: 'ask', type: 'approval', approvers: ['role:approver'] },
    { id: 'set_phone', type: 'update', set: { phone: '0102030405' } },
    { id: 'last_word', ...say('Last') },
  ],
})

test('kill -9 at every step: each effect in the database once, each call with one key, and the executions end', async (t) => {
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
  const count = async (from: string) => (await rows<{ n: number }>(`select count(*)::integer as n from ${from}`))[0]?.n
  const receiver = await startReceiver(t)
  const token = (await signInAs(app)).access_token
  const approver = (await signInAs(app, await createUser(app, ['approver'], token))).access_token
  const ask = async <T>(as: string, method: string, address: string, body?: object): Promise<T> => {
    const answer = await app.request(`/api/v1${address}`, { method, token: as, ...(body ? { body } : {}) })
    assert.ok(answer.status < 300, `${address}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  for (const [name, actions] of Object.entries(workflows(receiver.url))) {
    const definition = { name, triggers: ['event:customer.created'], entity_type: 'customer', actions }
    await ask(token, 'POST', '/workflows', { definition, activate: true })
  }

  let kills = 0
  /** What a killed worker had claimed waits for a minute; the test moves the clock instead of waiting. */
  const start = async () => {
    await rows(`update workflow_executions set due_at = now(), wait_until = case when status = 'waiting' then wait_until else now() end
      where due_at is not null`)
    worker = await startWorkerProcess(t, app)
  }
  const kill = async () => {
    const killed = worker
    killed?.kill('SIGKILL')
    if (killed) await once(killed, 'exit')
    kills += 1
  }
  /** So many transactions of workflows that wait for these tables; of a partitioned one, it may be a partition. */
  const stopped = (tables: readonly string[], number: number) =>
    until(`${number} that wait for ${tables.join(', ')}`, async () => {
      const waiting = await rows(
        `select distinct l.pid from pg_locks l where not l.granted and exists (select from unnest($1::regclass[]) t
          where l.relation = t or l.relation in (select inhrelid from pg_inherits where inhparent = t))
          and exists (select from pg_locks h where h.pid = l.pid and h.granted and h.relation = 'workflow_executions'::regclass)`,
        [tables],
      )
      return waiting.length >= number
    })
  const killWhereStopped = async (tables: readonly string[], number: number, more?: () => Promise<unknown>) => {
    await locker.query(`begin; lock table ${tables.join(', ')} in exclusive mode`)
    await start()
    await stopped(tables, number)
    await more?.()
    await kill()
    await locker.query('rollback')
  }

  await ask(token, 'POST', '/customers', { code: 'KILL', name: 'Kill' })
  await killWhereStopped(['pgboss.job'], 1)
  receiver.state.holds = true
  await killWhereStopped(['notifications', 'customers'], 3, () =>
    until('the call', async () => receiver.received.length > 0),
  )
  receiver.state.holds = false
  // Who was killed there has done nothing, but for the attempt that was written down before its call.
  for (const from of ['notifications', 'workflow_approvals', `workflow_steps where action_id <> 'call'`]) {
    assert.equal(await count(from), 0, from)
  }
  // Their last words with the commit behind them are on their way: what is committed then is not done again.
  await killWhereStopped(['workflow_steps', 'workflow_approvals'], 4)
  await start()
  await until('the question, and the end of the others', async () => {
    const states = await rows<{ status: string }>('select status from workflow_executions order by status')
    return states.map(({ status }) => status).join() === 'completed,completed,completed,waiting'
  })
  await kill()
  const { approvals } = await ask<{ approvals: { id: string }[] }>(approver, 'GET', '/workflows/approvals/pending')
  assert.equal(approvals.length, 1)
  await ask(approver, 'POST', `/workflows/approvals/${approvals[0]?.id}/decide`, { approved: true })
  await killWhereStopped(['customers'], 1)
  await start()
  await until('the end', async () => (await count(`workflow_executions where status = 'completed'`)) === 4)

  const completed = await rows<{ action_id: string; n: number }>(
    `select action_id, count(*)::integer as n from workflow_steps where status = 'completed' group by 1`,
  )
  assert.deepEqual(
    Object.fromEntries(completed.map(({ action_id, n }) => [action_id, n])),
    Object.fromEntries(Object.values(workflows('')).flatMap((actions) => actions.map(({ id }) => [id, 1]))),
  )
  for (const title of ['First', 'Last']) assert.equal(await count(`notifications where title = '${title}'`), 1)
  assert.equal(await count(`domain_events where type = 'customer.updated'`), 2)
  assert.equal(await count('workflow_approvals'), 1)
  assert.equal(new Set(receiver.received.map(({ key }) => key)).size, 1)
  const attempts = await count(`workflow_steps where action_id = 'call'`)
  assert.ok(receiver.received.length <= (attempts ?? 0), 'no call without an attempt that was written down before')
  t.diagnostic(`${kills} workers killed; ${receiver.received.length} calls in ${attempts} attempts`)
})
