/** What is allowed and yet will not go as thought, and who is told when it does not. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createUser, signInAs } from '#test/support/identity.ts'
import { meet } from './remarks.ts'
import type { Definition } from './schemas.ts'
import type { Running } from './workflow.fixture.ts'
import { startRunning, until } from './workflow.fixture.ts'

type Remark = { code: string; action_id: string | null; people: number | null; workflow_id: string | null }
type Checked = { valid: boolean; remarks: Remark[] }

let running: Running
let owner: string
const ends: (() => unknown)[] = []
before(async () => {
  running = await startRunning({ after: (end) => ends.push(end) })
  owner = (await signInAs(running.app)).access_token
})
after(async () => {
  for (const end of ends) await end()
})

const approval = { id: 'ask', type: 'approval', approvers: ['role:approver'] }
const definition = (changes: object = {}) => ({ name: 'Asks', triggers: ['manual'], actions: [approval], ...changes })
const check = (given: object, workflow_id?: string) =>
  running.ask<Checked>(owner, 'POST', '/workflows/validate', {
    definition: given,
    ...(workflow_id ? { workflow_id } : {}),
  })

test('an approval that no active user could give is remarked on, and its owners are told when one waits', async () => {
  const few = { code: 'too_few_approvers', action_id: 'ask', workflow_id: null, workflow_name: null }
  const nobody = { ...few, approvers: ['role:approver'], people: 0, required: 1 }
  assert.deepEqual((await check(definition())).remarks, [nobody])
  const body = { definition: definition(), activate: true }
  const { id } = await running.ask<{ id: string }>(owner, 'POST', '/workflows', body)
  assert.deepEqual((await running.ask<Checked>(owner, 'GET', `/workflows/${id}`)).remarks, [nobody])

  await running.ask(owner, 'POST', `/workflows/${id}/trigger`, {})
  type Told = { notifications: { template_id?: string; title: string; body: string }[] }
  const told = await until('the owner is told', async () => {
    const { notifications } = await running.ask<Told>(owner, 'GET', '/notifications')
    return notifications.find((one) => /Nobody to approve|Personne pour approuver/.test(one.title))
  })
  assert.match(told.body, /Asks/)

  const approver = await createUser(running.app, ['approver'], owner)
  assert.deepEqual((await check(definition())).remarks, [])
  assert.deepEqual((await check(definition({ actions: [{ ...approval, required: 2 }] }))).remarks, [
    { ...nobody, people: 1, required: 2 },
  ])
  const named = { ...approval, approvers: [approver.id] }
  assert.deepEqual((await check(definition({ actions: [named] }))).remarks, [])
  await running.query(`update users set status = 'deactivated' where id = $1`, [approver.id])
  assert.equal((await running.ask<Checked>(owner, 'GET', `/workflows/${id}`)).remarks[0]?.people, 0)
})

test('a second approval upon the same event is remarked on until the other workflow is off, its own versions never', async () => {
  const invoices = definition({
    entity_type: 'invoice',
    triggers: ['event:invoice.*'],
    actions: [{ ...approval, approvers: ['role:owner'] }],
  })
  const [twice] = (await check(invoices)).remarks
  assert.deepEqual([twice?.code, twice?.workflow_id], ['approved_twice', 'wf_invoice_approval'])
  assert.deepEqual((await check(invoices, 'wf_invoice_approval')).remarks, [])
  assert.deepEqual((await check({ ...invoices, triggers: ['event:invoice.deleted'] })).remarks, [])
  await running.ask(owner, 'POST', '/workflows/wf_invoice_approval/deactivate')
  assert.deepEqual((await check(invoices)).remarks, [])
})

test('two patterns of events meet where one event fits both', () => {
  const of = (...names: string[]) => ({ triggers: names.map((name) => `event:${name}`) }) as Definition
  assert.ok(meet(of('invoice.created'), of('invoice.deleted', 'invoice.*')))
  assert.ok(!meet(of('invoice.created'), of('invoice.updated')))
  assert.ok(!meet(of('invoice.*'), of('invoices.created')))
})
