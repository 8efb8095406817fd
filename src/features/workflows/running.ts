/** Moves executions on: as jobs of the queue, each execution a transaction of its own. */
import { Type } from 'typebox'
import { DomainError } from '#kernel/errors.ts'
import { jobCall } from '#platform/jobs/job-call.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import { callOutside } from './calling.ts'
import { entityOf } from './entities.ts'
import { holdExecution } from './execution-store.ts'
import { executionId } from './schemas.ts'
import type { Outcome } from './stage.ts'
import type { Walked } from './walk.ts'
import { Walk } from './walk.ts'

export const workflowQueue = 'workflow'
export type WorkflowJob = { tenantId: string; executionIds: string[] }

/** Of one job, at the same time. */
const atOnce = 4

export const advanceExecution = defineOperation({
  name: 'workflow.advance',
  summary: 'Runs the actions of an execution until it waits or ends (for jobs).',
  level: 'account',
  permission: 'workflow:run',
  effect: 'write',
  input: Type.Object({ executionId }),
  run: async (context, input): Promise<Walked | null> => {
    const held = await holdExecution(context.tx, context.tenantId, input.executionId)
    if (!held || isOver(held.status)) return null
    return new Walk(context, held, await entityOf(context, held)).goOn()
  },
  audit: (_input, walked) => auditOf(walked),
})

const outcome = Type.Unsafe<Outcome>(Type.Object({ kind: Type.Enum(['done', 'failed']) }))

export const recordCall = defineOperation({
  name: 'workflow.record-call',
  summary: 'Records what came of a call to the outside world, and goes on (for jobs).',
  level: 'account',
  permission: 'workflow:run',
  effect: 'write',
  input: Type.Object({ executionId, attempt: Type.Integer({ minimum: 1 }), outcome }),
  run: async (context, input): Promise<Walked | null> => {
    const held = await holdExecution(context.tx, context.tenantId, input.executionId)
    if (!held || isOver(held.status)) return null
    return new Walk(context, held, await entityOf(context, held)).record(input.attempt, input.outcome)
  },
  audit: (_input, walked) => auditOf(walked),
})

export const giveUpExecution = defineOperation({
  name: 'workflow.give-up',
  summary: 'Ends an execution that the database refuses to move on (for jobs).',
  level: 'account',
  permission: 'workflow:run',
  effect: 'write',
  input: Type.Object({ executionId, reason: Type.String({ maxLength: 1000 }) }),
  run: async (context, input): Promise<Walked | null> => {
    const held = await holdExecution(context.tx, context.tenantId, input.executionId)
    if (!held || isOver(held.status)) return null
    return new Walk(context, held, await entityOf(context, held)).giveUp(input.reason)
  },
  audit: (_input, walked) => auditOf(walked),
})

const isOver = (status: string) => ['completed', 'failed', 'cancelled'].includes(status)

function auditOf(walked: Walked | null) {
  if (!walked || !isOver(walked.status)) return null
  return {
    description: walked.status === 'completed' ? 'Workflow execution completed' : 'Workflow execution failed',
    severity: walked.status === 'completed' ? ('info' as const) : ('warning' as const),
    target: { type: 'workflow_execution', id: walked.id },
    context: { workflow_id: walked.workflowId },
  }
}

/** Moves one execution on. One that is refused is ended: it would be refused again each minute, and count towards no limit. */
export async function advance(services: Services, tenantId: string, id: string): Promise<void> {
  try {
    await moveOn(services, tenantId, id)
  } catch (error) {
    if (!(error instanceof DomainError) || isPassing(error)) throw error
    const input = { executionId: id, reason: error.message.slice(0, 1000) }
    await runForResult(services, giveUpExecution, input, jobCall(tenantId, 'workflows'))
  }
}

const isPassing = ({ kind }: DomainError) => ['unavailable', 'rate_limited', 'internal'].includes(kind)

/** As far as it goes, with the calls it makes on the way. */
async function moveOn(services: Services, tenantId: string, id: string): Promise<void> {
  const call = jobCall(tenantId, 'workflows')
  let walked = await runForResult(services, advanceExecution, { executionId: id }, call)
  while (walked?.call) {
    const { attempt } = walked.call
    const result = await callOutside(services, id, walked.call)
    walked = await runForResult(services, recordCall, { executionId: id, attempt, outcome: result }, call)
  }
}

/** What fails here is due again after its claim: the job itself is not repeated. */
export async function runWorkflowJob(services: Services, { tenantId, executionIds }: WorkflowJob): Promise<void> {
  const open = [...executionIds]
  const work = async () => {
    for (let id = open.shift(); id !== undefined; id = open.shift()) {
      try {
        await advance(services, tenantId, id)
      } catch (error) {
        services.logger.error({ err: error, tenant: tenantId, execution: id }, 'a workflow execution could not go on')
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}
