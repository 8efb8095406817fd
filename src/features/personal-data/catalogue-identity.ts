/** Catalogue: people who sign in, and how. */
import type { TableEntry } from './catalogue.ts'

const ofUser = { erase: 'with', why: 'users' } as const

export const identityTables: Readonly<Record<string, TableEntry>> = {
  invitations: {
    id: 'id invited_by',
    personal: 'email email_key',
    plain: 'roles created_at expires_at accepted_at',
    secret: 'token_hash',
    erase: 'rows',
    own: { user: 'email_key = any($3)' },
  },
  users: {
    id: 'id',
    personal: 'email email_key display_name',
    plain: 'roles status access_version created_at updated_at mfa_enabled',
    secret: 'password_hash',
    erase: 'rows',
    own: { user: 'id = $2' },
  },
  sessions: {
    id: 'id user_id client_id',
    personal: 'ip_address user_agent',
    plain: 'created_at last_seen_at expires_at revoked_at revoked_reason stepped_up_at admitted_version',
    ...ofUser,
  },
  refresh_tokens: { id: 'session_id', plain: 'created_at expires_at used_at', secret: 'token_hash', ...ofUser },
  known_addresses: { id: 'user_id', personal: 'address', plain: 'last_used_at', ...ofUser },
  pending_sign_ins: {
    id: 'id user_id client_id',
    personal: 'ip_address',
    plain: 'access_lifetime_seconds wrong_codes created_at expires_at',
    secret: 'token_hash proven_code_hash',
    ...ofUser,
  },
  passkeys: {
    id: 'id user_id',
    personal: 'name',
    plain: 'sign_count transports is_backed_up created_at last_used_at',
    secret: 'public_key',
    ...ofUser,
  },
  totp_authenticators: {
    id: 'user_id',
    plain: 'activated_at created_at',
    secret: 'secret_ciphertext last_used_step',
    ...ofUser,
  },
  backup_codes: { id: 'user_id', plain: 'is_pending created_at used_at', secret: 'code_hash', ...ofUser },
  password_resets: { id: 'user_id', plain: 'created_at expires_at used_at', secret: 'token_hash', ...ofUser },
  webauthn_challenges: { id: 'user_id', plain: 'purpose expires_at', secret: 'challenge bound_to', ...ofUser },
  oauth_consents: { id: 'user_id registered_client_id', plain: 'scopes given_at updated_at', ...ofUser },
  oauth_clients: {
    id: 'id client_id',
    config: 'client_name redirect_uris post_logout_redirect_uris client_settings token_settings',
    plain: 'secret_expires_at authentication_methods grant_types scopes version issued_at updated_at',
    secret: 'secret_hash',
    erase: 'none',
  },
  api_keys: {
    id: 'id client_id',
    config: 'name',
    plain: 'is_primary scopes created_at expires_at revoked_at',
    secret: 'key_hash hint',
    erase: 'none',
  },
  api_key_refresh_tokens: { id: 'api_key_id', plain: 'created_at expires_at', secret: 'token_hash', erase: 'none' },
  roles: { config: 'name description', plain: 'permissions created_at updated_at', erase: 'none' },
  tenants: { id: 'id', config: 'name', plain: 'status self_registered created_at mfa_required', erase: 'none' },
  tenant_rate_limits: { plain: 'user_limit tenant_limit transfer_limit updated_at', erase: 'none' },
  tenant_storage: { plain: 'used_bytes own_limit_bytes', erase: 'none' },
  rate_limit_windows: {
    id: 'subject',
    plain: 'window_start granted used holders recalled_at',
    erase: 'none',
  },
  erasures: {
    id: 'id subject_id requested_by',
    // Recognises the person until it has ended, and is emptied then.
    secret: 'marks_ciphertext',
    plain: 'subject_type status attempt outcome failure created_at started_at ended_at',
    erase: 'keep',
    why: 'that somebody was erased, by an id that says nothing any more',
  },
  tenant_erasures: {
    id: 'id requested_by key_id',
    config: 'reason',
    plain: 'status created_at due_at started_at ended_at audit_heads removed receipt signature',
    erase: 'keep',
    why: 'the receipt of an erased tenant',
  },
}
