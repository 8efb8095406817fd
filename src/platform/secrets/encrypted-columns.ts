/** Where secrets are stored: every column that holds Fernet tokens under the master keys. */

export type EncryptedColumn = {
  readonly table: string
  readonly column: string
  /** Rows belong to tenants (column tenant_id), whose audit logs tell of it when their secrets are encrypted anew. */
  readonly ofTenants: boolean
}

/** A test compares it with the database: a column named *_ciphertext that is not here would be lost with the old keys. */
export const encryptedColumns: readonly EncryptedColumn[] = [
  { table: 'client_credentials', column: 'secret_ciphertext', ofTenants: true },
  { table: 'webhook_secrets', column: 'secret_ciphertext', ofTenants: true },
  { table: 'webhook_endpoint_secrets', column: 'secret_ciphertext', ofTenants: true },
  { table: 'workflow_settings', column: 'secret_ciphertext', ofTenants: true },
  { table: 'workflow_settings', column: 'old_secret_ciphertext', ofTenants: true },
  { table: 'email_configs', column: 'secret_ciphertext', ofTenants: true },
  { table: 'profiles', column: 'sensitive_ciphertext', ofTenants: true },
  { table: 'analyses', column: 'sensitive_ciphertext', ofTenants: true },
  { table: 'idempotency_keys', column: 'response_ciphertext', ofTenants: true },
  { table: 'totp_authenticators', column: 'secret_ciphertext', ofTenants: true },
  { table: 'import_refusals', column: 'rows_ciphertext', ofTenants: true },
  { table: 'checks', column: 'result_ciphertext', ofTenants: true },
  { table: 'erasures', column: 'marks_ciphertext', ofTenants: true },
  { table: 'retained_identities', column: 'identity_ciphertext', ofTenants: true },
  { table: 'files', column: 'data_key_ciphertext', ofTenants: true },
  { table: 'audit_forwardings', column: 'secret_ciphertext', ofTenants: true },
  { table: 'notification_feedback_sources', column: 'secret_ciphertext', ofTenants: true },
  { table: 'audit_keys', column: 'private_ciphertext', ofTenants: false },
  { table: 'oidc_payloads', column: 'payload_ciphertext', ofTenants: false },
  { table: 'webhook_server_keys', column: 'secret_ciphertext', ofTenants: false },
  { table: 'notification_link_keys', column: 'secret_ciphertext', ofTenants: false },
  { table: 'signing_keys', column: 'private_ciphertext', ofTenants: false },
]
