/** The table of migrations/0017-checks.ts. */
import type { ColumnType, Generated } from 'kysely'
import type { DefaultedMoment, Json, MomentOrNull } from './column-types.ts'

export type CheckTables = {
  checks: {
    tenant_id: string
    id: string
    kind: 'audit_verification' | 'import_validation'
    request: Json
    requested_by: Json
    status: Generated<'pending' | 'running' | 'completed' | 'failed' | 'cancelled'>
    attempt: Generated<number>
    expected: ColumnType<string, number, number>
    checked: ColumnType<string, number | undefined, number>
    valid: ColumnType<boolean | null, never, boolean | null>
    result_ciphertext: ColumnType<string | null, never, string | null>
    failure: ColumnType<string | null, never, string | null>
    failure_message: ColumnType<string | null, never, string | null>
    created_at: DefaultedMoment
    started_at: MomentOrNull
    ended_at: MomentOrNull
  }
}
