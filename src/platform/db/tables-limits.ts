/** What a tenant may do and store: the tables of migrations/0004 that are its own, and of migrations/0019. */
import type { ColumnType } from 'kysely'
import type { DefaultedMoment } from './column-types.ts'

export type LimitTables = {
  tenant_storage: {
    tenant_id: string
    /** Kept by the triggers of files. */
    used_bytes: ColumnType<string, never, never>
    own_limit_bytes: ColumnType<string | null, number | null, number | null>
  }
  tenant_rate_limits: {
    tenant_id: string
    user_limit: number | null
    tenant_limit: number | null
    transfer_limit: number | null
    updated_at: DefaultedMoment
  }
}
