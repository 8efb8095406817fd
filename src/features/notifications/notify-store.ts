/** What notify reads and writes, in the transaction of whoever notifies. */
import { CompiledQuery, sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { DomainEvent } from '#platform/operations/journal.ts'
import { domainEventStatement } from '#platform/operations/journal.ts'
import type { Attachment } from './attachment.ts'
import type { PreferenceRow } from './preference-store.ts'
import { toPreferences } from './preference-store.ts'
import type { Preferences, Settings } from './schemas.ts'
import { defaultPreferences } from './schemas.ts'

export type KnownUser = {
  id: string
  address: string
  addressKey: string
  preferences: Preferences
  /** Why this address gets no mail of the category; null: it does. */
  suppressed: string | null
}

type UserRow = PreferenceRow & { id: string; email: string; email_key: string; suppressed: string | null; has: boolean }

/** Active users by their ids, addresses (as keys) and roles, each once, in a fixed order. */
export async function findRecipients(
  tx: Tx,
  tenantId: string,
  wanted: { ids: string[]; keys: string[]; roles: string[]; category: string },
  settings: Settings,
): Promise<KnownUser[]> {
  const select = sql`
    select u.id, u.email, u.email_key, p.user_id is not null as has, p.enabled_channels, p.categories, p.quiet_start, p.quiet_end,
           p.time_zone, p.language, p.digest, p.digest_hour, p.digest_weekday,
           (select s.reason from notification_suppressions s
             where s.tenant_id = u.tenant_id and s.address_key = u.email_key and s.category in ('*', ${wanted.category})
             order by s.category limit 1) as suppressed
      from users u
      left join notification_preferences p on p.tenant_id = u.tenant_id and p.user_id = u.id
     where u.tenant_id = ${tenantId} and u.status = 'active'`
  const found = await Promise.all([
    ...(wanted.ids.length > 0 ? [sql<UserRow>`${select} and u.id = any(${wanted.ids})`.execute(tx)] : []),
    ...(wanted.keys.length > 0 ? [sql<UserRow>`${select} and u.email_key = any(${wanted.keys})`.execute(tx)] : []),
    ...(wanted.roles.length > 0 ? [sql<UserRow>`${select} and u.roles && ${wanted.roles}::text[]`.execute(tx)] : []),
  ])
  const users = new Map<string, KnownUser>()
  for (const row of found.flatMap((one) => one.rows)) {
    users.set(row.id, {
      id: row.id,
      address: row.email,
      addressKey: row.email_key,
      preferences: row.has ? toPreferences(row) : defaultPreferences(settings),
      suppressed: row.suppressed,
    })
  }
  return [...users.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Addresses (as keys) that get no mail of the category, with why. */
export async function findSuppressed(
  tx: Tx,
  tenantId: string,
  keys: readonly string[],
  category: string,
): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map()
  const found = await tx
    .selectFrom('notification_suppressions')
    .select(['address_key', 'reason'])
    .where('tenant_id', '=', tenantId)
    .where(sql<boolean>`address_key = any (${[...keys]}::text[])`)
    .where('category', 'in', ['*', category])
    .orderBy('category', 'desc')
    .execute()
  return new Map(found.map((row) => [row.address_key, row.reason]))
}

export async function hasWebhooks(tx: Tx, tenantId: string): Promise<boolean> {
  const found = await tx
    .selectFrom('webhook_endpoints')
    .select('pk')
    .where('tenant_id', '=', tenantId)
    .where('status', '!=', 'disabled')
    .limit(1)
    .execute()
  return found.length > 0
}

export async function clientExists(tx: Tx, tenantId: string, clientUid: string): Promise<boolean> {
  const found = await tx
    .selectFrom('clients')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', clientUid)
    .executeTakeFirst()
  return found !== undefined
}

/** The digests that still collect for these users, made where there is none. @returns their ids by user */
export async function openDigests(
  tx: Tx,
  tenantId: string,
  digests: readonly { user_id: string; address: string; address_key: string; language: string; due_at: Date }[],
): Promise<Map<string, string>> {
  if (digests.length === 0) return new Map()
  const opened = await sql<{ user_id: string; id: string }>`
    insert into notification_deliveries (tenant_id, channel, status, category, user_id, address, address_key, language, due_at)
    select ${tenantId}, 'email', 'collecting', 'digest', d.user_id, d.address, d.address_key, d.language, d.due_at
      from jsonb_to_recordset(${JSON.stringify(digests)}::jsonb) as d
           (user_id text, address text, address_key text, language text, due_at timestamptz)
    on conflict (tenant_id, user_id) where status = 'collecting'
    do update set due_at = least(notification_deliveries.due_at, excluded.due_at), address = excluded.address,
                  address_key = excluded.address_key, language = excluded.language
    returning user_id, id`.execute(tx)
  return new Map(opened.rows.map((row) => [row.user_id, row.id]))
}

export type NotificationRow = {
  id: string
  recipient: string
  user_id: string | null
  language: string
  title: string
  body: string
  html: string | null
  action_url: string | null
  action_label: string | null
  shown: boolean
}
export type DeliveryRow = {
  notification_id: string
  channel: string
  status: string
  reason: string | null
  user_id: string | null
  address: string | null
  address_key: string | null
  language: string
  digest_id: string | null
  due_at: Date | null
  provider_message_id: string | null
}
export type About = {
  category: string
  templateId: string
  templateVersion: number
  dedupeKey: string | null
  clientUid: string | null
  attachment: Attachment | null
  expiresAt: Date
}

/** All of it in one statement. @returns the ids of those that there were not before, and how many there were today (UTC) */
export async function insertNotifications(
  tx: Tx,
  tenantId: string,
  about: About,
  rows: { notifications: readonly NotificationRow[]; deliveries: readonly DeliveryRow[] },
): Promise<{ inserted: Set<string>; usedToday: number }> {
  const result = await sql<{ ids: string[]; used: string }>`
    with made as (
      insert into notifications (tenant_id, id, recipient, user_id, category, template_id, template_version, language, title, body,
        html, action_url, action_label, dedupe_key, attachment, expires_at, shown_at, position)
      select ${tenantId}, n.id, n.recipient, n.user_id, ${about.category}, ${about.templateId}, ${about.templateVersion}::integer,
             n.language, n.title, n.body, n.html, n.action_url, n.action_label, ${about.dedupeKey}::text,
             ${about.attachment === null ? null : JSON.stringify(about.attachment)}::jsonb, ${about.expiresAt},
             case when n.shown then now() end, case when n.shown then nextval('notification_positions') end
        from jsonb_to_recordset(${JSON.stringify(rows.notifications)}::jsonb) as n (id text, recipient text, user_id text,
             language text, title text, body text, html text, action_url text, action_label text, shown boolean)
      on conflict (tenant_id, recipient, dedupe_key) where dedupe_key is not null do nothing
      returning id
    ), delivered as (
      insert into notification_deliveries (tenant_id, notification_id, channel, status, reason, user_id, address, address_key,
        category, language, client_id, digest_id, due_at, provider_message_id, finished_at)
      select ${tenantId}, d.notification_id, d.channel, d.status, d.reason, d.user_id, d.address, d.address_key,
             ${about.category}, d.language, ${about.clientUid}::uuid, d.digest_id, d.due_at, d.provider_message_id,
             case when d.status in ('sent', 'suppressed') then now() end
        from jsonb_to_recordset(${JSON.stringify(rows.deliveries)}::jsonb) as d (notification_id text, channel text, status text,
             reason text, user_id text, address text, address_key text, language text, digest_id bigint, due_at timestamptz,
             provider_message_id text)
       where d.notification_id in (select id from made)
    ), counted as (
      insert into notification_usage (tenant_id, day, shard, used)
      select ${tenantId}, (now() at time zone 'UTC')::date, pg_backend_pid() % 8, (select count(*) from made)
      on conflict (tenant_id, day, shard) do update set used = notification_usage.used + excluded.used
      returning shard, used, day
    )
    select coalesce((select array_agg(id) from made), '{}') as ids,
           (select used from counted) + coalesce((
             select sum(u.used) from notification_usage u
              where u.tenant_id = ${tenantId} and u.day = (select day from counted) and u.shard <> (select shard from counted)), 0) as used`.execute(
    tx,
  )
  const row = result.rows[0]
  return { inserted: new Set(row?.ids ?? []), usedToday: Number(row?.used ?? 0) }
}

/** The ids of those that had this key before, by recipient. */
export async function findDuplicates(
  tx: Tx,
  tenantId: string,
  recipients: readonly string[],
  dedupeKey: string,
): Promise<Map<string, string>> {
  const found = await tx
    .selectFrom('notifications')
    .select(['id', 'recipient'])
    .where('tenant_id', '=', tenantId)
    .where(sql<boolean>`recipient = any (${[...recipients]}::text[])`)
    .where('dedupe_key', '=', dedupeKey)
    .execute()
  return new Map(found.map((row) => [row.recipient, row.id]))
}

/** As the operation runner stores events; webhooks get them from there. */
export async function insertEvents(tx: Tx, tenantId: string, events: readonly DomainEvent[]): Promise<void> {
  await Promise.all(
    events.map((event) => {
      const { text, values } = domainEventStatement(tenantId, event)
      return tx.executeQuery(CompiledQuery.raw(text, [...values]))
    }),
  )
}
