import { analysesOverview } from './analyses-overview-store.ts'
import { auditSummary } from './audit-summary-store.ts'
import type { Builder } from './builder.ts'
import { clientActivity } from './client-activity-store.ts'
import { monthlySales } from './monthly-sales-store.ts'
import type { BuilderId } from './schemas.ts'
import { weeklySummary } from './weekly-summary-store.ts'

export const builders: Readonly<Record<BuilderId, Builder>> = {
  monthly_sales: monthlySales,
  weekly_summary: weeklySummary,
  client_activity: clientActivity,
  audit_summary: auditSummary,
  analyses_overview: analysesOverview,
}

export const builderOf = (id: BuilderId): Builder => builders[id]
