/** The table of migrations/0013-exports.ts. */
import type { ColumnType, Generated } from 'kysely'
import type { DefaultedMoment, Json, MomentOrNull } from './column-types.ts'

type Count = ColumnType<string, number | undefined, number>
type CountOrNull = ColumnType<string | null, number | null | undefined, number | null>

export type ExportTables = {
  exports: {
    tenant_id: string
    id: string
    entity_type: string
    format: string
    request: Json
    requested_by: Json
    status: 'pending' | 'running' | 'ready' | 'failed' | 'cancelled'
    attempt: Generated<number>
    rows_expected: CountOrNull
    rows_written: Count
    failure: string | null
    failure_details: Json
    file_name: string
    file_id: string | null
    file_size: CountOrNull
    created_at: DefaultedMoment
    started_at: MomentOrNull
    ended_at: MomentOrNull
    expires_at: MomentOrNull
  }
}
