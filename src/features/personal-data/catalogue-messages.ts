/** Catalogue: what was said, sent and done about somebody (notifications, webhooks, workflows, the audit log). */
import type { TableEntry } from './catalogue.ts'

const addressed = 'address_key = any($3)'

export const messageTables: Readonly<Record<string, TableEntry>> = {
  notification_attempts: {
    id: 'delivery_id',
    free: 'response',
    plain: 'number started_at finished_at outcome',
    erase: 'rows and scrub',
    own: {
      user: `delivery_id in (select d.id from notification_deliveries d where d.tenant_id = $1 and (d.user_id = $2 or d.${addressed}))`,
      customer: `delivery_id in (select d.id from notification_deliveries d where d.tenant_id = $1 and d.${addressed})`,
      profile: `delivery_id in (select d.id from notification_deliveries d where d.tenant_id = $1 and d.${addressed})`,
    },
  },
  notification_deliveries: {
    id: 'id notification_id user_id client_id digest_id provider_message_id',
    personal: 'address address_key',
    free: 'last_error',
    plain: 'channel status reason category language attempts due_at provider created_at finished_at',
    erase: 'rows and scrub',
    own: { user: `user_id = $2 or ${addressed}`, customer: addressed, profile: addressed },
  },
  notification_suppressions: {
    personal: 'address_key',
    plain: 'category reason source created_at',
    erase: 'rows',
    own: { user: addressed, customer: addressed, profile: addressed },
  },
  notifications: {
    id: 'id recipient user_id template_id',
    free: 'title body html action_url action_label dedupe_key attachment',
    plain: 'category template_version language created_at expires_at shown_at position read_at',
    erase: 'rows and scrub',
    own: { user: 'user_id = $2' },
  },
  notification_feedback_sources: {
    id: 'id',
    plain: 'provider created_at last_received_at',
    secret: 'secret_ciphertext',
    erase: 'none',
  },
  notification_preferences: {
    id: 'user_id',
    plain:
      'enabled_channels categories quiet_start quiet_end time_zone language digest digest_hour digest_weekday updated_at',
    erase: 'with',
    why: 'users',
  },
  notification_settings: { plain: 'daily_limit retention_days language time_zone updated_at', erase: 'none' },
  notification_template_versions: {
    id: 'template_id created_by',
    config: 'content',
    plain: 'version created_at',
    erase: 'none',
  },
  notification_templates: { id: 'id', plain: 'active_version last_version created_at updated_at', erase: 'none' },
  notification_usage: { plain: 'day shard used', erase: 'none' },

  domain_events: {
    id: 'id client_id user_id',
    free: 'data',
    plain: 'type occurred_at sequence',
    erase: 'scrub',
  },
  webhook_attempts: {
    id: 'delivery_pk',
    config: 'url',
    free: 'request_body response_body response_headers error',
    plain:
      'number attempted_at status_code response_truncated dns_ms connect_ms first_byte_ms total_ms error_code request_headers',
    erase: 'scrub',
  },
  webhook_deliveries: {
    id: 'pk endpoint_pk event_id',
    plain: 'event_type status attempts last_status_code last_error_code created_at finished_at',
    erase: 'none',
  },
  webhook_endpoint_secrets: {
    id: 'endpoint_pk pk',
    plain: 'created_at expires_at',
    secret: 'secret_ciphertext',
    erase: 'none',
  },
  webhook_endpoints: {
    id: 'pk client_id',
    config: 'url description',
    plain: 'event_types of_all_clients status disabled_reason disabled_at failing_since version created_at updated_at',
    erase: 'none',
  },
  webhook_queue: {
    id: 'delivery_pk endpoint_pk event_id',
    plain: 'event_type created_at waiting due_at leased_until tries',
    erase: 'none',
  },
  webhook_replays: {
    id: 'pk endpoint_pk',
    plain: 'since status found queued cursor_pk last_pk created_at finished_at',
    erase: 'none',
  },
  webhook_secrets: { id: 'client_id', plain: 'created_at', secret: 'secret_ciphertext', erase: 'none' },

  workflow_approvals: {
    id: 'id execution_id action_id entity_id submitted_by approvers approved_by decided_by entity_stamp',
    config: 'workflow_name',
    free: 'entity_reference entity_summary comment',
    plain: 'entity_type required status created_at expires_at remind_at remind_seconds reminders decided_at',
    erase: 'scrub',
  },
  workflow_approvers: { id: 'approver approval_id', erase: 'none' },
  workflow_delegations: {
    id: 'id from_user to_user',
    plain: 'starts_at ends_at created_at',
    erase: 'with',
    why: 'users',
  },
  workflow_executions: {
    id: 'id workflow_id event_id entity_id submitted_by',
    free: 'entity_reference scope error',
    plain:
      'version status current_action trigger entity_type depth attempt step_count wait_until due_at started_at finished_at expires_at',
    erase: 'scrub',
  },
  workflow_settings: {
    plain: 'daily_limit retention_days secret_at old_secret_until updated_at',
    secret: 'secret_ciphertext old_secret_ciphertext',
    erase: 'none',
  },
  workflow_steps: {
    id: 'execution_id action_id',
    free: 'input outcome error',
    plain: 'number type attempt status started_at finished_at duration_ms',
    erase: 'scrub',
  },
  workflow_triggers: {
    id: 'workflow_id',
    config: 'name',
    plain: 'kind version entity_type time_zone next_at',
    erase: 'none',
  },
  workflow_usage: { plain: 'day shard used', erase: 'none' },
  workflow_versions: {
    id: 'workflow_id created_by',
    config: 'definition',
    plain: 'version created_at',
    erase: 'none',
  },
  workflows: { id: 'id', config: 'name', plain: 'active_version last_version created_at updated_at', erase: 'none' },

  audit_events: {
    id: 'id target_id request_id user_id client_id',
    free: 'description actor context',
    plain: 'occurred_at category severity action target_type position',
    erase: 'redact',
    about: { profile: `target_type = 'profile' and target_id = $2` },
  },
  audit_inbox: {
    id: 'id target_id request_id user_id client_id',
    free: 'description actor context',
    plain: 'occurred_at category severity action target_type position',
    erase: 'with',
    why: 'sealed before anything is erased, and then a row of audit_events',
    partOf: 'audit_events',
  },
  audit_links: { id: 'event_id', plain: 'category sequence event_hash link_hash', erase: 'none' },
  audit_chains: { plain: 'category sequence link_hash first_sequence', erase: 'none' },
  audit_checkpoints: {
    id: 'id key_id',
    plain: 'category number sequence kind created_at payload signature',
    erase: 'none',
  },
  audit_redactions: {
    id: 'id erasure_id key_id',
    plain: 'category redacted_at payload signature',
    erase: 'keep',
    why: 'ids and hashes: the proof of what was erased from the audit log',
  },
  audit_settings: { plain: 'retention_days updated_at', erase: 'none' },
  audit_forwardings: {
    id: 'id',
    config: 'settings',
    plain: 'kind categories created_at failures last_error last_success_at next_attempt_at',
    secret: 'secret_ciphertext',
    erase: 'none',
  },
  audit_forwarding_cursors: { id: 'forwarding_id', plain: 'category sequence', erase: 'none' },
}
