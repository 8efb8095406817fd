/** The tables of the audit log (migrations 0001 and 0010). */
import type { ColumnType, Generated } from 'kysely'
import type { DefaultedMoment, Json, Moment, MomentOrNull } from './column-types.ts'

type AuditEventsTable = {
  tenant_id: string
  id: string
  occurred_at: DefaultedMoment
  category: string
  severity: string
  action: string
  description: string
  actor: Json
  target_type: string | null
  target_id: string | null
  context: Json
  request_id: string | null
  position: ColumnType<string, never, never>
  user_id: string | null
  client_id: string | null
}

export type AuditTables = {
  /** Those that are sealed. */
  audit_events: AuditEventsTable
  /** With those that wait for it: a view. */
  audit_log: AuditEventsTable
  audit_links: {
    tenant_id: string
    category: string
    sequence: string
    event_id: string
    event_hash: Buffer
    link_hash: Buffer
  }
  audit_chains: { tenant_id: string; category: string; sequence: string; link_hash: Buffer; first_sequence: string }
  audit_checkpoints: {
    tenant_id: string
    id: string
    category: string
    number: number
    sequence: ColumnType<string, number, never>
    kind: 'hourly' | 'demand' | 'export' | 'retention'
    created_at: Moment
    key_id: string
    payload: string
    signature: Buffer
  }
  audit_settings: { tenant_id: string; retention_days: number | null; updated_at: DefaultedMoment }
  audit_forwardings: {
    tenant_id: string
    id: string
    kind: 'syslog' | 'webhook' | 'platform'
    settings: Json
    secret_ciphertext: string | null
    categories: string[] | null
    created_at: DefaultedMoment
    failures: Generated<number>
    last_error: string | null
    last_success_at: MomentOrNull
    next_attempt_at: DefaultedMoment
  }
  audit_forwarding_cursors: {
    tenant_id: string
    forwarding_id: string
    category: string
    sequence: ColumnType<string, number | string, number | string>
  }
}
