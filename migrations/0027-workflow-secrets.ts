/** Calls of workflows to a URL are signed, once the account has a secret for them (docs/decisions/0033-signed-calls.md). */
export const sql = `
alter table workflow_settings
  add column secret_ciphertext text,
  add column secret_at timestamptz,
  -- The one before signs beside it until then.
  add column old_secret_ciphertext text,
  add column old_secret_until timestamptz;
`
