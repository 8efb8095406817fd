/**
 * Where reports join in. An action `report` is refused until somebody can make them: whoever puts the processes together
 * (src/runtime.ts) registers the function that does.
 */
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Services } from '#platform/operations/services.ts'

export type ReportRequest = {
  services: Services
  tenantId: string
  template: string
  format: 'pdf' | 'excel' | 'csv' | 'html'
  parameters: Record<string, unknown>
  /** Users' ids. */
  recipients: readonly string[]
  /** Whoever began the execution; null: no user did. */
  requestedBy: string | null
}

/** Called inside the transaction of the step: it writes down what is to be made, and makes nothing itself. */
export type RequestReport = (tx: Tx, report: ReportRequest) => Promise<{ reportId: string }>

let registered: { request: RequestReport; permission: string } | null = null

/** `permission`: what whoever saves a workflow with such an action must hold. null: no reports. */
export function registerReports(reports: { request: RequestReport; permission: string } | null): void {
  registered = reports
}

export const reports = () => registered
