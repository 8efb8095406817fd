/** Workflows: definitions and executions. Listing, triggering and the status are the document's; the rest is ours. */
import { Type } from 'typebox'
import type { Workflow, WorkflowRemark, WorkflowVersionLine } from '#features/workflows/index.ts'
import {
  activateWorkflow,
  addWorkflowVersion,
  checkWorkflow,
  createWorkflow,
  deactivateWorkflow,
  describeDefinitions,
  givenDefinition,
  listWorkflows,
  triggerWorkflow,
  viewWorkflow,
  workflowFault,
  workflowId,
} from '#features/workflows/index.ts'
import { coreError } from '#kernel/errors.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'

const moment = Type.String({ format: 'date-time' })
const definition = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  description: 'GET /api/v1/workflows/schema is its JSON Schema',
})

const line = {
  id: Type.String(),
  name: Type.String(),
  status: Type.Enum(['active', 'inactive']),
  version: Type.Integer({ description: 'The one in force, else the last one' }),
  triggers: Type.Array(Type.String()),
}
const WorkflowLine = Type.Object(line)
const WorkflowAnswer = Type.Object({
  ...line,
  last_version: Type.Integer(),
  definition,
  created_at: moment,
  updated_at: moment,
})
const VersionAnswer = Type.Object({
  version: Type.Integer(),
  definition,
  created_at: moment,
  created_by: nullable(Type.String()),
})

const RemarkAnswer = Type.Object(
  {
    code: Type.Enum(['too_few_approvers', 'approved_twice']),
    action_id: nullable(Type.String()),
    approvers: Type.Array(Type.String()),
    people: nullable(Type.Integer({ description: 'Active users who could decide' })),
    required: nullable(Type.Integer()),
    workflow_id: nullable(Type.String({ description: 'The other workflow that asks for an approval of the same' })),
    workflow_name: nullable(Type.String()),
  },
  {
    description: 'Allowed, and yet it will not go as thought: nobody who could decide, or two approvals of one entity',
  },
)
const presentRemark = (remark: WorkflowRemark) => ({
  code: remark.code,
  ...(remark.code === 'too_few_approvers'
    ? { action_id: remark.actionId, approvers: remark.approvers, people: remark.people, required: remark.required }
    : { action_id: null, approvers: [], people: null, required: null }),
  ...(remark.code === 'approved_twice'
    ? { workflow_id: remark.workflowId, workflow_name: remark.workflowName }
    : { workflow_id: null, workflow_name: null }),
})

const presentLine = (workflow: Workflow) => ({
  id: workflow.id,
  name: workflow.name,
  status: workflow.activeVersion === null ? ('inactive' as const) : ('active' as const),
  version: workflow.activeVersion ?? workflow.lastVersion,
  triggers: workflow.definition.triggers,
})
const present = (workflow: Workflow) => ({
  ...presentLine(workflow),
  last_version: workflow.lastVersion,
  definition: workflow.definition,
  created_at: workflow.createdAt.toISOString(),
  updated_at: workflow.updatedAt.toISOString(),
})
const presentVersion = (version: WorkflowVersionLine) => ({
  version: version.version,
  definition: version.definition,
  created_at: version.createdAt.toISOString(),
  created_by: version.createdBy,
})

const path = Type.Object({ workflow_id: workflowId })
const Given = Type.Object({ definition: givenDefinition, activate: Type.Optional(Type.Boolean()) })

export function workflowRoutes(routes: ContractRoutes): void {
  readingRoutes(routes)
  writingRoutes(routes)
  triggerRoute(routes)
}

function readingRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/workflows',
    operationId: 'listWorkflows',
    operation: listWorkflows,
    input: () => ({}),
    present: ({ workflows }) => ({ status: 200, body: { workflows: workflows.map(presentLine) } }),
    success: {
      status: 200,
      description: 'All workflows of the account',
      schema: Type.Object({ workflows: Type.Array(WorkflowLine) }),
    },
  })
  routes.add({
    method: 'GET',
    url: '/api/v1/workflows/schema',
    operationId: 'getWorkflowSchema',
    operation: describeDefinitions,
    input: () => ({}),
    present: ({ schema }) => ({ status: 200, body: JSON.parse(JSON.stringify(schema)) as Record<string, unknown> }),
    success: {
      status: 200,
      description: 'The JSON Schema of definitions',
      schema: Type.Unsafe<Record<string, unknown>>({ type: 'object' }),
    },
  })
  routes.add({
    method: 'GET',
    url: '/api/v1/workflows/:workflow_id',
    operationId: 'getWorkflow',
    operation: viewWorkflow,
    request: { path },
    input: (wire) => ({ workflowId: wire.path.workflow_id }),
    present: ({ workflow, versions, remarks }) => ({
      status: 200,
      body: {
        ...present(workflow),
        versions: versions.map(presentVersion),
        remarks: remarks.map(presentRemark),
      },
    }),
    success: {
      status: 200,
      description: 'The workflow with its versions, newest first',
      schema: Type.Intersect([
        WorkflowAnswer,
        Type.Object({ versions: Type.Array(VersionAnswer), remarks: Type.Array(RemarkAnswer) }),
      ]),
    },
  })
}

function writingRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/workflows/validate',
    operationId: 'validateWorkflow',
    operation: checkWorkflow,
    request: {
      body: Type.Object({
        definition: givenDefinition,
        workflow_id: Type.Optional(
          Type.String({ ...workflowId, description: 'Whose next version it is to be: its own events are no remark' }),
        ),
      }),
    },
    input: ({ body }) => ({ definition: body.definition, workflowId: body.workflow_id ?? null }),
    present: ({ remarks }) => ({ status: 200, body: { valid: true, remarks: remarks.map(presentRemark) } }),
    success: {
      status: 200,
      description: 'It could be saved; else 422 with all that is wrong',
      schema: Type.Object({ valid: Type.Boolean(), remarks: Type.Array(RemarkAnswer) }),
    },
  })
  routes.add({
    method: 'POST',
    url: '/api/v1/workflows',
    operationId: 'createWorkflow',
    operation: createWorkflow,
    request: { body: Given },
    input: ({ body }) => ({ definition: body.definition, activate: body.activate ?? false }),
    present: (workflow) => ({ status: 201, body: present(workflow) }),
    success: { status: 201, description: 'Version 1', schema: WorkflowAnswer },
  })
  routes.add({
    method: 'POST',
    url: '/api/v1/workflows/:workflow_id/versions',
    operationId: 'addWorkflowVersion',
    operation: addWorkflowVersion,
    request: { path, body: Given },
    input: (wire) => ({
      workflowId: wire.path.workflow_id,
      definition: wire.body.definition,
      activate: wire.body.activate ?? false,
    }),
    present: ({ workflow, version }) => ({ status: 201, body: { ...present(workflow), added_version: version } }),
    success: {
      status: 201,
      description: 'Kept; in force if activate was true',
      schema: Type.Intersect([WorkflowAnswer, Type.Object({ added_version: Type.Integer() })]),
    },
  })
  routes.add({
    method: 'POST',
    url: '/api/v1/workflows/:workflow_id/activate',
    operationId: 'activateWorkflow',
    operation: activateWorkflow,
    request: { path, body: Type.Object({ version: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })) }) },
    input: (wire) => ({ workflowId: wire.path.workflow_id, version: wire.body.version ?? null }),
    present: (workflow) => ({ status: 200, body: present(workflow) }),
    success: { status: 200, description: 'In force', schema: WorkflowAnswer },
  })
  routes.add({
    method: 'POST',
    url: '/api/v1/workflows/:workflow_id/deactivate',
    operationId: 'deactivateWorkflow',
    operation: deactivateWorkflow,
    request: { path },
    input: (wire) => ({ workflowId: wire.path.workflow_id }),
    present: (workflow) => ({ status: 200, body: present(workflow) }),
    success: { status: 200, description: 'Nothing starts it any more', schema: WorkflowAnswer },
  })
}

const Trigger = Type.Object({
  entity_type: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  entity_id: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: "Its id, or the invoice's number" }),
  ),
  input_variables: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Type.Unknown())),
})

/** @throws validation_failed */
function entityOf(body: Type.Static<typeof Trigger>) {
  const { entity_type: type, entity_id: id } = body
  if (type !== undefined && id !== undefined) return { type, id }
  if (type === undefined && id === undefined) return null
  const missing = type === undefined ? 'entity_type' : 'entity_id'
  throw coreError('validation_failed', {
    details: [{ path: ['body', missing], ...workflowFault('workflow_entity_incomplete'), type: 'missing' }],
  })
}

function triggerRoute(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/workflows/:workflow_id/trigger',
    operationId: 'triggerWorkflow',
    operation: triggerWorkflow,
    request: { path, body: Trigger },
    input: (wire) => ({
      workflowId: wire.path.workflow_id,
      entity: entityOf(wire.body),
      variables: wire.body.input_variables ?? {},
    }),
    present: ({ executionId, workflowId: id }) => ({
      status: 200,
      body: { execution_id: executionId, workflow_id: id, status: 'running' },
    }),
    success: {
      status: 200,
      description: 'It runs',
      schema: Type.Object({ execution_id: Type.String(), workflow_id: Type.String(), status: Type.Literal('running') }),
    },
  })
}
