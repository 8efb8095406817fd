/** The tables of migrations/0018-personal-data.ts. */
import type { ColumnType, Generated } from 'kysely'
import type { DefaultedMoment, Json, Moment, MomentOrNull } from './column-types.ts'

export type PersonalDataTables = {
  audit_redactions: {
    tenant_id: string
    id: string
    category: string
    erasure_id: string
    redacted_at: Moment
    key_id: string
    payload: string
    signature: Buffer
  }
  erasures: {
    tenant_id: string
    id: string
    subject_type: 'user' | 'customer' | 'profile'
    subject_id: string
    requested_by: Json
    status: Generated<'pending' | 'running' | 'completed' | 'failed'>
    attempt: Generated<number>
    marks_ciphertext: ColumnType<string | null, string | null | undefined, string | null>
    outcome: Json
    failure: ColumnType<string | null, never, string | null>
    created_at: DefaultedMoment
    started_at: MomentOrNull
    ended_at: MomentOrNull
  }
  retained_identities: {
    tenant_id: string
    customer_id: string
    identity_ciphertext: string
    keep_until: string
    created_at: DefaultedMoment
  }
  tenant_erasures: {
    tenant_id: string
    id: string
    status: Generated<'scheduled' | 'cancelled' | 'running' | 'completed'>
    reason: string
    requested_by: Json
    created_at: ColumnType<Date, never, never>
    due_at: ColumnType<Date, Date, never>
    started_at: MomentOrNull
    ended_at: MomentOrNull
    audit_heads: Json
    removed: ColumnType<unknown, never, never>
    receipt: ColumnType<string | null, never, string>
    key_id: ColumnType<string | null, never, string>
    signature: ColumnType<Buffer | null, never, Buffer>
  }
}
