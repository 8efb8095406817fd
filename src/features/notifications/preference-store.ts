import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Channel, Language, Preferences, Settings } from './schemas.ts'
import { defaultSettings } from './schemas.ts'

export type PreferenceRow = {
  enabled_channels: string[]
  categories: unknown
  quiet_start: number | null
  quiet_end: number | null
  time_zone: string
  language: Language
  digest: 'off' | 'daily' | 'weekly'
  digest_hour: number
  digest_weekday: number
}

export function toPreferences(row: PreferenceRow): Preferences {
  return {
    enabledChannels: row.enabled_channels as Channel[],
    categories: row.categories as Record<string, boolean>,
    quietHours:
      row.quiet_start === null || row.quiet_end === null
        ? null
        : { startMinute: row.quiet_start, endMinute: row.quiet_end },
    timeZone: row.time_zone,
    language: row.language,
    digest: row.digest,
    digestHour: row.digest_hour,
    digestWeekday: row.digest_weekday,
  }
}

const columns = [
  'enabled_channels',
  'categories',
  'quiet_start',
  'quiet_end',
  'time_zone',
  'language',
  'digest',
  'digest_hour',
  'digest_weekday',
] as const

export async function findPreferences(tx: Tx, tenantId: string, userId: string): Promise<Preferences | null> {
  const row = await tx
    .selectFrom('notification_preferences')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row ? toPreferences(row) : null
}

export async function savePreferences(
  tx: Tx,
  tenantId: string,
  userId: string,
  preferences: Preferences & { now: Date },
): Promise<void> {
  const fields = {
    enabled_channels: preferences.enabledChannels as string[],
    categories: JSON.stringify(preferences.categories),
    quiet_start: preferences.quietHours?.startMinute ?? null,
    quiet_end: preferences.quietHours?.endMinute ?? null,
    time_zone: preferences.timeZone,
    language: preferences.language,
    digest: preferences.digest,
    digest_hour: preferences.digestHour,
    digest_weekday: preferences.digestWeekday,
    updated_at: preferences.now,
  }
  await tx
    .insertInto('notification_preferences')
    .values({ tenant_id: tenantId, user_id: userId, ...fields })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'user_id']).doUpdateSet(fields))
    .execute()
}

/** The categories from which the user has unsubscribed by a link, and whether his address takes no mail at all. */
export async function findMailState(
  tx: Tx,
  tenantId: string,
  userId: string,
): Promise<{ unsubscribed: string[]; undeliverable: 'bounce' | 'complaint' | 'manual' | null }> {
  const found = await sql<{ category: string; reason: 'bounce' | 'complaint' | 'manual' | 'unsubscribe' }>`
    select s.category, s.reason from users u
      join notification_suppressions s on s.tenant_id = u.tenant_id and s.address_key = u.email_key
     where u.tenant_id = ${tenantId} and u.id = ${userId} order by s.category`.execute(tx)
  const all = found.rows.find((row) => row.category === '*')
  return {
    unsubscribed: found.rows.filter((row) => row.category !== '*').map((row) => row.category),
    undeliverable: all && all.reason !== 'unsubscribe' ? all.reason : null,
  }
}

/** Who says that he wants a category again gets its mails again. */
export async function resubscribe(
  tx: Tx,
  tenantId: string,
  userId: string,
  categories: readonly string[],
): Promise<void> {
  if (categories.length === 0) return
  await sql`
    delete from notification_suppressions s using users u
     where u.tenant_id = ${tenantId} and u.id = ${userId} and s.tenant_id = u.tenant_id and s.address_key = u.email_key
       and s.reason = 'unsubscribe' and s.category = any(${[...categories]}::text[])`.execute(tx)
}

/** The tenant's settings where it has some, else the platform's; and its name, for messages. */
export async function findSettings(tx: Tx, tenantId: string): Promise<Settings & { tenantName: string }> {
  const found = await sql<{
    name: string
    daily_limit: number | null
    retention_days: number | null
    language: Language | null
    time_zone: string | null
  }>`
    select t.name, s.daily_limit, s.retention_days, s.language, s.time_zone
      from tenants t left join notification_settings s on s.tenant_id = t.id where t.id = ${tenantId}`.execute(tx)
  const row = found.rows[0]
  return {
    dailyLimit: row?.daily_limit ?? defaultSettings.dailyLimit,
    retentionDays: row?.retention_days ?? defaultSettings.retentionDays,
    language: row?.language ?? defaultSettings.language,
    timeZone: row?.time_zone ?? defaultSettings.timeZone,
    tenantName: row?.name ?? '',
  }
}
