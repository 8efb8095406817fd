/** An input that fits, for every operation of workflows. */
import { ownWorkflow } from './route-examples-workflows.ts'

const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString()
const execution = () => ({ executionId: 'exec_unknown' })

export const workflowInputs: Readonly<Record<string, () => Record<string, unknown>>> = {
  'workflow.list': () => ({}),
  'workflow.view': () => ({ workflowId: 'wf_invoice_approval' }),
  'workflow.describe-definitions': () => ({}),
  'workflow.check': () => ({ definition: ownWorkflow() }),
  'workflow.create': () => ({ definition: ownWorkflow(), activate: false }),
  'workflow.add-version': () => ({
    workflowId: 'wf_invoice_approval',
    definition: ownWorkflow(),
    activate: false,
  }),
  'workflow.activate': () => ({ workflowId: 'wf_invoice_approval', version: 1 }),
  'workflow.deactivate': () => ({ workflowId: 'wf_invoice_approval' }),
  'workflow.trigger': () => ({ workflowId: 'wf_invoice_approval', entity: null, variables: {} }),
  'workflow.advance': execution,
  'workflow.give-up': () => ({ ...execution(), reason: 'It cannot go on' }),
  'workflow.record-call': () => ({
    ...execution(),
    attempt: 1,
    outcome: { kind: 'done', exit: 'next', input: null, result: {} },
  }),
  'workflow.fire-schedule': () => ({ workflowId: 'wf_invoice_approval', pattern: '0 8 * * 1' }),
  'workflow-execution.list': () => ({ workflowId: null, status: 'failed', entityId: null, before: null, limit: 10 }),
  'workflow-execution.view': execution,
  'workflow-execution.cancel': () => ({ ...execution(), reason: null }),
  'workflow-execution.resume': execution,
  'workflow-settings.view': () => ({}),
  'workflow-settings.configure': () => ({ dailyLimit: 100, retentionDays: null }),
  'workflow-secret.rotate': () => ({ overlapHours: 24 }),
  'workflow-secret.remove': () => ({}),
  'approval.list-pending': () => ({ after: null, limit: 10 }),
  'approval.view': () => ({ approvalId: 'apr_unknown' }),
  'approval.decide': () => ({ approvalId: 'apr_unknown', approved: true, comment: null }),
  'approval-delegation.list': () => ({}),
  'approval-delegation.create': () => ({ toUser: 'user_unknown', startsAt: null, endsAt: tomorrow() }),
  'approval-delegation.delete': () => ({ id: 'dlg_unknown' }),
}
