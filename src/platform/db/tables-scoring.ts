/** Tables of scorecards and analyses (migrations/0008). */
import type { ColumnType, Generated } from 'kysely'
import type { DefaultedMoment, Json, Moment, MomentOrNull } from './column-types.ts'

export type ScoringTables = {
  scorecards: {
    tenant_id: string
    version: number
    status: Generated<'draft' | 'active' | 'retired'>
    definition: Json
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
    activated_at: MomentOrNull
    retired_at: MomentOrNull
  }
  analyses: {
    tenant_id: string
    pk: ColumnType<string, never, never>
    client_id: string
    profile_pk: string
    profile_submitted_at: Moment
    status: Generated<'pending' | 'running' | 'completed' | 'failed'>
    attempt: Generated<number>
    scorecard_version: number | null
    score: number | null
    result: Json
    sensitive_ciphertext: string | null
    failure: 'profile_changed' | 'content_lost' | 'internal' | null
    quota_month: string | null
    created_at: DefaultedMoment
    started_at: MomentOrNull
    completed_at: MomentOrNull
  }
  analysis_quotas: {
    tenant_id: string
    client_id: string
    per_month: number | null
    in_total: number | null
    month: string
    used_in_month: number
    used_in_total: number
    updated_at: DefaultedMoment
  }
}
