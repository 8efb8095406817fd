/** The tables of migrations/0016-reports.ts and 0026-report-previews.ts. */
import type { ColumnType, Generated } from 'kysely'
import type { DefaultedMoment, Json, MomentOrNull } from './column-types.ts'

type CountOrNull = ColumnType<string | null, number | null | undefined, number | null>
type Language = 'fr' | 'en'
type Format = 'pdf' | 'excel' | 'csv' | 'html'

export type ReportTables = {
  reports: {
    tenant_id: string
    id: string
    template_id: string
    builder: string
    format: Format
    language: Language
    parameters: Json
    request: Json
    requested_by: Json
    schedule_id: string | null
    recipients: string[]
    status: 'pending' | 'running' | 'ready' | 'failed' | 'cancelled'
    attempt: Generated<number>
    progress: Generated<number>
    failure: string | null
    failure_details: Json
    file_name: string
    file_id: string | null
    file_size: CountOrNull
    retention_days: number
    is_preview: Generated<boolean>
    created_at: DefaultedMoment
    started_at: MomentOrNull
    ended_at: MomentOrNull
    expires_at: MomentOrNull
  }
  report_schedules: {
    tenant_id: string
    id: string
    template_id: string
    name: string
    cron: string
    time_zone: string
    format: Format
    language: Language
    parameters: Json
    recipients: string[]
    is_active: boolean
    next_run_at: MomentOrNull
    last_run_at: MomentOrNull
    last_report_id: string | null
    last_failure: string | null
    created_by: Json
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  report_templates: {
    tenant_id: string
    id: string
    content: Json
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  report_settings: {
    tenant_id: string
    language: Language | null
    time_zone: string | null
    retention_days: number | null
    daily_limit: number | null
    stored_megabytes: number | null
    logo: Buffer | null
    logo_type: string | null
    updated_at: DefaultedMoment
  }
}
