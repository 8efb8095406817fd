/** Tables of workflows (migrations/0015). What is due is claimed by functions of the database. */
import type { ColumnType, Generated } from 'kysely'
import type { DefaultedMoment, Json, Moment, MomentOrNull } from './column-types.ts'

type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>

export type WorkflowTables = {
  workflows: {
    tenant_id: string
    id: string
    name: string
    active_version: number | null
    last_version: Generated<number>
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  workflow_versions: {
    tenant_id: string
    workflow_id: string
    version: number
    definition: Json
    created_at: DefaultedMoment
    created_by: string | null
  }
  workflow_triggers: {
    tenant_id: string
    kind: 'event' | 'schedule' | 'manual'
    name: string
    workflow_id: string
    version: number
    entity_type: Nullable<string>
    time_zone: Nullable<string>
    next_at: MomentOrNull
  }
  workflow_executions: {
    tenant_id: string
    id: string
    workflow_id: string
    version: number
    status: ColumnType<string, string | undefined, string>
    current_action: Nullable<string>
    trigger: string
    event_id: Nullable<string>
    entity_type: Nullable<string>
    entity_id: Nullable<string>
    entity_reference: Nullable<string>
    submitted_by: Nullable<string>
    depth: Generated<number>
    scope: Json
    attempt: Generated<number>
    step_count: Generated<number>
    error: Nullable<string>
    wait_until: MomentOrNull
    due_at: MomentOrNull
    started_at: DefaultedMoment
    finished_at: MomentOrNull
    expires_at: MomentOrNull
  }
  workflow_steps: {
    tenant_id: string
    execution_id: string
    number: number
    action_id: string
    type: string
    attempt: number
    status: string
    input: Json
    outcome: Json
    error: string | null
    started_at: Moment
    finished_at: MomentOrNull
    duration_ms: number | null
  }
  workflow_approvals: {
    tenant_id: string
    id: string
    execution_id: string
    action_id: string
    workflow_name: string
    entity_type: string | null
    entity_id: string | null
    entity_reference: string | null
    entity_summary: string
    entity_stamp: string | null
    submitted_by: string | null
    approvers: string[]
    required: number
    approved_by: Generated<string[]>
    status: Generated<string>
    decided_by: Nullable<string>
    comment: Nullable<string>
    created_at: DefaultedMoment
    expires_at: Moment
    remind_at: MomentOrNull
    remind_seconds: number | null
    reminders: Generated<number>
    decided_at: MomentOrNull
  }
  workflow_approvers: { tenant_id: string; approver: string; approval_id: string }
  workflow_delegations: {
    tenant_id: string
    id: string
    from_user: string
    to_user: string
    starts_at: Moment
    ends_at: Moment
    created_at: DefaultedMoment
  }
  workflow_settings: {
    tenant_id: string
    daily_limit: number | null
    retention_days: number | null
    secret_ciphertext: string | null
    secret_at: Moment | null
    old_secret_ciphertext: string | null
    old_secret_until: Moment | null
    updated_at: DefaultedMoment
  }
  workflow_usage: { tenant_id: string; day: string; shard: number; used: number }
}
