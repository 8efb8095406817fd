/** What is done every minute, by one worker of all. */
import { deleteExpiredWebhooks } from '#features/webhooks/index.ts'
import type { Runtime } from './runtime.ts'

/** Functions of the database (migrations/) that delete at most so many rows and tell how many. */
const deletions = [
  'delete_expired',
  'delete_expired_identity',
  'delete_expired_oidc_payloads',
  'delete_expired_rate_limits',
  'delete_expired_key_tokens',
  'delete_expired_files',
  'delete_expired_import_files',
  'delete_expired_imports',
  'delete_expired_exports',
  'delete_expired_checks',
  'delete_expired_notifications',
  'delete_expired_workflows',
  'delete_expired_reports',
  'delete_expired_retained_identities',
] as const
const mostDeletedAtOnce = 5_000
/** Below this, adding up differences saves nothing worth a write. */
const differencesWorthCompacting = 64

/** Deletes what has expired, adds up counts, and makes the next signing key in time. */
export async function keepHouse({ config, services }: Runtime): Promise<void> {
  const { database, logger, signingKeys } = services
  await database.platformRead('select compact_row_counts($1)', [differencesWorthCompacting])
  for (const deletion of deletions) {
    for (;;) {
      const [row] = await database.platformRead<{ deleted: number }>(`select ${deletion}($1) as deleted`, [
        mostDeletedAtOnce,
      ])
      if ((row?.deleted ?? 0) < mostDeletedAtOnce) break
    }
  }
  for (;;) {
    const deleted = await deleteExpiredWebhooks(database, mostDeletedAtOnce, config.webhookRetentionDays)
    if (deleted < mostDeletedAtOnce) break
  }
  const created = await signingKeys.ensureCurrent()
  if (created) logger.info({ signing_key: created }, 'published the next signing key')
}
