/** The tables as the application reads and writes them (migrations/ make them; schema.sql shows them). */
import type { ColumnType, Generated } from 'kysely'
import type { DefaultedMoment, Json, Moment, MomentOrNull } from './column-types.ts'
import type { AuditTables } from './tables-audit.ts'
import type { CheckTables } from './tables-checks.ts'
import type { ExportTables } from './tables-exports.ts'
import type { ImportTables } from './tables-imports.ts'
import type { LedgerTables } from './tables-ledger.ts'
import type { LimitTables } from './tables-limits.ts'
import type { NotificationTables } from './tables-notifications.ts'
import type { PersonalDataTables } from './tables-personal-data.ts'
import type { ReportTables } from './tables-reports.ts'
import type { ScoringTables } from './tables-scoring.ts'
import type { WebhookTables } from './tables-webhooks.ts'
import type { WorkflowTables } from './tables-workflows.ts'

type FurtherTables = AuditTables &
  CheckTables &
  ExportTables &
  ImportTables &
  LedgerTables &
  LimitTables &
  NotificationTables &
  PersonalDataTables &
  ReportTables &
  ScoringTables &
  WebhookTables &
  WorkflowTables

export type Tables = FurtherTables & {
  tenants: {
    id: string
    name: string
    status: Generated<'active' | 'suspended'>
    self_registered: Generated<boolean>
    mfa_required: Generated<boolean>
    created_at: DefaultedMoment
  }
  users: {
    tenant_id: string
    id: string
    email: string
    email_key: string
    display_name: string
    password_hash: string
    roles: string[]
    status: Generated<'active' | 'deactivated'>
    access_version: Generated<number>
    mfa_enabled: Generated<boolean>
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  sessions: {
    tenant_id: string
    id: string
    user_id: string
    client_id: string | null
    created_at: DefaultedMoment
    last_seen_at: DefaultedMoment
    expires_at: Moment
    ip_address: string | null
    user_agent: string | null
    revoked_at: MomentOrNull
    revoked_reason: ColumnType<string | null, string | null | undefined, string | null>
    stepped_up_at: MomentOrNull
    admitted_version: Generated<number | null>
  }
  refresh_tokens: {
    tenant_id: string
    token_hash: Buffer
    session_id: string
    created_at: DefaultedMoment
    expires_at: Moment
    used_at: MomentOrNull
  }
  roles: {
    tenant_id: string
    name: string
    description: string
    permissions: string[]
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  known_addresses: { tenant_id: string; user_id: string; address: string; last_used_at: DefaultedMoment }
  invitations: {
    tenant_id: string
    id: string
    token_hash: Buffer
    email: string
    email_key: string
    roles: string[]
    invited_by: string | null
    created_at: DefaultedMoment
    expires_at: Moment
    accepted_at: MomentOrNull
  }
  password_resets: {
    tenant_id: string
    token_hash: Buffer
    user_id: string
    created_at: DefaultedMoment
    expires_at: Moment
    used_at: MomentOrNull
  }
  totp_authenticators: {
    tenant_id: string
    user_id: string
    secret_ciphertext: string
    activated_at: MomentOrNull
    last_used_step: ColumnType<string, number | undefined, number>
    created_at: DefaultedMoment
  }
  backup_codes: {
    tenant_id: string
    user_id: string
    code_hash: Buffer
    is_pending: boolean
    created_at: DefaultedMoment
    used_at: MomentOrNull
  }
  passkeys: {
    tenant_id: string
    id: string
    user_id: string
    name: string
    public_key: Buffer
    sign_count: ColumnType<string, number, number>
    transports: string[]
    is_backed_up: boolean
    created_at: DefaultedMoment
    last_used_at: MomentOrNull
  }
  webauthn_challenges: {
    tenant_id: string
    challenge: string
    user_id: string
    purpose: 'registration' | 'authentication'
    bound_to: string
    expires_at: Moment
  }
  pending_sign_ins: {
    tenant_id: string
    id: string
    token_hash: Buffer
    user_id: string
    client_id: string | null
    access_lifetime_seconds: number
    ip_address: string | null
    wrong_codes: Generated<number>
    proven_code_hash: Buffer | null
    created_at: DefaultedMoment
    expires_at: Moment
  }
  sign_in_failures: { key_hash: Buffer; failures: number; last_failed_at: Moment; blocked_until: Moment }
  clients: {
    tenant_id: string
    id: string
    name: string
    description: string | null
    siret: string | null
    is_active: Generated<boolean>
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  self_registered_names: { name: string; tenant_id: string; client_id: string }
  api_keys: {
    tenant_id: string
    id: string
    client_id: string
    name: string
    key_hash: Buffer
    hint: string
    is_primary: Generated<boolean>
    scopes: string[] | null
    created_at: DefaultedMoment
    expires_at: MomentOrNull
    revoked_at: MomentOrNull
  }
  api_key_refresh_tokens: {
    tenant_id: string
    token_hash: Buffer
    api_key_id: string
    created_at: DefaultedMoment
    expires_at: Moment
  }
  attribute_catalogues: {
    tenant_id: string
    version: number
    definition: Json
    created_at: DefaultedMoment
    created_by: Json
  }
  profiles: {
    tenant_id: string
    /** bigint: text on the way out. */
    pk: ColumnType<string, never, never>
    client_id: string
    status: Generated<'draft' | 'complete'>
    external_reference: string | null
    catalogue_version: number
    attributes: Json
    sensitive_ciphertext: string | null
    /** tsvector, made by array_to_tsvector. */
    search: ColumnType<string, string, string>
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
    submitted_at: MomentOrNull
  }
  client_credentials: {
    tenant_id: string
    client_id: string
    kind: 'pdp' | 'chorus'
    id: ColumnType<string, never, never>
    flow_service_url: string
    token_url: string
    oauth_client_id: string
    secret_ciphertext: string
    encryption_mode: 'fernet' | 'double'
    is_active: boolean
    mode_sandbox: boolean
    last_test_at: MomentOrNull
    last_test_success: ColumnType<boolean | null, boolean | null | undefined, boolean | null>
    last_test_error: ColumnType<string | null, string | null | undefined, string | null>
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  webhook_secrets: { tenant_id: string; client_id: string; secret_ciphertext: string; created_at: DefaultedMoment }
  email_configs: {
    tenant_id: string
    client_id: string
    provider: string
    settings: Json
    secret_ciphertext: string
    last_test_at: MomentOrNull
    last_test_success: ColumnType<boolean | null, boolean | null | undefined, boolean | null>
    last_test_error: ColumnType<string | null, string | null | undefined, string | null>
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  files: {
    tenant_id: string
    id: string
    data_key_ciphertext: string
    chunk_bytes: number
    compressed: Generated<boolean>
    size: ColumnType<string | null, number | null | undefined, number | null>
    sha256: Buffer | null
    content_type: string | null
    scan: 'clean' | 'not_scanned' | null
    created_at: DefaultedMoment
    expires_at: MomentOrNull
  }
  row_counts: { tenant_id: string; relation: string; id: ColumnType<string, never, never>; difference: string }
  registration_attempts: {
    id: ColumnType<string, never, never>
    ip_address: string
    attempted_at: DefaultedMoment
    registered: boolean
  }
  oauth_clients: {
    tenant_id: string
    id: string
    client_id: string
    client_name: string | null
    secret_hash: string | null
    secret_expires_at: MomentOrNull
    authentication_methods: string[]
    grant_types: string[]
    redirect_uris: string[]
    post_logout_redirect_uris: string[]
    scopes: string[]
    client_settings: string
    token_settings: string
    version: Generated<number>
    issued_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  oauth_consents: {
    tenant_id: string
    user_id: string
    registered_client_id: string
    scopes: string[]
    given_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  signing_keys: {
    id: string
    algorithm: string
    public_jwk: Json
    private_ciphertext: string
    created_at: DefaultedMoment
    signs_from: Moment
    expires_at: Moment
  }
}
