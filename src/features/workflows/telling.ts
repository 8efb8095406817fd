/** What an execution says by itself: reminders, and that it has failed. A message that cannot be sent stops nothing. */

import { consoleLink, guarded, peopleOf, tell } from './acting.ts'
import * as approvals from './approval-store.ts'
import { later } from './duration.ts'
import type { ApprovalState } from './execution-store.ts'
import type { Stage, Unheld } from './stage.ts'

const said = { kind: 'done', exit: 'next', input: null, result: {} } as const

/** Once an hour for each workflow, into the list of those who can do something about it. */
export async function tellFailure(stage: Stage, reason: string): Promise<void> {
  const { definition, workflow_id: id } = stage.held
  await guarded(stage, null, async (context) => {
    const to = await peopleOf(stage, ['role:owner', 'role:admin'])
    const dedupeKey = `workflow-failed:${id}:${context.now.toISOString().slice(0, 13)}`
    const url = consoleLink(context, `executions/${stage.held.id}`)
    const variables = { workflow_name: definition.name, reason, url }
    await tell(context, { to, template: 'workflow_failed', variables, channels: ['in_app'], dedupeKey })
    return said
  })
}

/** Says, once an hour for each workflow, that an approval waits for too few people: the owners can give somebody the role. */
export async function tellUnheld(stage: Stage, { summary, people }: Unheld): Promise<void> {
  const { definition, workflow_id: id, id: executionId } = stage.held
  await guarded(stage, null, async (context) => {
    const to = await peopleOf(stage, ['role:owner'])
    const dedupeKey = `workflow-waits:${id}:${context.now.toISOString().slice(0, 13)}`
    const url = consoleLink(context, `executions/${executionId}`)
    const variables = { workflow_name: definition.name, entity_summary: summary, people, url }
    await tell(context, { to, template: 'approval_without_approver', variables, dedupeKey })
    return said
  })
}

/** Reminds those who may decide, if it is time. @returns when to look again */
export async function remind(stage: Stage, approval: ApprovalState, expiresAt: Date): Promise<Date> {
  const { tx, tenantId, now } = stage.context
  const remindAt = approval.remind_at ? new Date(approval.remind_at) : null
  if (!remindAt || remindAt > now) return remindAt && remindAt < expiresAt ? remindAt : expiresAt
  const next = approval.remind_seconds === null ? null : later(now, approval.remind_seconds)
  const again = next && next < expiresAt ? next : null
  stage.context.write(approvals.remindAgain(tx, tenantId, approval.id, again))
  const named = approval.approvers.map((one) => one.replace(/^user:/, ''))
  await guarded(stage, null, async (context) => {
    const to = (await peopleOf(stage, named)).filter((id) => id !== approval.submitted_by)
    const variables = {
      workflow_name: stage.held.definition.name,
      entity_summary: approval.entity_summary,
      expires_at: expiresAt.toISOString(),
      url: consoleLink(context, 'approvals'),
    }
    await tell(context, { to, template: 'approval_reminder', variables })
    return said
  })
  return again ?? expiresAt
}
