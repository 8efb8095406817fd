/** Workflows by the clock. What was missed while nothing ran is caught up once. */
import { Type } from 'typebox'
import { newId, newUuid } from '#kernel/ids.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { findDueSchedules, holdSchedule, setNextRun } from './dispatch-store.ts'
import { workflowId } from './schemas.ts'
import { insertExecution } from './start-store.ts'
import { defaultTimeZone, nextRun } from './triggers.ts'

const mostAtOnce = 200

export const fireSchedule = defineOperation({
  name: 'workflow.fire-schedule',
  summary: 'Starts an execution whose time has come (for jobs).',
  level: 'account',
  permission: 'workflow:run',
  effect: 'write',
  input: Type.Object({ workflowId, pattern: Type.String({ maxLength: 200 }) }),
  run: async ({ tx, tenantId, now }, input): Promise<{ executionId: string | null }> => {
    const held = await holdSchedule(tx, tenantId, input)
    if (!held) return { executionId: null }
    const next = nextRun(input.pattern, held.timeZone ?? defaultTimeZone, now)
    await setNextRun(tx, tenantId, { ...input, next })
    const executionId = newId('exec')
    await insertExecution(tx, tenantId, {
      id: executionId,
      workflowId: input.workflowId,
      version: held.version,
      trigger: `schedule:${input.pattern}`,
      entity: null,
      submittedBy: null,
      scope: { variables: {}, event: { scheduled_for: held.dueAt.toISOString() }, steps: {} },
    })
    return { executionId }
  },
  audit: (input, { executionId }) =>
    executionId === null
      ? null
      : {
          description: 'Workflow started by its schedule',
          target: { type: 'workflow_execution', id: executionId },
          context: { workflow_id: input.workflowId },
        },
})

/** @returns how many were due */
export async function fireSchedules(services: Services): Promise<number> {
  const due = await findDueSchedules(services.database, mostAtOnce)
  for (const { tenantId, workflowId: id, pattern } of due) {
    const call = {
      actor: { kind: 'system', tenantId, name: 'workflows' } as const,
      origin: { requestId: newUuid(), ipAddress: null, userAgent: null, via: 'schedule' },
    }
    await runForResult(services, fireSchedule, { workflowId: id, pattern }, call).catch((error: unknown) => {
      services.logger.error({ err: error, tenant: tenantId, workflow: id }, 'a scheduled workflow could not be started')
    })
  }
  return due.length
}
