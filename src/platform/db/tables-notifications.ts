/** Tables of notifications (migrations/0014). Deliveries are claimed and recorded by functions of the database. */
import type { ColumnType, Generated } from 'kysely'
import type { DefaultedMoment, Json, Moment, MomentOrNull } from './column-types.ts'

type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>

export type NotificationTables = {
  notification_templates: {
    tenant_id: string
    id: string
    active_version: number | null
    last_version: Generated<number>
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  notification_template_versions: {
    tenant_id: string
    template_id: string
    version: number
    content: Json
    created_at: DefaultedMoment
    created_by: string | null
  }
  notification_preferences: {
    tenant_id: string
    user_id: string
    enabled_channels: string[]
    categories: Json
    quiet_start: number | null
    quiet_end: number | null
    time_zone: string
    language: 'fr' | 'en'
    digest: 'off' | 'daily' | 'weekly'
    digest_hour: number
    digest_weekday: number
    updated_at: DefaultedMoment
  }
  notification_settings: {
    tenant_id: string
    daily_limit: number | null
    retention_days: number | null
    language: 'fr' | 'en' | null
    time_zone: string | null
    updated_at: DefaultedMoment
  }
  notification_usage: { tenant_id: string; day: string; shard: number; used: number }
  notifications: {
    tenant_id: string
    id: string
    recipient: string
    user_id: string | null
    category: string
    template_id: string
    template_version: number
    language: string
    title: string
    body: string
    html: string | null
    action_url: string | null
    action_label: string | null
    dedupe_key: string | null
    attachment: Json
    created_at: DefaultedMoment
    expires_at: Moment
    shown_at: MomentOrNull
    position: ColumnType<string | null, string | null | undefined, string | null>
    read_at: MomentOrNull
  }
  notification_deliveries: {
    tenant_id: string
    id: ColumnType<string, never, never>
    notification_id: string | null
    channel: 'email' | 'in_app' | 'webhook'
    status: string
    reason: Nullable<string>
    user_id: string | null
    address: string | null
    address_key: string | null
    category: string | null
    language: string | null
    client_id: string | null
    digest_id: Nullable<string>
    attempts: Generated<number>
    due_at: MomentOrNull
    provider: Nullable<string>
    provider_message_id: Nullable<string>
    last_error: Nullable<string>
    created_at: DefaultedMoment
    finished_at: MomentOrNull
  }
  notification_attempts: {
    tenant_id: string
    delivery_id: string
    number: number
    started_at: DefaultedMoment
    finished_at: MomentOrNull
    outcome: string | null
    response: string | null
  }
  notification_suppressions: {
    tenant_id: string
    address_key: string
    category: string
    reason: 'bounce' | 'complaint' | 'unsubscribe' | 'manual'
    source: string
    created_at: DefaultedMoment
  }
  notification_feedback_sources: {
    tenant_id: string
    id: string
    provider: 'mailgun' | 'sendgrid' | 'postmark' | 'ses'
    secret_ciphertext: string
    created_at: DefaultedMoment
    last_received_at: MomentOrNull
  }
  notification_link_keys: { id: string; secret_ciphertext: string; created_at: DefaultedMoment }
}
