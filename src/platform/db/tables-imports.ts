/** The tables of migrations/0012-imports.ts. */
import type { ColumnType, Generated } from 'kysely'
import type { DefaultedMoment, Json, Moment, MomentOrNull } from './column-types.ts'

type Count = ColumnType<string, number | undefined, number>

export type ImportTables = {
  import_files: {
    tenant_id: string
    file_id: string
    sha256: string
    size: ColumnType<string, number, number>
    layout: Json
    rows_estimated: Count
    created_at: DefaultedMoment
    expires_at: Moment
  }
  import_templates: {
    tenant_id: string
    id: string
    entity: string
    name: string
    definition: Json
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  imports: {
    tenant_id: string
    id: string
    entity: string
    template_id: string | null
    file_id: string
    file_sha256: string
    plan: Json
    status: Generated<'queued' | 'processing' | 'completed' | 'failed' | 'cancelled'>
    attempt: Generated<number>
    cancel_requested: Generated<boolean>
    rows_estimated: Count
    rows_read: Count
    rows_inserted: Count
    rows_updated: Count
    rows_unchanged: Count
    rows_refused: Count
    failure: string | null
    failure_code: string | null
    failure_parameters: Json | null
    refused_file_id: string | null
    created_by: string | null
    created_at: DefaultedMoment
    started_at: MomentOrNull
    resumed_at: MomentOrNull
    resumed_rows: Count
    progressed_at: MomentOrNull
    finished_at: MomentOrNull
  }
  import_refusals: {
    tenant_id: string
    import_id: string
    position: Count
    refused: number
    rows_ciphertext: string
  }
}
