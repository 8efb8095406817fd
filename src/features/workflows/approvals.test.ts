/** Who decides, for whom, how often, and who is reminded. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '#features/notifications/sending.fixture.ts'
import type { Scene } from './scene.fixture.ts'
import { startScene } from './scene.fixture.ts'

let scene: Scene
before(async () => {
  scene = await startScene()
})
after(() => scene.close())

test('two of several have to approve, each once; one who is none of them may not', async () => {
  const { anna, boris, clara, create, start, execution, reaches, pendingOf, decide } = scene
  const id = await create({
    name: 'Two',
    actions: [
      {
        id: 'ask',
        type: 'approval',
        approvers: ['role:approver'],
        required: 2,
        on_approved: 'end',
        on_rejected: 'fail',
      },
    ],
  })
  const started = await start(id)
  await reaches(started, 'waiting')
  const approval = (await pendingOf(anna.token, started)) ?? ''
  assert.equal((await decide(clara.token, approval)).status, 403)
  assert.equal((await decide(anna.token, approval)).status, 200)
  assert.equal((await decide(anna.token, approval)).status, 409)
  assert.equal(await pendingOf(anna.token, started), undefined)
  assert.equal((await execution(started)).status, 'waiting')
  assert.equal((await decide(boris.token, approval)).status, 200)
  const { action_results: steps } = await reaches(started, 'completed')
  assert.equal(steps[0]?.outcome?.approved, true)
})

test('ten who decide at the same moment: one decision counts, nine are told', async () => {
  const { anna, boris, create, start, reaches, pendingOf, decide } = scene
  const id = await create({ name: 'Race', actions: [{ id: 'ask', type: 'approval', approvers: ['role:approver'] }] })
  const started = await start(id)
  await reaches(started, 'waiting')
  const approval = (await pendingOf(anna.token, started)) ?? ''
  const all = await Promise.all(
    Array.from({ length: 10 }, (_, i) => decide(i % 2 ? anna.token : boris.token, approval, i % 3 > 0)),
  )
  assert.deepEqual(all.map(({ status }) => status).sort(), [200, ...Array.from({ length: 9 }, () => 409)])
})

test('a delegate decides for who delegated to him, as long as it lasts, but never for the submitter', async () => {
  const { anna, boris, clara, create, start, reaches, pendingOf, decide, query, ask, answer } = scene
  const id = await create({ name: 'Lent', actions: [{ id: 'ask', type: 'approval', approvers: ['role:approver'] }] })
  const ends_at = new Date(Date.now() + 3_600_000).toISOString()
  const delegation = await ask<{ id: string }>(anna.token, 'POST', '/workflows/delegations', {
    to_user: clara.id,
    ends_at,
  })
  const [first, second] = [await start(id), await start(id)]
  await reaches(first, 'waiting')
  await reaches(second, 'waiting')
  const approval = (await pendingOf(clara.token, first)) ?? ''
  assert.equal((await decide(clara.token, approval)).status, 200)
  // As if anna had submitted the second one: whoever decides for her decides for the submitter.
  await query('update workflow_approvals set submitted_by = $1 where execution_id = $2', [anna.id, second])
  const other = (await pendingOf(boris.token, second)) ?? ''
  const refused = await decide(clara.token, other)
  assert.equal(refused.status, 403)
  assert.match(refused.text, /workflow_own_submission/)
  await ask(anna.token, 'DELETE', `/workflows/delegations/${delegation.id}`)
  assert.match((await decide(clara.token, other)).text, /workflow_approver_required/)
  const self = await answer(anna.token, 'POST', '/workflows/delegations', { to_user: anna.id, ends_at })
  assert.equal(self.status, 422)
})

test('those who may decide are reminded, again and again, until the deadline', async () => {
  const { anna, create, start, execution, reaches, hurry, query, ask } = scene
  const id = await create({
    name: 'Reminds',
    actions: [
      { id: 'ask', type: 'approval', approvers: [anna.id], deadline: '3h', remind_every: '1h', on_expired: 'end' },
    ],
  })
  const started = await start(id)
  await reaches(started, 'waiting')
  const [before] = await query<{ due: number }>(
    'select round(extract(epoch from due_at - now()) / 60)::integer as due from workflow_executions where id = $1',
    [started],
  )
  assert.equal(before?.due, 60)
  await query('update workflow_approvals set remind_at = now() where execution_id = $1', [started])
  await query('update workflow_executions set due_at = now() where id = $1', [started])
  const titles = async () =>
    (await ask<{ notifications: { title: string }[] }>(anna.token, 'GET', '/notifications')).notifications
      .map(({ title }) => title)
      .filter((title) => title.startsWith('Rappel'))
  await until('a reminder', async () => (await titles()).length === 1)
  assert.equal((await execution(started)).status, 'waiting')
  await query('update workflow_approvals set expires_at = now() where execution_id = $1', [started])
  await hurry(started)
  const expired = await reaches(started, 'completed')
  assert.equal(expired.action_results[0]?.outcome?.decision, 'expired')
})
