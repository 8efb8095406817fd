/** The clock of the machine is set a day forward, or back, while the server and its workers run: the database's counts. */
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { runHourlyAudit } from '#features/audit/index.ts'
import { runDueSchedules } from '#features/reports/index.ts'
import type { Scene } from '#features/workflows/scene.fixture.ts'
import { startScene } from '#features/workflows/scene.fixture.ts'
import { until } from '#features/workflows/workflow.fixture.ts'
import { adminPassword, firstAdministrator } from '../support/app.ts'
import { stepClock } from '../support/stepped-clock.ts'

const dayMs = 86_400_000
let scene: Scene
let setRight = () => {}
before(async () => {
  scene = await startScene()
})
afterEach(() => setRight())
after(() => scene.close())

const ways = [
  ['forward', 3 * dayMs],
  ['back', -3 * dayMs],
] as const

function step(byMs: number): void {
  setRight = stepClock(byMs)
}

/** Seconds until a moment that stands in a row, by the database. */
async function secondsUntil(expression: string, from: string, values: unknown[] = []): Promise<number> {
  const rows = await scene.query<{ s: string }>(
    `select extract(epoch from ${expression} - now()) as s from ${from}`,
    values,
  )
  assert.equal(rows.length, 1)
  return Number(rows[0]?.s)
}

async function bothWays(work: (byMs: number, which: string) => Promise<void>): Promise<void> {
  for (const [which, byMs] of ways) {
    try {
      await work(byMs, which)
    } finally {
      setRight()
    }
  }
}

test("a clock that is set: a workflow's schedule that is due starts one execution, and is due again tomorrow", async () => {
  await bothWays(async (byMs, which) => {
    const id = await scene.create({
      name: `Daily ${which}`,
      triggers: ['schedule:0 8 * * *'],
      actions: [{ id: 'check', type: 'condition', expression: 'true', on_true: 'end', on_false: 'end' }],
    })
    step(byMs)
    await scene.query(`update workflow_triggers set next_at = now() - interval '1 second' where workflow_id = $1`, [id])
    const executions = () => scene.query('select id, status from workflow_executions where workflow_id = $1', [id])
    await until('the execution', async () => (await executions()).some(({ status }) => status === 'completed'))
    // The dispatcher looks every second: whatever it would start again, it has started by the end of another's run.
    const other = await scene.create({
      name: `Once ${which}`,
      triggers: ['schedule:0 9 * * *'],
      actions: [{ id: 'check', type: 'condition', expression: 'true', on_true: 'end', on_false: 'end' }],
    })
    await scene.query(`update workflow_triggers set next_at = now() - interval '1 second' where workflow_id = $1`, [
      other,
    ])
    await until('the other one', async () => {
      const [row] = await scene.query('select 1 from workflow_executions where workflow_id = $1', [other])
      return row
    })
    assert.equal((await executions()).length, 1)
    const next = await secondsUntil('next_at', 'workflow_triggers where workflow_id = $1', [id])
    assert.ok(next > 0 && next <= 86_400, `due again in ${next} s`)
  })
})

test("a clock that is set: a report's schedule that is due asks for one report, and is due again within its period", async () => {
  await bothWays(async (byMs, which) => {
    const made = await scene.ask<{ schedule_id: string }>(scene.admin, 'POST', '/reports/schedules', {
      template_id: 'monthly_sales',
      name: `Sales ${which}`,
      cron: '0 8 * * *',
      format: 'csv',
      recipients: ['team@example.com'],
      parameters: {},
    })
    step(byMs)
    const id = made.schedule_id
    await scene.query(`update report_schedules set next_run_at = now() - interval '1 second' where id = $1`, [id])
    const { services } = scene.app.runtime
    const asked = [await runDueSchedules(services), await runDueSchedules(services), await runDueSchedules(services)]
    assert.deepEqual(asked, [1, 0, 0])
    const next = await secondsUntil('next_run_at', 'report_schedules where id = $1', [id])
    assert.ok(next > 0 && next <= 86_400, `due again in ${next} s`)
  })
})

test('a clock that is set: an approval is open until the database says that its deadline has come, and no longer', async () => {
  await bothWays(async (byMs, which) => {
    const { anna } = scene
    const id = await scene.create({
      name: `Ask ${which}`,
      actions: [{ id: 'ask', type: 'approval', approvers: [anna.id], deadline: '48h', on_expired: 'end' }],
    })
    const execution = await scene.start(id)
    await scene.reaches(execution, 'waiting')
    step(byMs)
    // Looked at, as after a lost claim: it must wait on.
    await scene.query('update workflow_executions set due_at = now() where id = $1', [execution])
    const approval = await until('the approval', () =>
      scene.pendingOf(anna.token, execution).then((one) => one ?? null),
    )
    await until('another look', async () => {
      const left = await secondsUntil('due_at', 'workflow_executions where id = $1', [execution])
      return left > 3600
    })
    assert.equal((await scene.execution(execution)).status, 'waiting')
    await scene.query('update workflow_approvals set expires_at = now() where id = $1', [approval])
    const late = await scene.decide(anna.token, approval)
    assert.match(late.text, /workflow_approval_expired/)
    await scene.query('update workflow_executions set due_at = now() where id = $1', [execution])
    assert.equal((await scene.reaches(execution, 'completed')).action_results[0]?.outcome?.decision, 'expired')
  })
})

test('a clock that is set: a session is as long as ever, a token ends when it says, and one that goes on is not ended', async () => {
  await bothWays(async (byMs) => {
    const { app } = scene
    const before = await app.signIn()
    step(byMs)
    assert.equal((await app.request('/api/v1/clients', { token: before })).status, 200)
    const signedIn = await app.request('/api/v1/auth/login', {
      method: 'POST',
      body: {
        tenant_id: 'tenant_001',
        username: firstAdministrator,
        email: firstAdministrator,
        password: adminPassword,
      },
    })
    const token =
      signedIn.status === 200 ? (signedIn.body as { access_token: string }).access_token : await app.signIn()
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      exp: number
      sid: string
    }
    const seconds = await secondsUntil(`to_timestamp(${claims.exp})`, '(select) as one')
    assert.ok(seconds > 600 && seconds <= 1800, `a token for ${seconds} s`)
    const session = await secondsUntil('expires_at', 'sessions where id = $1', [claims.sid])
    assert.ok(session > 0 && session <= 31 * 86_400, `a session for ${session} s`)
    const ended = await app.runtime.services.signingKeys.sign({ sub: 'user', tid: 'tenant_001', sid: claims.sid }, -1)
    const refused = await app.request('/api/v1/clients', { token: ended })
    assert.equal(refused.status, 401)
  })
})

test('a clock that is set: nothing of the audit log goes before its time', async () => {
  await bothWays(async (byMs) => {
    await scene.ask(scene.admin, 'PUT', '/audit/settings', { retention_days: 365 })
    const count = async () => Number((await scene.query('select count(*) as n from audit_events'))[0]?.n)
    const there = await count()
    step(byMs > 0 ? 4000 * dayMs : -4000 * dayMs)
    await runHourlyAudit(scene.app.runtime.services)
    assert.ok((await count()) >= there)
  })
})
