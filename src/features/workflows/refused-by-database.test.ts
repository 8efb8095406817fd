/** What PostgreSQL takes into no text: it ends an execution at most, and does not come back each minute for ever. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { firstTenant } from '#test/support/app.ts'
import type { Running } from './workflow.fixture.ts'
import { startRunning, until } from './workflow.fixture.ts'

const ends: (() => unknown)[] = []
let running: Running
let token: string
let workflowId: string
before(async () => {
  running = await startRunning({ after: (end) => ends.push(end) })
  token = await running.app.signIn()
  const definition = {
    name: 'Passes on what it is given',
    triggers: ['manual'],
    variables: [{ name: 'x', type: 'any' }],
    actions: [{ id: 'say', type: 'webhook', event: 'said', body: { v: '=variables.x' } }],
  }
  const body = { definition, activate: true }
  workflowId = (await running.ask<{ id: string }>(token, 'POST', '/workflows', body)).id
})
after(async () => {
  for (const end of ends.reverse()) await end()
})

type Row = { status: string; error: string | null; said: string | null }
const ended = (id: string) =>
  until('its end', async () => {
    const [row] = await running.query<Row>(
      `select e.status, e.error, (select s.input -> 'v' from workflow_steps s where s.execution_id = e.id)::text as said
         from workflow_executions e where e.id = $1`,
      [id],
    )
    return row?.status === 'completed' || row?.status === 'failed' ? row : null
  })
const used = async () => {
  const [row] = await running.query<{ used: number }>('select sum(used)::integer as used from workflow_usage')
  return row?.used ?? 0
}

test('variables lose what no text of the database has, and the rest of them goes on', async () => {
  for (const [x, said] of [
    ['a\u0000b', '"ab"'],
    ['\ud800', '"\ufffd"'],
    [{ '\ud800': ['\u0000', 1] }, '{"\ufffd":["",1]}'],
  ] as const) {
    const started = await running.ask<{ execution_id: string }>(token, 'POST', `/workflows/${workflowId}/trigger`, {
      input_variables: { x },
    })
    assert.deepEqual(await ended(started.execution_id), { status: 'completed', error: null, said })
  }
})

test('an execution that the database refuses to move on fails at once, and counts as one of the day', async () => {
  const before = await used()
  for (const [i, escaped] of ['\\ud800', '\\u0000'].entries()) {
    const id = `exec_refused${i}`
    const scope = `{"variables":{"x":"${escaped}"},"event":{},"steps":{}}`
    await running.query(
      `insert into workflow_executions (tenant_id, id, workflow_id, version, trigger, scope, due_at)
       values ($1, $2, $3, 1, 'manual', $4::json, now())`,
      [firstTenant, id, workflowId, scope],
    )
    const { status, error } = await ended(id)
    assert.deepEqual([status, error], ['failed', 'The request holds a value that cannot be stored.'])
  }
  assert.equal(await used(), before + 2)
})
