/** AZALSCORE: workflows. */
import { advanceExecution } from '#features/workflows/index.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from './app.ts'
import { prepareUser, signInAs, systemOf } from './prepared-client.ts'
import type { Example, ExampleOf, Subject } from './route-example.ts'

const nothing = (): Example => ({})
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString()

/** Asks one of the account's owners. */
export const ownWorkflow = (): { actions: object[]; [field: string]: unknown } => ({
  name: 'Own workflow',
  triggers: ['manual'],
  variables: [{ name: 'priority', type: 'string', default: 'normal' }],
  actions: [
    { id: 'ask', type: 'approval', approvers: ['role:owner'], deadline: '2d', on_approved: 'pause' },
    { id: 'pause', type: 'delay', for: '1h' },
  ],
})

type Asking = { app: TestApp; token: string }

async function asked<T>({ app, token }: Asking, method: string, ...[path, body]: [string, unknown?]): Promise<T> {
  const answer = await app.request(`/api/v1/workflows${path}`, { method, token, ...(body ? { body } : {}) })
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.body
}

async function started(asking: Asking, definition = ownWorkflow()): Promise<{ execution_id: string }> {
  const { id } = await asked<{ id: string }>(asking, 'POST', '', { definition, activate: true })
  return asked(asking, 'POST', `/${id}/trigger`, { input_variables: { priority: 'high' } })
}

/** An execution that waits for a decision. */
async function waiting(asking: Asking, tenantId: string, definition = ownWorkflow()): Promise<string> {
  const { execution_id: executionId } = await started(asking, definition)
  await runForResult(asking.app.runtime.services, advanceExecution, { executionId }, systemOf(tenantId))
  return executionId
}

/** One row at least in every table of workflows. */
export async function useWorkflows(app: TestApp, token: string, { client, user }: Subject): Promise<void> {
  const asking = { app, token }
  await waiting(asking, client.tenantId)
  await asked(asking, 'PUT', '/settings', { retention_days: 30 })
  for (let i = 0; i < 2; i++) await asked(asking, 'POST', '/settings/secret', {})
  const other = await prepareUser(app, 'viewer', client.tenantId)
  await asked(asking, 'POST', '/delegations', { to_user: other.id, ends_at: tomorrow() })
  if (user.id === other.id) throw new Error('a delegation needs two')
}

const builtIn = { path: { workflow_id: 'wf_invoice_approval' } }
const unknownExecution = { path: { execution_id: 'exec_unknown' } }
const unknownApproval = { path: { approval_id: 'apr_unknown' } }
const decision = { approved: true, comment: 'Validé après vérification' }

const failing = () => ({
  ...ownWorkflow(),
  actions: [{ id: 'never', type: 'condition', expression: 'variables.priority == "none"', on_false: 'fail' }],
})

type Prepared = { app: TestApp; subject: Subject; token: string }

const withExecution = async (prepared: Prepared): Promise<Example> => ({
  path: { execution_id: (await started(prepared)).execution_id },
})

/** Submitted by another owner: nobody decides on his own. */
async function approvalOfAnother({ app, subject, token }: Prepared): Promise<Example> {
  const { tenantId } = subject.client
  const other = await prepareUser(app, 'owner', tenantId)
  const { access } = await signInAs(app, other)
  const executionId = await waiting({ app, token: access }, tenantId)
  const { approvals } = await asked<{ approvals: { id: string; execution_id: string }[] }>(
    { app, token },
    'GET',
    '/approvals/pending?limit=100',
  )
  return { path: { approval_id: approvals.find((one) => one.execution_id === executionId)?.id ?? '' } }
}

export const workflowExamples: Readonly<Record<string, ExampleOf>> = {
  listWorkflows: { caller: 'account', request: nothing },
  getWorkflowSchema: { caller: 'account', request: nothing },
  getWorkflow: { caller: 'account', request: () => builtIn },
  validateWorkflow: { caller: 'account', request: () => ({ body: { definition: ownWorkflow() } }) },
  createWorkflow: { caller: 'account', request: () => ({ body: { definition: ownWorkflow(), activate: true } }) },
  addWorkflowVersion: {
    caller: 'account',
    request: () => ({ ...builtIn, body: { definition: ownWorkflow() } }),
  },
  activateWorkflow: { caller: 'account', request: () => ({ ...builtIn, body: { version: 1 } }) },
  deactivateWorkflow: {
    caller: 'account',
    request: () => builtIn,
    prepare: async (prepared) => {
      const { id } = await asked<{ id: string }>(prepared, 'POST', '', { definition: ownWorkflow(), activate: true })
      return { path: { workflow_id: id } }
    },
  },
  triggerWorkflow: {
    caller: 'account',
    request: () => ({
      ...builtIn,
      body: { entity_type: 'invoice', entity_id: 'INV-2024-001', input_variables: { priority: 'high' } },
    }),
    prepare: async (prepared) => {
      const { id } = await asked<{ id: string }>(prepared, 'POST', '', { definition: ownWorkflow(), activate: true })
      return { path: { workflow_id: id }, body: { input_variables: { priority: 'high' } } }
    },
  },
  listWorkflowExecutions: { caller: 'account', request: () => ({ query: { status: 'failed', limit: '10' } }) },
  getWorkflowExecution: { caller: 'account', request: () => unknownExecution, prepare: withExecution },
  cancelWorkflowExecution: {
    caller: 'account',
    request: () => ({ ...unknownExecution, body: { reason: 'Doublon' } }),
    prepare: async (prepared) => ({ ...(await withExecution(prepared)), body: { reason: 'Doublon' } }),
  },
  resumeWorkflowExecution: {
    caller: 'account',
    request: () => unknownExecution,
    prepare: async (prepared) => {
      const id = await waiting(prepared, prepared.subject.client.tenantId, failing())
      return { path: { execution_id: id } }
    },
  },
  getWorkflowSettings: { caller: 'account', request: nothing },
  putWorkflowSettings: { caller: 'account', request: () => ({ body: { retention_days: 60 } }) },
  rotateWorkflowSecret: { caller: 'account', request: () => ({ body: { overlap_hours: 1 } }) },
  removeWorkflowSecret: { caller: 'account', request: nothing },
  listPendingApprovals: { caller: 'account', request: nothing },
  getApproval: { caller: 'account', request: () => unknownApproval, prepare: approvalOfAnother },
  decideApproval: {
    caller: 'account',
    request: () => ({ ...unknownApproval, body: decision }),
    prepare: async (prepared) => ({ ...(await approvalOfAnother(prepared)), body: decision }),
  },
  listApprovalDelegations: { caller: 'account', request: nothing },
  createApprovalDelegation: {
    caller: 'account',
    request: () => ({ body: { to_user: 'user_unknown', ends_at: tomorrow() } }),
    prepare: async ({ app, subject }) => {
      const other = await prepareUser(app, 'viewer', subject.client.tenantId)
      return { body: { to_user: other.id, ends_at: tomorrow() } }
    },
  },
  deleteApprovalDelegation: {
    caller: 'account',
    request: () => ({ path: { delegation_id: 'dlg_unknown' } }),
    prepare: async ({ app, subject, token }) => {
      const other = await prepareUser(app, 'viewer', subject.client.tenantId)
      const body = { to_user: other.id, ends_at: tomorrow() }
      const { id } = await asked<{ id: string }>({ app, token }, 'POST', '/delegations', body)
      return { path: { delegation_id: id } }
    },
  },
}
