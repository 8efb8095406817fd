/** Catalogue: tables that belong to no tenant. What they have of persons goes by itself within days. */
import type { TableEntry } from './catalogue.ts'

const ofPlatform = true

export const platformTables: Readonly<Record<string, TableEntry>> = {
  audit_keys: { id: 'id', plain: 'public_key created_at', secret: 'private_ciphertext', erase: 'none', ofPlatform },
  audit_sealing: { id: 'id', plain: 'settled seen pending pending_xid swept_at', erase: 'none', ofPlatform },
  notification_link_keys: { id: 'id', plain: 'created_at', secret: 'secret_ciphertext', erase: 'none', ofPlatform },
  oidc_payloads: {
    id: 'client_id',
    plain: 'model consumed_at expires_at',
    secret: 'id_hash grant_hash uid_hash payload_ciphertext account_hash',
    erase: 'rows',
    own: { user: `account_hash = sha256(convert_to($2, 'UTF8'))` },
    ofPlatform,
  },
  rate_limit_nodes: { id: 'id', plain: 'seen_at', erase: 'none', ofPlatform },
  registration_attempts: {
    id: 'id',
    personal: 'ip_address',
    plain: 'attempted_at registered',
    erase: 'keep',
    why: 'addresses that registered a client: deleted by itself, belongs to no account',
    ofPlatform,
  },
  schema_migrations: { id: 'id', plain: 'checksum applied_at', erase: 'none', ofPlatform },
  sign_in_failures: {
    plain: 'failures last_failed_at blocked_until',
    secret: 'key_hash',
    erase: 'keep',
    why: 'hashes of names and addresses that failed to sign in: deleted by itself',
    ofPlatform,
  },
  signing_keys: {
    id: 'id',
    plain: 'algorithm public_jwk created_at signs_from expires_at',
    secret: 'private_ciphertext',
    erase: 'none',
    ofPlatform,
  },
  webhook_server_keys: { id: 'id', plain: 'created_at', secret: 'secret_ciphertext', erase: 'none', ofPlatform },
}
