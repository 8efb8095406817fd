/** What executions do: retries, delays, versions, schedules, limits. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createUser, signInAs } from '#test/support/identity.ts'
import type { Scene } from './scene.fixture.ts'
import { startScene } from './scene.fixture.ts'
import { until } from './workflow.fixture.ts'

let scene: Scene
before(async () => {
  scene = await startScene()
})
after(() => scene.close())

test('a call that fails is made again with the same key, and its answer is there for what follows', async () => {
  const { calls, answers, url, create, start, execution, hurry } = scene
  answers.splice(0, 9, 503, 500)
  const id = await create({
    name: 'Calls',
    variables: [{ name: 'priority', type: 'string' }],
    actions: [
      {
        id: 'call',
        type: 'webhook',
        url,
        body: { how: '=variables.priority' },
        retry: { max_attempts: 3, delay: '1s' },
      },
      {
        id: 'check',
        type: 'condition',
        expression: 'steps.call.body.accepted == true',
        on_true: 'end',
        on_false: 'fail',
      },
    ],
  })
  const from = calls.length
  const started = await start(id, { priority: 'high' })
  const ended = await until('the end', async () => {
    await hurry(started)
    const now = await execution(started)
    return now.status === 'completed' ? now : null
  })
  const made = calls.slice(from)
  assert.deepEqual(
    made.map(({ attempt }) => attempt),
    ['1', '2', '3'],
  )
  assert.equal(new Set(made.map(({ key }) => key)).size, 1)
  assert.equal(made[0]?.body.how, 'high')
  assert.equal(made[0]?.body.execution_id, started)
  assert.deepEqual(
    ended.action_results.map(({ action_id, status }) => [action_id, status]),
    [
      ['call', 'failed'],
      ['call', 'failed'],
      ['call', 'completed'],
      ['check', 'completed'],
    ],
  )
  assert.match(ended.action_results[0]?.error ?? '', /503/)
})

test('what cannot succeed fails at once, with the reason, goes where the definition says, and can be resumed', async () => {
  const { admin, anna, answers, url, create, start, reaches, ask } = scene
  answers.splice(0, 9, 422)
  const call = { id: 'call', type: 'webhook', url }
  const failing = await start(await create({ name: 'Fails', actions: [call] }))
  const failed = await reaches(failing, 'failed')
  assert.match(failed.error ?? '', /call: The receiver answered 422/)
  await ask(admin, 'POST', `/workflows/executions/${failing}/resume`)
  assert.equal((await reaches(failing, 'completed', 'failed')).status, 'completed')
  answers.splice(0, 9, 422)
  const branch = await create({
    name: 'Goes on',
    actions: [
      { ...call, next: 'end', on_failure: 'ask' },
      { id: 'ask', type: 'approval', approvers: [anna.id] },
    ],
  })
  assert.equal((await reaches(await start(branch), 'waiting')).current_action, 'ask')
})

test('private addresses are not called', async () => {
  const { create, start, reaches } = scene
  const id = await create({ name: 'Private', actions: [{ id: 'call', type: 'webhook', url: 'http://10.0.0.1/' }] })
  assert.match((await reaches(await start(id), 'failed')).error ?? '', /10\.0\.0\.1|not allowed|private/i)
})

test('a running execution keeps its version; nothing starts one that is not active', async () => {
  const { admin, create, start, reaches, hurry, ask, answer } = scene
  const first = { name: 'Versions', triggers: ['manual'], actions: [{ id: 'wait', type: 'delay', for: '1h' }] }
  const id = await create(first)
  const started = await start(id)
  await reaches(started, 'waiting')
  const second = { ...first, actions: [{ id: 'ask', type: 'approval', approvers: ['role:approver'] }] }
  await ask(admin, 'POST', `/workflows/${id}/versions`, { definition: second, activate: true })
  await hurry(started)
  const ended = await reaches(started, 'completed')
  assert.equal(ended.version, 1)
  assert.equal((await reaches(await start(id), 'waiting')).version, 2)
  await ask(admin, 'POST', `/workflows/${id}/deactivate`)
  assert.equal((await answer(admin, 'POST', `/workflows/${id}/trigger`, {})).status, 409)
  await ask(admin, 'POST', `/workflows/${id}/activate`, { version: 1 })
  assert.equal((await reaches(await start(id), 'waiting')).version, 1)
})

test('variables that are missing, unknown or of another type are refused by name', async () => {
  const { admin, create } = scene
  const id = await create({
    name: 'Asks',
    variables: [{ name: 'amount', type: 'number' }],
    actions: [{ id: 'check', type: 'condition', expression: 'variables.amount > 1.0' }],
  })
  for (const given of [{}, { amount: '1' }, { amount: 1, other: 2 }]) {
    const answer = await scene.answer(admin, 'POST', `/workflows/${id}/trigger`, { input_variables: given })
    assert.equal(answer.status, 422, answer.text)
    assert.match(answer.text, /workflow_variables_invalid/)
  }
})

test('a schedule that was missed for days fires once, and then at its next time', async () => {
  const { create, query } = scene
  const id = await create({
    name: 'Mondays',
    triggers: ['schedule:0 8 * * 1'],
    actions: [{ id: 'check', type: 'condition', expression: 'event.scheduled_for != ""' }],
  })
  await query(`update workflow_triggers set next_at = now() - interval '20 days' where workflow_id = $1`, [id])
  const rows = () => query<{ status: string }>('select status from workflow_executions where workflow_id = $1', [id])
  await until('an execution', async () => (await rows())[0]?.status === 'completed')
  const [trigger] = await query<{ later: boolean }>(
    'select next_at > now() as later from workflow_triggers where workflow_id = $1',
    [id],
  )
  assert.equal(trigger?.later, true)
  assert.equal((await rows()).length, 1)
})

test('workflows that start one another end after five', async () => {
  const { admin, create, query, ask } = scene
  const flip = (name: string, value: string) => ({
    name,
    triggers: ['event:customer.updated'],
    entity_type: 'customer',
    actions: [{ id: 'flip', type: 'update', set: { city: value } }],
  })
  const id = await create(flip('Flip', '=entity.code'))
  const customer = await ask<{ id: string }>(admin, 'POST', '/customers', { code: 'LOOP', name: 'Loop' })
  await ask(admin, 'PATCH', `/customers/${customer.id}`, { city: 'Paris' })
  const failed = await until('the end', async () => {
    const rows = await query<{ status: string; depth: number; error: string }>(
      'select status, depth, error from workflow_executions where workflow_id = $1 order by depth',
      [id],
    )
    return rows.at(-1)?.status === 'failed' ? rows : null
  })
  assert.deepEqual(
    failed.map(({ depth }) => depth),
    [1, 2, 3, 4, 5, 6],
  )
  assert.match(failed.at(-1)?.error ?? '', /without end/)
  await ask(admin, 'POST', `/workflows/${id}/deactivate`)
})

test('who may not approve invoices cannot have a workflow do it; a missing approver is named', async () => {
  const { app, admin, ask } = scene
  await ask(admin, 'POST', '/roles', { name: 'designer', permissions: ['workflow:view', 'workflow:manage'] })
  const user = await createUser(app, ['designer'], admin)
  const { access_token: token } = await signInAs(app, user)
  const definition = {
    name: 'Approves all',
    triggers: ['event:invoice.created'],
    entity_type: 'invoice',
    actions: [{ id: 'yes', type: 'update', set: { status: 'approved' } }],
  }
  const refused = await scene.answer(token, 'POST', '/workflows', { definition, activate: true })
  assert.equal(refused.status, 403)
  assert.match(refused.text, /invoice:approve/)
  const nobody = {
    ...definition,
    actions: [{ id: 'ask', type: 'approval', approvers: ['role:nobody', 'user_nobody'] }],
  }
  const answer = await scene.answer(admin, 'POST', '/workflows/validate', { definition: nobody })
  assert.equal(answer.status, 422)
  assert.match(answer.text, /There is no role nobody/)
  assert.match(answer.text, /There is no active user user_nobody/)
})

test('the limit of the day holds for calls and for events', async () => {
  const { admin, create, reaches, query, ask } = scene
  const { used_today: used } = await ask<{ used_today: number }>(admin, 'GET', '/workflows/settings')
  await ask(admin, 'PUT', '/workflows/settings', { daily_limit: used })
  const id = await create({
    name: 'Many',
    triggers: ['manual', 'event:customer.created'],
    actions: [{ id: 'wait', type: 'delay', for: '1h' }],
  })
  const answer = await scene.answer(admin, 'POST', `/workflows/${id}/trigger`, {})
  assert.equal(answer.status, 429)
  assert.ok(Number(answer.headers.get('retry-after')) > 0)
  await ask(admin, 'POST', '/customers', { code: 'LIMIT', name: 'Limit' })
  const [over] = await until('its end', async () => {
    const rows = await query<{ id: string; status: string; error: string }>(
      'select id, status, error from workflow_executions where workflow_id = $1',
      [id],
    )
    return rows[0]?.status === 'failed' ? rows : null
  })
  assert.match(over?.error ?? '', /as many executions today/)
  await ask(admin, 'PUT', '/workflows/settings', {})
  await ask(admin, 'POST', `/workflows/executions/${over?.id}/resume`)
  await reaches(over?.id ?? '', 'waiting')
})

test('what has ended is deleted after its time, with all that belongs to it', async () => {
  const { app, query } = scene
  await query(`update workflow_executions set expires_at = now() - interval '1 day' where finished_at is not null`)
  const count = async (table: string) =>
    (await query<{ n: number }>(`select count(*)::integer as n from ${table}`))[0]?.n ?? 0
  const [before] = await query<{ n: number }>(
    'select count(*)::integer as n from workflow_executions where finished_at is not null',
  )
  const [deleted] = await app.runtime.services.database.platformRead<{ n: number }>(
    'select delete_expired_workflows(1000) as n',
    [],
  )
  assert.equal(deleted?.n, before?.n)
  const [orphans] = await query<{ n: number }>(
    `select ((select count(*) from workflow_steps s where not exists (select from workflow_executions e where e.id = s.execution_id))
      + (select count(*) from workflow_approvals a where not exists (select from workflow_executions e where e.id = a.execution_id)))::integer as n`,
  )
  assert.equal(orphans?.n, 0)
  assert.ok((await count('workflow_executions')) > 0)
})

test('an action report asks for one in the transaction of its step, for people who get it by e-mail', async () => {
  const { answer, admin, create, start, reaches, query, anna } = scene
  const make = {
    id: 'make',
    type: 'report',
    template: 'monthly_sales',
    parameters: { month: '=variables.month' },
    recipients: ['role:owner', anna.id],
  }
  const definition = {
    name: 'Report',
    triggers: ['manual'],
    variables: [{ name: 'month', type: 'string' }],
    actions: [
      make,
      { id: 'check', type: 'condition', expression: 'steps.make.report_id.startsWith("rpt_")', on_false: 'fail' },
    ],
  }
  const unknown = { ...definition, actions: [{ ...make, template: 'nothing' }] }
  const refused = await answer(admin, 'POST', '/workflows/validate', { definition: unknown })
  assert.equal(refused.status, 422)
  assert.match(refused.text, /There is no report template/)

  const started = await start(await create(definition), { month: '2026-10' })
  const done = await reaches(started, 'completed')
  const [report] = await query<{
    template_id: string
    parameters: unknown
    recipients: string[]
    requested_by: unknown
  }>('select template_id, parameters, recipients, requested_by from reports where id = $1', [
    done.action_results[0]?.outcome?.report_id,
  ])
  assert.deepEqual(report?.parameters, { month: '2026-10' })
  assert.deepEqual([report?.template_id, report?.recipients.length], ['monthly_sales', 2])
  assert.deepEqual(report?.requested_by, { type: 'workflow', execution_id: started })
})

test('who may not see what a report shows saves no workflow that sends it to him', async () => {
  const { app, admin, answer, ask } = scene
  await ask(admin, 'POST', '/roles', {
    name: 'workflow_author',
    permissions: ['workflow:view', 'workflow:manage', 'report:generate'],
  })
  const author = await createUser(app, ['workflow_author'], admin)
  const { access_token: token } = await signInAs(app, author)
  const definition = {
    name: 'Curious',
    triggers: ['manual'],
    actions: [{ id: 'make', type: 'report', template: 'audit_summary', recipients: ['submitter'] }],
  }
  const refused = await answer(token, 'POST', '/workflows', { definition })
  assert.equal(refused.status, 403, refused.text)
  assert.match(refused.text, /audit:view/)
  assert.match(refused.text, /report:schedule/)
})
