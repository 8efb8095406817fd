/** What people have to decide: the pending list and the decision are the document's, the rest is our addition. */
import { Type } from 'typebox'
import type { Approval, Delegation } from '#features/workflows/index.ts'
import {
  createDelegation,
  decideApproval,
  deleteDelegation,
  listDelegations,
  listPendingApprovals,
  viewApproval,
} from '#features/workflows/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'

const moment = Type.String({ format: 'date-time' })
const text = nullable(Type.String())
const time = (date: Date | null) => date?.toISOString() ?? null

const ApprovalAnswer = Type.Object({
  id: Type.String(),
  workflow_name: Type.String(),
  entity_type: text,
  entity_id: text,
  entity_internal_id: text,
  entity_summary: Type.String(),
  created_at: moment,
  expires_at: moment,
  workflow_id: Type.String(),
  execution_id: Type.String(),
  action_id: Type.String(),
  status: Type.String(),
  submitted_by: text,
  approvers: Type.Array(Type.String({ description: 'user:<id> or role:<name>' })),
  required: Type.Integer({ description: 'How many have to approve' }),
  approved_by: Type.Array(Type.String()),
  decided_by: text,
  decided_at: nullable(moment),
  comment: text,
  reminders: Type.Integer(),
})

const present = (approval: Approval) => ({
  id: approval.id,
  workflow_name: approval.workflow_name,
  entity_type: approval.entity_type,
  entity_id: approval.entity_reference ?? approval.entity_id,
  entity_internal_id: approval.entity_id,
  entity_summary: approval.entity_summary,
  created_at: approval.created_at.toISOString(),
  expires_at: approval.expires_at.toISOString(),
  workflow_id: approval.workflow_id,
  execution_id: approval.execution_id,
  action_id: approval.action_id,
  status: approval.status,
  submitted_by: approval.submitted_by,
  approvers: approval.approvers,
  required: approval.required,
  approved_by: approval.approved_by,
  decided_by: approval.decided_by,
  decided_at: time(approval.decided_at),
  comment: approval.comment,
  reminders: approval.reminders,
})

const path = Type.Object({ approval_id: Type.String({ minLength: 1, maxLength: 64 }) })

export function workflowApprovalRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/workflows/approvals/pending',
    operationId: 'listPendingApprovals',
    operation: listPendingApprovals,
    request: {
      query: Type.Object({
        cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
      }),
    },
    input: ({ query }) => ({ after: query.cursor ?? null, limit: query.limit ?? 50 }),
    present: ({ approvals, next }) => ({ status: 200, body: { approvals: approvals.map(present), next_cursor: next } }),
    success: {
      status: 200,
      description: 'What you have to decide, oldest first',
      schema: Type.Object({ approvals: Type.Array(ApprovalAnswer), next_cursor: text }),
    },
  })
  routes.add({
    method: 'GET',
    url: '/api/v1/workflows/approvals/:approval_id',
    operationId: 'getApproval',
    operation: viewApproval,
    request: { path },
    input: (wire) => ({ approvalId: wire.path.approval_id }),
    present: (approval) => ({ status: 200, body: present(approval) }),
    success: { status: 200, description: 'The approval', schema: ApprovalAnswer },
  })
  routes.add({
    method: 'POST',
    url: '/api/v1/workflows/approvals/:approval_id/decide',
    operationId: 'decideApproval',
    operation: decideApproval,
    request: {
      path,
      body: Type.Object({
        approved: Type.Boolean(),
        comment: Type.Optional(nullable(Type.String({ maxLength: 2000 }))),
      }),
    },
    input: (wire) => ({
      approvalId: wire.path.approval_id,
      approved: wire.body.approved,
      comment: wire.body.comment ?? null,
    }),
    present: (approval) => ({ status: 200, body: present(approval) }),
    success: { status: 200, description: 'Decided; pending, where others have to approve too', schema: ApprovalAnswer },
  })
  delegationRoutes(routes)
}

const DelegationAnswer = Type.Object({
  id: Type.String(),
  from_user: Type.String(),
  to_user: Type.String(),
  starts_at: moment,
  ends_at: moment,
  created_at: moment,
})
const presentDelegation = (one: Delegation) => ({
  id: one.id,
  from_user: one.fromUser,
  to_user: one.toUser,
  starts_at: one.startsAt.toISOString(),
  ends_at: one.endsAt.toISOString(),
  created_at: one.createdAt.toISOString(),
})

function delegationRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'GET',
    url: '/api/v1/workflows/delegations',
    operationId: 'listApprovalDelegations',
    operation: listDelegations,
    input: () => ({}),
    present: ({ delegations }) => ({ status: 200, body: { delegations: delegations.map(presentDelegation) } }),
    success: {
      status: 200,
      description: 'Given and received',
      schema: Type.Object({ delegations: Type.Array(DelegationAnswer) }),
    },
  })
  routes.add({
    method: 'POST',
    url: '/api/v1/workflows/delegations',
    operationId: 'createApprovalDelegation',
    operation: createDelegation,
    request: {
      body: Type.Object({
        to_user: Type.String({ minLength: 1, maxLength: 64 }),
        starts_at: Type.Optional(moment),
        ends_at: moment,
      }),
    },
    input: ({ body }) => ({ toUser: body.to_user, startsAt: body.starts_at ?? null, endsAt: body.ends_at }),
    present: (one) => ({ status: 201, body: presentDelegation(one) }),
    success: { status: 201, description: 'He decides for you, as long as it lasts', schema: DelegationAnswer },
  })
  routes.add({
    method: 'DELETE',
    url: '/api/v1/workflows/delegations/:delegation_id',
    operationId: 'deleteApprovalDelegation',
    operation: deleteDelegation,
    request: { path: Type.Object({ delegation_id: Type.String({ minLength: 1, maxLength: 64 }) }) },
    input: (wire) => ({ id: wire.path.delegation_id }),
    present: () => ({ status: 200, body: { success: true } }),
    success: { status: 200, description: 'Taken back', schema: Type.Object({ success: Type.Boolean() }) },
  })
}
