export {
  createDelegation,
  decideApproval,
  deleteDelegation,
  listDelegations,
  listPendingApprovals,
  viewApproval,
} from './approval-operations.ts'
export type { Approval } from './approval-store.ts'
export type { VersionLine as WorkflowVersionLine, Workflow } from './definition-store.ts'
export type { Delegation } from './delegation-store.ts'
export { WorkflowDispatcher } from './dispatcher.ts'
export type { WorkflowErrorCode } from './errors.ts'
export type { SettingsInForce as WorkflowSettingsInForce } from './execution-operations.ts'
export {
  cancelExecution,
  configureWorkflows,
  listExecutions,
  resumeExecution,
  triggerWorkflow,
  viewExecution,
  viewWorkflowSettings,
} from './execution-operations.ts'
export { workflowFault } from './faults.ts'
export { workflowJobs } from './jobs.ts'
export type { Execution, Step } from './list-store.ts'
export {
  activateWorkflow,
  addWorkflowVersion,
  checkWorkflow,
  createWorkflow,
  deactivateWorkflow,
  describeDefinitions,
  listWorkflows,
  viewWorkflow,
} from './operations.ts'
export type { Remark as WorkflowRemark } from './remarks.ts'
export type { WorkflowJob } from './running.ts'
export { advanceExecution, giveUpExecution, recordCall, runWorkflowJob, workflowQueue } from './running.ts'
export { fireSchedule } from './schedules.ts'
export type { ShownStatus } from './schemas.ts'
export { givenDefinition, runningStatuses, shownStatuses, workflowId } from './schemas.ts'
export type { NewWorkflowSecret } from './signing.ts'
export { removeWorkflowSecret, rotateWorkflowSecret } from './signing.ts'
