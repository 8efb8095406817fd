import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Logo, Settings } from './schemas.ts'
import { defaultSettings } from './schemas.ts'

export type StoredSettings = { [K in keyof Settings]: Settings[K] | null }

/** The tenant's where it has some, else the platform's. */
export async function findSettings(
  tx: Tx,
  tenantId: string,
): Promise<Settings & { hasLogo: boolean; own: StoredSettings }> {
  const row = await tx
    .selectFrom('report_settings')
    .select(['language', 'time_zone', 'retention_days', 'daily_limit', 'stored_megabytes', 'logo_type'])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  const own: StoredSettings = {
    language: row?.language ?? null,
    timeZone: row?.time_zone ?? null,
    retentionDays: row?.retention_days ?? null,
    dailyLimit: row?.daily_limit ?? null,
    storedMegabytes: row?.stored_megabytes ?? null,
  }
  return {
    language: own.language ?? defaultSettings.language,
    timeZone: own.timeZone ?? defaultSettings.timeZone,
    retentionDays: own.retentionDays ?? defaultSettings.retentionDays,
    dailyLimit: own.dailyLimit ?? defaultSettings.dailyLimit,
    storedMegabytes: own.storedMegabytes ?? defaultSettings.storedMegabytes,
    hasLogo: (row?.logo_type ?? null) !== null,
    own,
  }
}

/** @param logo undefined: stays as it is; null: goes */
export async function saveSettings(
  tx: Tx,
  tenantId: string,
  given: StoredSettings & { logo: Logo | null | undefined; now: Date },
): Promise<void> {
  const { logo } = given
  const fields = {
    language: given.language,
    time_zone: given.timeZone,
    retention_days: given.retentionDays,
    daily_limit: given.dailyLimit,
    stored_megabytes: given.storedMegabytes,
    updated_at: given.now,
    ...(logo === undefined ? {} : { logo: logo?.bytes ?? null, logo_type: logo?.type ?? null }),
  }
  await tx
    .insertInto('report_settings')
    .values({ tenant_id: tenantId, ...fields })
    .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet(fields))
    .execute()
}
