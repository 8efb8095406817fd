/** Tables of webhooks (migrations/0009). Deliveries are queued, claimed and recorded by functions of the database. */
import type { ColumnType, Generated } from 'kysely'
import type { DefaultedMoment, Json, Moment, MomentOrNull } from './column-types.ts'

type Pk = ColumnType<string, never, never>

export type WebhookTables = {
  webhook_endpoints: {
    tenant_id: string
    pk: Pk
    client_id: string | null
    url: string
    description: string | null
    event_types: string[] | null
    of_all_clients: Generated<boolean>
    status: Generated<'enabled' | 'paused' | 'disabled'>
    disabled_reason: 'gone' | 'failing' | null
    disabled_at: MomentOrNull
    failing_since: MomentOrNull
    version: Generated<number>
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  webhook_endpoint_secrets: {
    tenant_id: string
    endpoint_pk: string
    pk: Pk
    secret_ciphertext: string
    created_at: DefaultedMoment
    expires_at: MomentOrNull
  }
  webhook_server_keys: { id: string; secret_ciphertext: string; created_at: DefaultedMoment }
  webhook_deliveries: {
    tenant_id: string
    pk: Generated<string>
    endpoint_pk: string
    event_id: string
    event_type: string
    status: 'pending' | 'succeeded' | 'failed' | 'skipped'
    attempts: Generated<number>
    last_status_code: number | null
    last_error_code: string | null
    created_at: DefaultedMoment
    finished_at: MomentOrNull
  }
  webhook_attempts: {
    tenant_id: string
    delivery_pk: string
    number: number
    attempted_at: Moment
    url: string
    request_headers: Json
    request_body: string
    status_code: number | null
    response_headers: Json
    response_body: string | null
    response_truncated: Generated<boolean>
    dns_ms: number | null
    connect_ms: number | null
    first_byte_ms: number | null
    total_ms: number
    error_code: string | null
    error: string | null
  }
  webhook_queue: {
    tenant_id: string
    delivery_pk: Generated<string>
    endpoint_pk: string
    event_id: string
    event_type: string
    created_at: DefaultedMoment
    waiting: Generated<boolean>
    due_at: DefaultedMoment
    leased_until: MomentOrNull
    tries: Generated<number>
  }
  webhook_replays: {
    tenant_id: string
    pk: Pk
    endpoint_pk: string
    since: Moment
    status: Generated<'running' | 'done'>
    found: number
    queued: Generated<number>
    cursor_pk: Generated<string>
    last_pk: string
    created_at: DefaultedMoment
    finished_at: MomentOrNull
  }
}
