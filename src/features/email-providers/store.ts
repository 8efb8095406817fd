import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { emailProviderError } from './errors.ts'

export type StoredEmailConfig = {
  provider: string
  settings: Record<string, unknown>
  secret_ciphertext: string
  updated_at: Date
}

const meanings = {
  email_configs_client: () => emailProviderError('email_client_unknown'),
  email_configs_pkey: () => emailProviderError('email_config_exists'),
}

export async function findEmailConfig(tx: Tx, tenantId: string, clientUid: string): Promise<StoredEmailConfig | null> {
  const row = await tx
    .selectFrom('email_configs')
    .select(['provider', 'settings', 'secret_ciphertext', 'updated_at'])
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientUid)
    .executeTakeFirst()
  return row ? { ...row, settings: row.settings as Record<string, unknown> } : null
}

export type EmailConfigFields = {
  provider: string
  settings: Record<string, unknown>
  secret_ciphertext: string
  updated_at: Date
}

export async function insertEmailConfig(
  tx: Tx,
  tenantId: string,
  clientUid: string,
  fields: EmailConfigFields,
): Promise<void> {
  const values = { tenant_id: tenantId, client_id: clientUid, ...fields }
  await onConstraint(tx.insertInto('email_configs').values(values).execute(), meanings)
}

/** What was tested before were other values, so the outcome goes too. @returns whether there was one to change */
export async function replaceEmailConfig(
  tx: Tx,
  tenantId: string,
  clientUid: string,
  fields: EmailConfigFields,
): Promise<boolean> {
  const updated = await tx
    .updateTable('email_configs')
    .set({ ...fields, last_test_at: null, last_test_success: null, last_test_error: null })
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientUid)
    .executeTakeFirst()
  return updated.numUpdatedRows > 0n
}

export async function deleteEmailConfig(tx: Tx, tenantId: string, clientUid: string): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('email_configs')
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientUid)
    .executeTakeFirst()
  return deleted.numDeletedRows > 0n
}

/** Records the outcome, unless the configuration was changed while it was tested. */
export async function recordEmailTest(
  tx: Tx,
  tenantId: string,
  clientUid: string,
  test: { testedVersion: Date; at: Date; error: string | null },
): Promise<void> {
  await tx
    .updateTable('email_configs')
    .set({ last_test_at: test.at, last_test_success: test.error === null, last_test_error: test.error })
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientUid)
    .where(sql<boolean>`date_trunc('milliseconds', updated_at) = ${test.testedVersion}`)
    .execute()
}
