/** What people have to decide, and for whom. */
import { Type } from 'typebox'
import { newId } from '#kernel/ids.ts'
import { nullable, textOf } from '#kernel/schemas.ts'
import type { Actor, UserActor } from '#platform/operations/actor.ts'
import { holdsPermission } from '#platform/operations/actor.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import type { Approval } from './approval-store.ts'
import * as store from './approval-store.ts'
import { keysOf, refusalOf } from './deciding.ts'
import * as delegations from './delegation-store.ts'
import { longestSeconds } from './duration.ts'
import { workflowError } from './errors.ts'
import { findUsers } from './execution-store.ts'
import type { WorkflowTold } from './faults.ts'
import { workflowFault } from './faults.ts'
import { approvalId } from './schemas.ts'

/** @throws workflow_user_required */
function requireUser(actor: Actor): UserActor {
  if (actor.kind !== 'user' || actor.clientUid !== null) throw workflowError('workflow_user_required')
  return actor
}

export const listPendingApprovals = defineOperation({
  name: 'approval.list-pending',
  summary: 'Lists what the caller has to decide, oldest first, for himself and for those who delegated to him.',
  level: 'self',
  permission: null,
  effect: 'read',
  input: Type.Object({
    after: nullable(Type.String({ minLength: 1, maxLength: 64 })),
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
  }),
  run: async ({ tx, tenantId, actor }, input) => {
    const { userId } = requireUser(actor)
    const standings = await store.findStandings(tx, tenantId, userId)
    const keys = standings.flatMap((one) => keysOf(one).map((approver) => ({ approver, lender: one.userId })))
    const found = await store.listPending(tx, tenantId, { keys, userId, after: input.after, limit: input.limit + 1 })
    const approvals = found.slice(0, input.limit)
    return { approvals, next: found.length > input.limit ? (approvals.at(-1)?.id ?? null) : null }
  },
})

export const viewApproval = defineOperation({
  name: 'approval.view',
  summary: 'Shows an approval to its approvers, to who submitted it, and to who may look at workflows.',
  level: 'self',
  permission: null,
  effect: 'read',
  input: Type.Object({ approvalId }),
  run: async ({ tx, tenantId, actor }, input): Promise<Approval> => {
    const { userId } = requireUser(actor)
    const [approval, standings] = await Promise.all([
      store.findApproval(tx, tenantId, input.approvalId),
      store.findStandings(tx, tenantId, userId),
    ])
    if (!approval) throw workflowError('workflow_approval_not_found')
    const concerned =
      approval.submitted_by === userId || standings.flatMap(keysOf).some((key) => approval.approvers.includes(key))
    if (!concerned && !holdsPermission(actor, 'workflow:view')) throw workflowError('workflow_approver_required')
    return approval
  },
})

export const decideApproval = defineOperation({
  name: 'approval.decide',
  summary: 'Approves or rejects, as one of the approvers, and never what one submitted oneself.',
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({ approvalId, approved: Type.Boolean(), comment: nullable(textOf(2000)) }),
  run: async (context, input): Promise<Approval> => {
    const { tx, tenantId, actor, now } = context
    const { userId } = requireUser(actor)
    const [approval, standings] = await Promise.all([
      store.holdApproval(tx, tenantId, input.approvalId),
      store.findStandings(tx, tenantId, userId),
    ])
    if (!approval) throw workflowError('workflow_approval_not_found')
    const refusal = refusalOf(approval, userId, standings, now)
    if (refusal) throw workflowError(refusal)
    const approvedBy = input.approved ? [...approval.approved_by, userId] : approval.approved_by
    if (input.approved && approvedBy.length < approval.required) {
      context.write(store.addVote(tx, tenantId, approval.id, userId))
      return { ...approval, approved_by: approvedBy }
    }
    const status = input.approved ? 'approved' : 'rejected'
    const { comment } = input
    context.write(store.endApproval(tx, tenantId, { id: approval.id, status, decidedBy: userId, comment, at: now }))
    context.write(store.wakeExecution(tx, tenantId, approval.execution_id))
    return { ...approval, approved_by: approvedBy, status, decided_by: userId, comment, decided_at: now }
  },
  audit: (input, approval) => ({
    category: 'authorization',
    description: input.approved ? 'Approved in a workflow' : 'Rejected in a workflow',
    target: { type: 'workflow_approval', id: input.approvalId },
    context: { status: approval.status, execution_id: approval.execution_id },
  }),
})

export const listDelegations = defineOperation({
  name: 'approval-delegation.list',
  summary: 'Lists to whom the caller has delegated his decisions, and who delegated theirs to him.',
  level: 'self',
  permission: null,
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId, actor }) => ({
    delegations: await delegations.listDelegations(tx, tenantId, requireUser(actor).userId),
  }),
})

const mostDelegations = 20

export const createDelegation = defineOperation({
  name: 'approval-delegation.create',
  summary:
    "Lets somebody else decide what the caller may decide, for a time; four-eyes holds for the delegate's own too.",
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({
    toUser: Type.String({ minLength: 1, maxLength: 64 }),
    startsAt: nullable(Type.String({ format: 'date-time' })),
    endsAt: Type.String({ format: 'date-time' }),
  }),
  run: async ({ tx, tenantId, actor, now }, input): Promise<delegations.Delegation> => {
    const { userId } = requireUser(actor)
    const startsAt = input.startsAt === null ? now : new Date(input.startsAt)
    const endsAt = new Date(input.endsAt)
    const [users, mine] = await Promise.all([
      findUsers(tx, tenantId, { ids: [input.toUser], roles: [] }),
      delegations.listDelegations(tx, tenantId, userId),
    ])
    const problems: [string, boolean, WorkflowTold][] = [
      ['to_user', input.toUser === userId, workflowFault('workflow_deputy_self')],
      ['to_user', users.length === 0, workflowFault('workflow_deputy_unknown')],
      ['ends_at', !(endsAt > startsAt && endsAt > now), workflowFault('workflow_deputy_end')],
      [
        'ends_at',
        endsAt.getTime() - startsAt.getTime() > longestSeconds * 1000,
        workflowFault('workflow_span_too_long'),
      ],
      [
        'to_user',
        mine.filter((one) => one.fromUser === userId).length >= mostDelegations,
        workflowFault('workflow_deputy_limit'),
      ],
    ]
    const details = problems.flatMap(([field, wrong, told]) => (wrong ? [{ path: ['body', field], ...told }] : []))
    if (details.length > 0) throw workflowError('workflow_delegation_invalid', { details })
    const made = { id: newId('dlg'), fromUser: userId, toUser: input.toUser, startsAt, endsAt, createdAt: now }
    await delegations.insertDelegation(tx, tenantId, made)
    return made
  },
  audit: (input, made) => ({
    category: 'authorization',
    severity: 'warning',
    description: 'Decisions delegated',
    target: { type: 'user', id: input.toUser },
    context: { delegation: made.id, ends_at: input.endsAt },
  }),
})

export const deleteDelegation = defineOperation({
  name: 'approval-delegation.delete',
  summary: 'Takes a delegation back.',
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) }),
  run: async ({ tx, tenantId, actor }, { id }) => {
    const deleted = await delegations.deleteDelegation(tx, tenantId, { id, fromUser: requireUser(actor).userId })
    if (!deleted) throw workflowError('workflow_delegation_not_found')
    return { id }
  },
  audit: ({ id }) => ({ category: 'authorization', description: 'Delegation taken back', context: { delegation: id } }),
})
