/**
 * Where reports join in: an action `report` is refused until somebody can make reports. The feature that makes them sets
 * `request` when it is put together, and is called inside the transaction of the step.
 */
import type { OperationContext } from '#platform/operations/operation.ts'

export type ReportRequest = {
  template: string
  format: string
  parameters: Record<string, unknown>
  /** role:<name> or users' ids. */
  recipients: readonly string[]
}
export type ReportActions = {
  request: ((context: OperationContext, report: ReportRequest) => Promise<{ reportId: string }>) | null
}

export const reportActions: ReportActions = { request: null }
