/** The document's example, from invoice.created to the decision, as the workflow that is there from the start does it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createUser, signInAs } from '#test/support/identity.ts'
import type { Running } from './workflow.fixture.ts'
import { startRunning, until } from './workflow.fixture.ts'

let running: Running
let submitter: string
let approver: string
const ends: (() => unknown)[] = []
before(async () => {
  running = await startRunning({ after: (end) => ends.push(end) })
  const { app } = running
  submitter = (await signInAs(app)).access_token
  approver = (await signInAs(app, await createUser(app, ['approver'], submitter))).access_token
})
after(async () => {
  for (const end of ends) await end()
})

type Execution = {
  id: string
  status: string
  current_action: string | null
  error: string | null
  action_results: { action_id: string; status: string; duration_ms: number | null; input: unknown; outcome: never }[]
}
type Approval = {
  id: string
  status: string
  entity_id: string
  entity_summary: string
  workflow_name: string
  execution_id: string
}

let made = 0
async function createInvoice(amount: string): Promise<{ id: string; number: string }> {
  const customer = await running.ask<{ id: string }>(submitter, 'POST', '/customers', {
    code: `C${++made}`,
    name: 'ABC',
  })
  const number = `INV-2024-${String(made).padStart(3, '0')}`
  const body = { number, customer_id: customer.id, date: '2024-01-15', net_amount: amount, tax_amount: '0' }
  const { id } = await running.ask<{ id: string }>(submitter, 'POST', '/invoices', body)
  return { id, number }
}

const executionsOf = (id: string) =>
  running
    .ask<{ executions: Execution[] }>(submitter, 'GET', `/workflows/executions?entity_id=${id}`)
    .then(({ executions }) => executions)
const execution = (id: string) => running.ask<Execution>(submitter, 'GET', `/workflows/executions/${id}`)
const pending = (token: string) =>
  running
    .ask<{ approvals: Approval[] }>(token, 'GET', '/workflows/approvals/pending')
    .then(({ approvals }) => approvals)

async function waitingFor(id: string): Promise<Execution> {
  const found = await until('an approval', async () => (await executionsOf(id)).find((one) => one.status === 'waiting'))
  return execution(found.id)
}

test('an invoice over the amount waits for an approver, and is approved by his decision', async () => {
  const invoice = await createInvoice('2500.00')
  const waiting = await waitingFor(invoice.id)
  assert.equal(waiting.current_action, 'approval_step')
  assert.deepEqual(
    waiting.action_results.map(({ action_id, status }) => [action_id, status]),
    [
      ['notify_manager', 'completed'],
      ['check_amount', 'completed'],
      ['approval_step', 'waiting'],
    ],
  )
  const [approval] = await pending(approver)
  assert.equal(approval?.workflow_name, 'Approbation Factures')
  assert.equal(approval?.entity_id, invoice.number)
  assert.equal(approval?.entity_summary, 'Facture 2500€ - Client ABC')
  const address = `/workflows/approvals/${approval?.id}/decide`
  const own = await running.answer(submitter, 'POST', address, { approved: true })
  assert.equal(own.status, 403, own.text)
  assert.match(own.text, /workflow_own_submission/)
  assert.deepEqual(await pending(submitter), [])

  const body = { approved: true, comment: 'Validé après vérification' }
  await running.ask(approver, 'POST', address, body)
  const ended = await until('the end', async () => {
    const now = await execution(waiting.id)
    return now.status === 'waiting' || now.status === 'running' ? null : now
  })
  assert.equal(ended.status, 'completed', ended.error ?? '')
  const { status } = await running.ask<{ status: string }>(submitter, 'GET', `/invoices/${invoice.id}`)
  assert.equal(status, 'approved')
  const again = await running.answer(approver, 'POST', address, body)
  assert.equal(again.status, 409)
  assert.match(again.text, /workflow_approval_decided/)
  assert.deepEqual(await pending(approver), [])
  const list = await running.ask<{ notifications: { title: string }[] }>(approver, 'GET', '/notifications')
  const asked = list.notifications.find(({ title }) => title.startsWith('À approuver'))
  assert.match(JSON.stringify(asked), /\/console\/approvals"/, 'leads to where it is decided')
})

test('an invoice below the amount is told, and nobody has to decide', async () => {
  const invoice = await createInvoice('10.00')
  const [found] = await until('its end', async () => {
    const all = await executionsOf(invoice.id)
    return all[0]?.status === 'completed' ? all : null
  })
  const { action_results: steps } = await execution(found?.id ?? '')
  assert.deepEqual(
    steps.map((step) => step.action_id),
    ['notify_manager', 'check_amount'],
  )
})

test('a rejection rejects the invoice; one that has passed its deadline cannot be decided', async () => {
  const rejected = await createInvoice('5000.00')
  const late = await createInvoice('6000.00')
  const first = await waitingFor(rejected.id)
  const second = await waitingFor(late.id)
  const approvals = await pending(approver)
  const idOf = (executionId: string) => approvals.find((one) => one.execution_id === executionId)?.id
  await running.ask(approver, 'POST', `/workflows/approvals/${idOf(first.id)}/decide`, { approved: false })
  await until('the rejection', async () => {
    const { status } = await running.ask<{ status: string }>(submitter, 'GET', `/invoices/${rejected.id}`)
    return status === 'rejected'
  })
  await running.query('update workflow_approvals set expires_at = now() where execution_id = $1', [second.id])
  const answer = await running.answer(approver, 'POST', `/workflows/approvals/${idOf(second.id)}/decide`, {
    approved: true,
  })
  assert.equal(answer.status, 409)
  assert.match(answer.text, /workflow_approval_expired/)
  await running.query('update workflow_executions set due_at = now(), wait_until = now() where id = $1', [second.id])
  const failed = await until('the failure', async () => {
    const now = await execution(second.id)
    return now.status === 'failed' ? now : null
  })
  assert.match(failed.error ?? '', /on_expired/)
  const resumed = await running.ask<Execution>(submitter, 'POST', `/workflows/executions/${second.id}/resume`)
  assert.equal(resumed.status, 'running')
  await until('a new approval', async () => (await pending(approver)).some((one) => one.execution_id === second.id))
  const cancelled = await running.ask<Execution>(submitter, 'POST', `/workflows/executions/${second.id}/cancel`, {})
  assert.equal(cancelled.status, 'cancelled')
  assert.deepEqual(await pending(approver), [])
  assert.equal((await running.answer(submitter, 'POST', `/workflows/executions/${second.id}/cancel`, {})).status, 409)
})

test('an invoice that changed while people decided is not approved', async () => {
  const invoice = await createInvoice('3000.00')
  const waiting = await waitingFor(invoice.id)
  await running.ask(submitter, 'PATCH', `/invoices/${invoice.id}`, { net_amount: '900000.00', tax_amount: '0' })
  const approval = (await pending(approver)).find((one) => one.execution_id === waiting.id)
  await running.ask(approver, 'POST', `/workflows/approvals/${approval?.id}/decide`, { approved: true })
  const ended = await until('the end', async () => {
    const now = await execution(waiting.id)
    return now.status === 'failed' ? now : null
  })
  assert.match(ended.error ?? '', /check_unchanged/)
  assert.equal((await running.ask<{ status: string }>(submitter, 'GET', `/invoices/${invoice.id}`)).status, 'draft')
})

test("the document's own calls answer as it shows them", async () => {
  const { workflows } = await running.ask<{ workflows: Record<string, unknown>[] }>(submitter, 'GET', '/workflows')
  const { triggers, ...shown } = workflows.find((one) => one.id === 'wf_invoice_approval') ?? {}
  assert.deepEqual(shown, { id: 'wf_invoice_approval', name: 'Approbation Factures', status: 'active', version: 1 })
  assert.ok((triggers as string[]).includes('event:invoice.created'))
  const { number } = await createInvoice('12.00')
  const started = await running.ask<Record<string, unknown>>(
    submitter,
    'POST',
    '/workflows/wf_invoice_approval/trigger',
    {
      entity_type: 'invoice',
      entity_id: number,
      input_variables: { priority: 'high' },
    },
  )
  assert.equal(started.workflow_id, 'wf_invoice_approval')
  assert.equal(started.status, 'running')
  assert.match(String(started.execution_id), /^exec_/)
  const missing = { entity_type: 'invoice', entity_id: 'INV-NONE' }
  assert.equal((await running.answer(submitter, 'POST', '/workflows/wf_invoice_approval/trigger', missing)).status, 404)
})
