import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Feedback } from './feedback-messages.ts'

export type FeedbackProvider = 'mailgun' | 'sendgrid' | 'postmark' | 'ses'
export type FeedbackSource = { id: string; provider: FeedbackProvider; createdAt: Date; lastReceivedAt: Date | null }

export async function listSources(tx: Tx, tenantId: string): Promise<FeedbackSource[]> {
  const rows = await tx
    .selectFrom('notification_feedback_sources')
    .select(['id', 'provider', 'created_at', 'last_received_at'])
    .where('tenant_id', '=', tenantId)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    provider: row.provider,
    createdAt: row.created_at,
    lastReceivedAt: row.last_received_at,
  }))
}

export async function insertSource(
  tx: Tx,
  tenantId: string,
  source: { id: string; provider: FeedbackProvider; secretCiphertext: string; now: Date },
): Promise<void> {
  await tx
    .insertInto('notification_feedback_sources')
    .values({
      tenant_id: tenantId,
      id: source.id,
      provider: source.provider,
      secret_ciphertext: source.secretCiphertext,
      created_at: source.now,
    })
    .execute()
}

/** @returns whether there was one */
export async function deleteSource(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('notification_feedback_sources')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return deleted.numDeletedRows > 0n
}

/** Whose source it is, before any tenant is known. */
export async function locateSource(tx: Tx, id: string): Promise<string | null> {
  const found = await sql<{
    tenant: string | null
  }>`select locate_notification_feedback_source(${id}) as tenant`.execute(tx)
  return found.rows[0]?.tenant ?? null
}

export async function findSourceSecret(tx: Tx, tenantId: string, id: string): Promise<string | null> {
  const row = await tx
    .selectFrom('notification_feedback_sources')
    .select('secret_ciphertext')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.secret_ciphertext ?? null
}

/** Addresses that bounce or complain get no mail any more; deliveries that the provider names are marked. */
export async function applyFeedback(
  tx: Tx,
  tenantId: string,
  { sourceId, source, feedback, now }: { sourceId: string; source: string; feedback: readonly Feedback[]; now: Date },
): Promise<void> {
  await tx
    .updateTable('notification_feedback_sources')
    .set({ last_received_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', sourceId)
    .execute()
  if (feedback.length === 0) return
  const rows = JSON.stringify(
    feedback.map((one) => ({ ...one, address_key: one.address.normalize('NFC').trim().toLowerCase() })),
  )
  await sql`
    insert into notification_suppressions (tenant_id, address_key, category, reason, source)
    select distinct on (f.address_key) ${tenantId}, f.address_key, '*', f.kind, ${source}
      from jsonb_to_recordset(${rows}::jsonb) as f (address_key text, kind text)
     order by f.address_key, f.kind
    on conflict (tenant_id, address_key, category) do update set reason = excluded.reason, source = excluded.source`.execute(
    tx,
  )
  await sql`
    update notification_deliveries d
       set status = case f.kind when 'complaint' then 'complained' else 'bounced' end, reason = f.kind
      from jsonb_to_recordset(${rows}::jsonb) as f ("messageId" text, kind text, address_key text)
     where d.tenant_id = ${tenantId} and d.provider_message_id = f."messageId" and d.address_key = f.address_key
       and d.status = 'sent' and f.kind in ('bounce', 'complaint')`.execute(tx)
}
