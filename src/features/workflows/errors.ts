import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const workflowError = defineErrors({
  workflow_not_found: { kind: 'not_found', message: 'Workflow not found' },
  workflow_version_unknown: { kind: 'not_found', message: 'The workflow has no such version.' },
  workflow_definition_invalid: { kind: 'invalid', message: 'The definition cannot be used: see the details.' },
  workflow_permission_missing: {
    kind: 'forbidden',
    message: 'The workflow would do what you may not do yourself: see the details.',
  },
  workflow_limit_reached: {
    kind: 'conflict',
    message: 'There are 200 workflows, or 1,000 versions of this one, already: deactivate and reuse one.',
  },
  workflow_inactive: { kind: 'conflict', message: 'The workflow is not active: activate it first.' },
  workflow_not_manual: {
    kind: 'conflict',
    message: 'The workflow cannot be started by hand: it has no trigger "manual".',
  },
  workflow_variables_invalid: { kind: 'invalid', message: 'The variables do not fit the workflow: see the details.' },
  workflow_entity_unknown: { kind: 'not_found', message: 'There is no such entity.' },
  workflow_daily_limit_reached: {
    kind: 'rate_limited',
    message:
      'The account has started as many executions today as it may: wait until tomorrow (UTC), or raise the limit.',
  },
  workflow_execution_not_found: { kind: 'not_found', message: 'Execution not found' },
  workflow_execution_ended: { kind: 'conflict', message: 'The execution has ended already.' },
  workflow_execution_not_failed: { kind: 'conflict', message: 'Only an execution that has failed can be resumed.' },
  workflow_user_required: { kind: 'forbidden', message: 'Approvals belong to users: sign in, without client_uid.' },
  workflow_approval_not_found: { kind: 'not_found', message: 'Approval not found' },
  workflow_approver_required: { kind: 'forbidden', message: 'You are none of the approvers.' },
  workflow_own_submission: {
    kind: 'forbidden',
    message: 'You submitted this yourself: somebody else has to decide (four-eyes principle).',
  },
  workflow_approval_decided: { kind: 'conflict', message: 'This has been decided already.' },
  workflow_approval_expired: { kind: 'conflict', message: 'The deadline for this decision has passed.' },
  workflow_delegation_not_found: { kind: 'not_found', message: 'Delegation not found' },
  workflow_delegation_invalid: { kind: 'invalid', message: 'The delegation does not fit: see the details.' },
})
export type WorkflowErrorCode = CodesOf<typeof workflowError>
