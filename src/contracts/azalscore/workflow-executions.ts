/** Executions of workflows: their status is the document's, the rest is our addition. */
import { Type } from 'typebox'
import type { Execution, ShownStatus, Step, WorkflowSettingsInForce } from '#features/workflows/index.ts'
import {
  cancelExecution,
  configureWorkflows,
  listExecutions,
  removeWorkflowSecret,
  resumeExecution,
  rotateWorkflowSecret,
  runningStatuses,
  shownStatuses,
  viewExecution,
  viewWorkflowSettings,
  workflowId,
} from '#features/workflows/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes, WireAnswer } from '../shared/contract.ts'

const moment = Type.String({ format: 'date-time' })
const text = nullable(Type.String())
const time = (date: Date | null) => date?.toISOString() ?? null

const ExecutionLine = Type.Object({
  id: Type.String(),
  workflow_id: Type.String(),
  workflow_name: Type.String(),
  version: Type.Integer(),
  status: Type.Enum(shownStatuses),
  current_action: text,
  current_action_name: text,
  trigger: Type.String(),
  entity_type: text,
  entity_id: text,
  entity_internal_id: text,
  submitted_by: text,
  error: text,
  waits_until: nullable(moment),
  started_at: moment,
  finished_at: nullable(moment),
})
const StepAnswer = Type.Object({
  action_id: Type.String(),
  type: Type.String(),
  status: Type.String(),
  attempt: Type.Integer(),
  input: Type.Unknown(),
  outcome: Type.Unknown(),
  error: text,
  started_at: moment,
  finished_at: nullable(moment),
  duration_ms: nullable(Type.Number()),
})
const ExecutionAnswer = Type.Intersect([
  ExecutionLine,
  Type.Object({
    input_variables: Type.Record(Type.String(), Type.Unknown()),
    action_results: Type.Array(StepAnswer),
  }),
])

/** What is only a matter of the engine is "running" to everybody else. */
const statusOf = (status: Execution['status']): ShownStatus =>
  runningStatuses.includes(status) ? 'running' : (status as ShownStatus)

const presentLine = (execution: Execution) => ({
  id: execution.id,
  workflow_id: execution.workflow_id,
  workflow_name: execution.workflow_name,
  version: execution.version,
  status: statusOf(execution.status),
  current_action: execution.current_action,
  current_action_name: execution.current_action_name,
  trigger: execution.trigger,
  entity_type: execution.entity_type,
  entity_id: execution.entity_reference ?? execution.entity_id,
  entity_internal_id: execution.entity_id,
  submitted_by: execution.submitted_by,
  error: execution.error,
  waits_until: time(execution.wait_until),
  started_at: execution.started_at.toISOString(),
  finished_at: time(execution.finished_at),
})
const presentStep = (step: Step) => ({
  action_id: step.action_id,
  type: step.type,
  status: step.status,
  attempt: step.attempt,
  input: step.input,
  outcome: step.outcome,
  error: step.error,
  started_at: step.started_at.toISOString(),
  finished_at: time(step.finished_at),
  duration_ms: step.duration_ms === null ? null : Math.round(step.duration_ms * 1000) / 1000,
})
const present = ({ execution, steps }: { execution: Execution; steps: Step[] }): WireAnswer => ({
  status: 200,
  body: {
    ...presentLine(execution),
    input_variables: execution.scope.variables,
    action_results: steps.map(presentStep),
  },
})

const path = Type.Object({ execution_id: Type.String({ minLength: 1, maxLength: 64 }) })

export function workflowExecutionRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/workflows/executions',
    operationId: 'listWorkflowExecutions',
    operation: listExecutions,
    request: {
      query: Type.Object({
        workflow_id: Type.Optional(workflowId),
        status: Type.Optional(Type.Enum(shownStatuses)),
        entity_id: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Its id, not its number' })),
        cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
      }),
    },
    input: ({ query }) => ({
      workflowId: query.workflow_id ?? null,
      status: query.status ?? null,
      entityId: query.entity_id ?? null,
      before: query.cursor ?? null,
      limit: query.limit ?? 50,
    }),
    present: ({ executions, next }) => ({
      status: 200,
      body: { executions: executions.map(presentLine), next_cursor: next },
    }),
    success: {
      status: 200,
      description: 'Executions, newest first',
      schema: Type.Object({ executions: Type.Array(ExecutionLine), next_cursor: text }),
    },
  })
  routes.add({
    method: 'GET',
    url: '/api/v1/workflows/executions/:execution_id',
    operationId: 'getWorkflowExecution',
    operation: viewExecution,
    request: { path },
    input: (wire) => ({ executionId: wire.path.execution_id }),
    present,
    success: { status: 200, description: 'The execution with every step', schema: ExecutionAnswer },
  })
  routes.add({
    method: 'POST',
    url: '/api/v1/workflows/executions/:execution_id/cancel',
    operationId: 'cancelWorkflowExecution',
    operation: cancelExecution,
    request: { path, body: Type.Object({ reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })) }) },
    input: (wire) => ({ executionId: wire.path.execution_id, reason: wire.body.reason ?? null }),
    present,
    success: { status: 200, description: 'It goes no further', schema: ExecutionAnswer },
  })
  routes.add({
    method: 'POST',
    url: '/api/v1/workflows/executions/:execution_id/resume',
    operationId: 'resumeWorkflowExecution',
    operation: resumeExecution,
    request: { path },
    input: (wire) => ({ executionId: wire.path.execution_id }),
    present,
    success: { status: 200, description: 'It goes on with the action that failed', schema: ExecutionAnswer },
  })
  settingRoutes(routes)
}

const Settings = Type.Object({
  daily_limit: Type.Integer({ description: 'Executions a day (UTC)' }),
  retention_days: Type.Integer({ description: 'Of executions that have ended' }),
})
const SettingsAnswer = Type.Intersect([
  Settings,
  Type.Object({
    used_today: Type.Integer(),
    secret_created_at: nullable(Type.String({ format: 'date-time', description: 'null: calls are not signed' })),
    defaults: Settings,
  }),
])
const presentSettings = (settings: WorkflowSettingsInForce): WireAnswer => ({
  status: 200,
  body: {
    daily_limit: settings.dailyLimit,
    retention_days: settings.retentionDays,
    used_today: settings.usedToday,
    secret_created_at: settings.secretAt?.toISOString() ?? null,
    defaults: { daily_limit: settings.defaults.dailyLimit, retention_days: settings.defaults.retentionDays },
  },
})

function settingRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/workflows/settings',
    operationId: 'getWorkflowSettings',
    operation: viewWorkflowSettings,
    input: () => ({}),
    present: presentSettings,
    success: { status: 200, description: 'The settings in force', schema: SettingsAnswer },
  })
  const integer = (maximum: number) => Type.Optional(nullable(Type.Integer({ minimum: 1, maximum })))
  routes.add({
    method: 'PUT',
    url: '/api/v1/workflows/settings',
    operationId: 'putWorkflowSettings',
    operation: configureWorkflows,
    request: { body: Type.Object({ daily_limit: integer(10_000_000), retention_days: integer(3650) }) },
    input: ({ body }) => ({ dailyLimit: body.daily_limit ?? null, retentionDays: body.retention_days ?? null }),
    present: presentSettings,
    success: { status: 200, description: 'The settings from now on', schema: SettingsAnswer },
  })
  routes.add({
    method: 'POST',
    url: '/api/v1/workflows/settings/secret',
    operationId: 'rotateWorkflowSecret',
    operation: rotateWorkflowSecret,
    request: {
      body: Type.Object({
        overlap_hours: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 168,
            description: 'So long the old one signs beside it; 24 if left out',
          }),
        ),
      }),
    },
    input: ({ body }) => ({ overlapHours: body.overlap_hours ?? 24 }),
    present: ({ secret, previousValidUntil }) => ({
      status: 201,
      body: { secret, previous_valid_until: previousValidUntil?.toISOString() ?? null },
    }),
    success: {
      status: 201,
      description: 'Calls to a url are signed with it from now on; it is shown this once',
      schema: Type.Object({
        secret: Type.String({ description: 'whsec_...' }),
        previous_valid_until: nullable(Type.String({ format: 'date-time' })),
      }),
    },
  })
  routes.add({
    method: 'DELETE',
    url: '/api/v1/workflows/settings/secret',
    operationId: 'removeWorkflowSecret',
    operation: removeWorkflowSecret,
    input: () => ({}),
    present: () => ({ status: 200, body: { success: true } }),
    success: {
      status: 200,
      description: 'Calls are not signed any more',
      schema: Type.Object({ success: Type.Boolean() }),
    },
  })
}
