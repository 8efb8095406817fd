/** Executions: started by hand, looked at, cancelled, resumed; and how many an account may have. */
import { Type } from 'typebox'
import type { ErrorDetail } from '#kernel/errors.ts'
import { newId } from '#kernel/ids.ts'
import { lineOfText, nullable } from '#kernel/schemas.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { fitsType } from './check.ts'
import * as definitions from './definition-store.ts'
import { findEntity } from './entities.ts'
import { workflowError } from './errors.ts'
import { workflowFault } from './faults.ts'
import * as store from './list-store.ts'
import type { Definition, EntityType, Settings } from './schemas.ts'
import { defaultSettings, entityTypes, executionId, page, shownStatuses, workflowId } from './schemas.ts'
import type { NewExecution } from './start-store.ts'
import { insertExecution } from './start-store.ts'
import { storable } from './storable.ts'

const name = Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001F\\u007F]+$' })

/** @throws workflow_variables_invalid */
function variablesOf(definition: Definition, given: Record<string, unknown>): Record<string, unknown> {
  const declared = new Map((definition.variables ?? []).map((one) => [one.name, one]))
  const details: ErrorDetail[] = []
  for (const [key, value] of Object.entries(given)) {
    const known = declared.get(key)
    const path = ['body', 'input_variables', key]
    if (!known) details.push({ path, ...workflowFault('workflow_variable_unknown'), type: 'unknown' })
    else if (!fitsType(value, known.type))
      details.push({ path, ...workflowFault('workflow_variable_type', { type: known.type }), type: 'type' })
  }
  for (const one of declared.values()) {
    if (one.default === undefined && given[one.name] === undefined) {
      details.push({
        path: ['body', 'input_variables', one.name],
        ...workflowFault('workflow_variable_needed'),
        type: 'missing',
      })
    }
  }
  if (details.length > 0) throw workflowError('workflow_variables_invalid', { details })
  return given
}

async function entityFor(
  context: OperationContext,
  definition: Definition,
  given: { type: string; id: string } | null,
): Promise<NewExecution['entity']> {
  const wanted = definition.entity_type
  if (wanted !== undefined && given?.type !== wanted) {
    const details = [
      { path: ['body', 'entity_type'], ...workflowFault('workflow_about_entity', { entity: wanted }), type: 'enum' },
    ]
    throw workflowError('workflow_variables_invalid', { details })
  }
  if (!given) return null
  if (!(entityTypes as readonly string[]).includes(given.type)) return { ...given, reference: null }
  const { id, reference } = await findEntity(context, given.type as EntityType, given.id)
  return { type: given.type, id, reference }
}

export const triggerWorkflow = defineOperation({
  name: 'workflow.trigger',
  summary: 'Starts a workflow by hand.',
  level: 'account',
  permission: 'workflow:trigger',
  effect: 'write',
  input: Type.Object({
    workflowId,
    entity: nullable(Type.Object({ type: name, id: name })),
    variables: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: 50 }),
  }),
  run: async (context, input): Promise<{ executionId: string; workflowId: string }> => {
    const { tx, tenantId, actor } = context
    const [workflow, settings] = await Promise.all([
      definitions.findWorkflow(tx, tenantId, input.workflowId),
      store.findSettings(tx, tenantId),
    ])
    if (!workflow) throw workflowError('workflow_not_found')
    const { activeVersion: version, definition } = workflow
    if (version === null) throw workflowError('workflow_inactive')
    if (!definition.triggers.includes('manual')) throw workflowError('workflow_not_manual')
    const variables = storable(variablesOf(definition, input.variables)) as Record<string, unknown>
    const entity = await entityFor(context, definition, input.entity)
    if (settings.usedToday >= settings.dailyLimit) {
      const retryAfterSeconds = Math.ceil((86_400_000 - (context.now.getTime() % 86_400_000)) / 1000)
      throw workflowError('workflow_daily_limit_reached', { retryAfterSeconds })
    }
    const id = newId('exec')
    const submittedBy = actor.kind === 'user' ? actor.userId : null
    const scope = { variables, event: {}, steps: {} }
    await insertExecution(tx, tenantId, {
      id,
      workflowId: workflow.id,
      version,
      trigger: 'manual',
      entity,
      submittedBy,
      scope,
    })
    return { executionId: id, workflowId: workflow.id }
  },
  audit: (input, { executionId: id }) => ({
    description: 'Workflow started',
    target: { type: 'workflow_execution', id },
    context: { workflow_id: input.workflowId },
  }),
})

export const listExecutions = defineOperation({
  name: 'workflow-execution.list',
  summary: 'Lists executions, newest first.',
  level: 'account',
  permission: 'workflow:view',
  effect: 'read',
  input: Type.Object({
    ...page,
    workflowId: nullable(workflowId),
    status: nullable(Type.Enum(shownStatuses)),
    entityId: nullable(name),
  }),
  run: async ({ tx, tenantId }, input) => {
    const found = await store.listExecutions(tx, tenantId, { ...input, limit: input.limit + 1 })
    const executions = found.slice(0, input.limit)
    return { executions, next: found.length > input.limit ? (executions.at(-1)?.id ?? null) : null }
  },
})

export const viewExecution = defineOperation({
  name: 'workflow-execution.view',
  summary: 'Shows an execution with every step: input, outcome, duration.',
  level: 'account',
  permission: 'workflow:view',
  effect: 'read',
  input: Type.Object({ executionId }),
  run: async ({ tx, tenantId }, input) => {
    const [execution, steps] = await Promise.all([
      store.findExecution(tx, tenantId, input.executionId),
      store.listSteps(tx, tenantId, input.executionId),
    ])
    if (!execution) throw workflowError('workflow_execution_not_found')
    return { execution, steps }
  },
})

async function held({ tx, tenantId }: OperationContext, id: string): Promise<store.Execution> {
  const found = await store.lockExecution(tx, tenantId, id)
  if (!found) throw workflowError('workflow_execution_not_found')
  return found
}

export const cancelExecution = defineOperation({
  name: 'workflow-execution.cancel',
  summary: 'Ends an execution where it stands; what waits for a decision is withdrawn.',
  level: 'account',
  permission: 'workflow:operate',
  effect: 'write',
  input: Type.Object({ executionId, reason: nullable(lineOfText(500)) }),
  run: async (context, input) => {
    const { tx, tenantId, now } = context
    const { status } = await held(context, input.executionId)
    if (status === 'completed' || status === 'cancelled') throw workflowError('workflow_execution_ended')
    const { retentionDays } = await store.findSettings(tx, tenantId)
    const reason = input.reason ?? 'Cancelled'
    await store.cancelExecution(tx, tenantId, input.executionId, { now, reason, retentionDays })
    return viewed(context, input.executionId)
  },
  audit: (input) => ({
    severity: 'warning',
    description: 'Workflow execution cancelled',
    target: { type: 'workflow_execution', id: input.executionId },
  }),
})

export const resumeExecution = defineOperation({
  name: 'workflow-execution.resume',
  summary: 'Takes up a failed execution again, with the action that failed.',
  level: 'account',
  permission: 'workflow:operate',
  effect: 'write',
  input: Type.Object({ executionId }),
  run: async (context, input) => {
    const { status } = await held(context, input.executionId)
    if (status !== 'failed') throw workflowError('workflow_execution_not_failed')
    await store.resumeExecution(context.tx, context.tenantId, input.executionId)
    return viewed(context, input.executionId)
  },
  audit: (input) => ({
    description: 'Workflow execution resumed',
    target: { type: 'workflow_execution', id: input.executionId },
  }),
})

async function viewed({ tx, tenantId }: OperationContext, id: string) {
  const execution = await store.findExecution(tx, tenantId, id)
  if (!execution) throw workflowError('workflow_execution_not_found')
  return { execution, steps: await store.listSteps(tx, tenantId, id) }
}

export type SettingsInForce = Settings & { usedToday: number; secretAt: Date | null; defaults: Settings }

export const viewWorkflowSettings = defineOperation({
  name: 'workflow-settings.view',
  summary: 'Shows how many executions a day there may be and how long they are kept.',
  level: 'account',
  permission: 'workflow:view',
  effect: 'quick read',
  input: Type.Object({}),
  run: async ({ tx, tenantId }): Promise<SettingsInForce> => ({
    ...(await store.findSettings(tx, tenantId)),
    defaults: defaultSettings,
  }),
})

export const configureWorkflows = defineOperation({
  name: 'workflow-settings.configure',
  summary: 'Changes how many executions a day there may be and how long they are kept; null is the default.',
  level: 'account',
  permission: 'workflow:manage',
  effect: 'write',
  input: Type.Object({
    dailyLimit: nullable(Type.Integer({ minimum: 1, maximum: 10_000_000 })),
    retentionDays: nullable(Type.Integer({ minimum: 1, maximum: 3650 })),
  }),
  run: async ({ tx, tenantId }, input): Promise<SettingsInForce> => {
    await store.saveSettings(tx, tenantId, input)
    return { ...(await store.findSettings(tx, tenantId)), defaults: defaultSettings }
  },
  audit: (input) => ({
    category: 'configuration',
    description: 'Settings of workflows changed',
    context: { ...input },
  }),
})
