/** Definitions: data with versions, of which one at most is in force. */
import { Type } from 'typebox'
import { isBuiltInRole } from '#features/access/index.ts'
import { permissionsOfTemplate } from '#features/reports/index.ts'
import type { ErrorDetail } from '#kernel/errors.ts'
import { newId } from '#kernel/ids.ts'
import { nullable } from '#kernel/schemas.ts'
import { holdsPermission } from '#platform/operations/actor.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { checkDefinition } from './check.ts'
import * as store from './definition-store.ts'
import { workflowError } from './errors.ts'
import { findUsers } from './execution-store.ts'
import { workflowFault } from './faults.ts'
import { remarksOn } from './remarks.ts'
import type { Definition } from './schemas.ts'
import { definitionSchema, givenDefinition, workflowId } from './schemas.ts'
import { defaultTimeZone, nextRun, triggersOf } from './triggers.ts'
import type { NeededPermission } from './updates.ts'
import { neededPermissions } from './updates.ts'

const mostWorkflows = 200
const mostVersions = 1_000

/** @throws workflow_definition_invalid with everything that is wrong, workflow_permission_missing */
async function requireGood(context: OperationContext, given: unknown): Promise<Definition> {
  const { definition, problems } = checkDefinition(given)
  if (!definition) throw workflowError('workflow_definition_invalid', { details: problems })
  const details = [...(await peopleProblems(context, definition)), ...(await reportProblems(context, definition))]
  if (details.length > 0) throw workflowError('workflow_definition_invalid', { details })
  const needed = [...neededPermissions(definition), ...(await permissionsOfReports(context, definition))]
  const missing = needed.filter(({ permission }) => !holdsPermission(context.actor, permission))
  if (missing.length > 0) {
    throw workflowError('workflow_permission_missing', {
      details: missing.map(({ permission, actionId }) => ({
        path: ['body', 'definition', 'actions', actionId],
        ...workflowFault('workflow_needs_permission', { permission }),
        type: 'permission',
      })),
    })
  }
  return definition
}

/** Approvers and recipients whom there are not. */
async function peopleProblems({ tx, tenantId }: OperationContext, definition: Definition): Promise<ErrorDetail[]> {
  const named = definition.actions.flatMap((action, i) => {
    const field = action.type === 'approval' ? 'approvers' : 'recipients'
    const people =
      action.type === 'approval' ? action.approvers : 'recipients' in action ? (action.recipients ?? []) : []
    return people.map((who, n) => ({ who, path: ['body', 'definition', 'actions', String(i), field, String(n)] }))
  })
  const roles = named.flatMap(({ who }) => (who.startsWith('role:') ? [who.slice(5)] : []))
  const ids = named.flatMap(({ who }) => (who.startsWith('role:') || who === 'submitter' ? [] : [who]))
  const [ownRoles, users] = await Promise.all([
    store.findOwnRoles(tx, tenantId, roles),
    findUsers(tx, tenantId, { ids, roles: [] }),
  ])
  return named.flatMap(({ who, path }) => {
    if (who === 'submitter') return []
    if (who.startsWith('role:')) {
      const role = who.slice(5)
      return isBuiltInRole(role) || ownRoles.has(role)
        ? []
        : [{ path, ...workflowFault('workflow_role_unknown', { role }), type: 'unknown_role' }]
    }
    return users.includes(who)
      ? []
      : [{ path, ...workflowFault('workflow_user_unknown', { user: who }), type: 'unknown_user' }]
  })
}

const reportsIn = ({ actions }: Definition) =>
  actions.flatMap((action, i) =>
    action.type === 'report' ? [{ action, path: ['actions', String(i), 'template'] }] : [],
  )

/** Templates of reports that there are not. */
async function reportProblems({ tx, tenantId }: OperationContext, definition: Definition): Promise<ErrorDetail[]> {
  const problems: ErrorDetail[] = []
  for (const { action, path } of reportsIn(definition)) {
    const needed = await permissionsOfTemplate(tx, tenantId, action.template)
    if (needed) continue
    const told = workflowFault('workflow_report_unknown', { template: action.template })
    problems.push({ path: ['body', 'definition', ...path], ...told, type: 'unknown' })
  }
  return problems
}

/** Whoever saves a workflow may not get from it what he may not ask for himself. */
async function permissionsOfReports(
  { tx, tenantId }: OperationContext,
  definition: Definition,
): Promise<NeededPermission[]> {
  const needed: NeededPermission[] = []
  for (const { action } of reportsIn(definition)) {
    const shown = (await permissionsOfTemplate(tx, tenantId, action.template)) ?? []
    const sending = (action.recipients ?? []).length > 0 ? ['report:schedule'] : []
    const all = ['report:generate', ...sending, ...shown]
    needed.push(...all.map((permission) => ({ permission, actionId: action.id })))
  }
  return needed
}

async function existing({ tx, tenantId }: OperationContext, id: string): Promise<store.Workflow> {
  const found = await store.findWorkflow(tx, tenantId, id)
  if (!found) throw workflowError('workflow_not_found')
  return found
}

const byUser = ({ actor }: OperationContext) => (actor.kind === 'user' ? actor.userId : null)

async function putInForce(
  context: OperationContext,
  id: string,
  version: number,
  definition: Definition,
): Promise<void> {
  const timeZone = definition.time_zone ?? defaultTimeZone
  await store.setActive(context.tx, context.tenantId, id, {
    version,
    name: definition.name,
    triggers: triggersOf(definition).map(({ kind, name }) => ({
      kind,
      name,
      entity_type: definition.entity_type ?? null,
      time_zone: kind === 'schedule' ? timeZone : null,
      next_at: kind === 'schedule' ? nextRun(name, timeZone, context.now) : null,
    })),
  })
}

export const listWorkflows = defineOperation({
  name: 'workflow.list',
  summary: "Lists the account's workflows.",
  level: 'account',
  permission: 'workflow:view',
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId }) => ({ workflows: await store.listWorkflows(tx, tenantId) }),
})

export const viewWorkflow = defineOperation({
  name: 'workflow.view',
  summary: 'Shows a workflow with its versions, newest first.',
  level: 'account',
  permission: 'workflow:view',
  effect: 'read',
  input: Type.Object({ workflowId }),
  run: async (context, input) => {
    const workflow = await existing(context, input.workflowId)
    const isActive = workflow.activeVersion !== null
    return {
      workflow,
      versions: await store.listVersions(context.tx, context.tenantId, input.workflowId),
      remarks: isActive ? await remarksOn(context, workflow.definition, workflow.id) : [],
    }
  },
})

export const describeDefinitions = defineOperation({
  name: 'workflow.describe-definitions',
  summary: 'Gives the JSON Schema of definitions.',
  level: 'account',
  permission: 'workflow:view',
  effect: 'read',
  input: Type.Object({}),
  run: async () => ({ schema: definitionSchema }),
})

export const checkWorkflow = defineOperation({
  name: 'workflow.check',
  summary: 'Says everything that is wrong with a definition, and what will not go as thought; nothing is kept.',
  level: 'account',
  permission: 'workflow:manage',
  effect: 'read',
  input: Type.Object({ definition: givenDefinition, workflowId: nullable(workflowId) }),
  run: async (context, input) => {
    const definition = await requireGood(context, input.definition)
    return { remarks: await remarksOn(context, definition, input.workflowId) }
  },
})

export const createWorkflow = defineOperation({
  name: 'workflow.create',
  summary: 'Creates a workflow with its first version, in force at once if so wished.',
  level: 'account',
  permission: 'workflow:manage',
  effect: 'write',
  input: Type.Object({ definition: givenDefinition, activate: Type.Boolean() }),
  run: async (context, input): Promise<store.Workflow> => {
    const { tx, tenantId, now } = context
    const definition = await requireGood(context, input.definition)
    if ((await store.countWorkflows(tx, tenantId)) >= mostWorkflows) throw workflowError('workflow_limit_reached')
    const id = newId('wf')
    await store.addVersion(tx, tenantId, id, { definition, createdBy: byUser(context), now })
    if (input.activate) await putInForce(context, id, 1, definition)
    return existing(context, id)
  },
  audit: (input, workflow) => ({
    category: 'configuration',
    description: 'Workflow created',
    target: { type: 'workflow', id: workflow.id },
    context: { active: input.activate },
  }),
})

export const addWorkflowVersion = defineOperation({
  name: 'workflow.add-version',
  summary: 'Adds a version to a workflow; executions that run keep theirs.',
  level: 'account',
  permission: 'workflow:manage',
  effect: 'write',
  input: Type.Object({ workflowId, definition: givenDefinition, activate: Type.Boolean() }),
  run: async (context, input) => {
    const { tx, tenantId, now } = context
    const definition = await requireGood(context, input.definition)
    if (!(await store.lockWorkflow(tx, tenantId, input.workflowId))) throw workflowError('workflow_not_found')
    const made = { definition, createdBy: byUser(context), now }
    const version = await store.addVersion(tx, tenantId, input.workflowId, made)
    if (version > mostVersions) throw workflowError('workflow_limit_reached')
    if (input.activate) await putInForce(context, input.workflowId, version, definition)
    return { workflow: await existing(context, input.workflowId), version }
  },
  audit: (input, { version }) => ({
    category: 'configuration',
    description: 'Version added to a workflow',
    target: { type: 'workflow', id: input.workflowId },
    context: { version, active: input.activate },
  }),
})

export const activateWorkflow = defineOperation({
  name: 'workflow.activate',
  summary: 'Puts a version of a workflow in force: the one that is named, else the last.',
  level: 'account',
  permission: 'workflow:manage',
  effect: 'write',
  input: Type.Object({ workflowId, version: nullable(Type.Integer({ minimum: 1, maximum: mostVersions })) }),
  run: async (context, input) => {
    const { tx, tenantId } = context
    if (!(await store.lockWorkflow(tx, tenantId, input.workflowId))) throw workflowError('workflow_not_found')
    const version = input.version ?? (await existing(context, input.workflowId)).lastVersion
    const given = await store.findVersion(tx, tenantId, input.workflowId, version)
    if (!given) throw workflowError('workflow_version_unknown')
    // Roles and people may be gone since it was saved, and who activates it answers for what it does.
    await putInForce(context, input.workflowId, version, await requireGood(context, given))
    return existing(context, input.workflowId)
  },
  audit: (input, workflow) => ({
    category: 'configuration',
    description: 'Workflow activated',
    target: { type: 'workflow', id: input.workflowId },
    context: { version: workflow.activeVersion },
  }),
})

export const deactivateWorkflow = defineOperation({
  name: 'workflow.deactivate',
  summary: 'Nothing starts a workflow any more; executions that run go on.',
  level: 'account',
  permission: 'workflow:manage',
  effect: 'write',
  input: Type.Object({ workflowId }),
  run: async (context, input) => {
    const { tx, tenantId } = context
    if (!(await store.lockWorkflow(tx, tenantId, input.workflowId))) throw workflowError('workflow_not_found')
    await store.setActive(tx, tenantId, input.workflowId, null)
    return existing(context, input.workflowId)
  },
  audit: (input) => ({
    category: 'configuration',
    severity: 'warning',
    description: 'Workflow deactivated',
    target: { type: 'workflow', id: input.workflowId },
  }),
})
