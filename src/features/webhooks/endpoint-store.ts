import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { webhookError } from './errors.ts'
import type { Webhook, WebhookStatus } from './schemas.ts'

export type WebhookRow = {
  pk: string
  client_id: string | null
  url: string
  description: string | null
  event_types: string[] | null
  of_all_clients: boolean
  status: WebhookStatus
  disabled_reason: 'gone' | 'failing' | null
  disabled_at: Date | null
  failing_since: Date | null
  created_at: Date
  updated_at: Date
}

const columns =
  sql.raw(`pk, client_id, url, description, event_types, of_all_clients, status, disabled_reason, disabled_at,
  failing_since, created_at, updated_at`)

function toWebhook(row: WebhookRow): Webhook {
  return {
    pk: Number(row.pk),
    clientUid: row.client_id,
    url: row.url,
    description: row.description,
    eventTypes: row.event_types,
    ofAllClients: row.of_all_clients,
    status: row.status,
    disabledReason: row.disabled_reason,
    disabledAt: row.disabled_at,
    failingSince: row.failing_since,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

const urlTaken = { webhook_endpoints_url_unique: () => webhookError('webhook_url_taken') }

/**
 * Holds the client (of the tenant's own endpoints: the tenant) until the end, so that two creations count one another.
 * @returns how many endpoints there are; null: no such client
 */
export async function lockAndCount(tx: Tx, tenantId: string, clientUid: string | null): Promise<number | null> {
  const locked =
    clientUid === null
      ? await sql`select 1 from tenants where id = ${tenantId} for no key update`.execute(tx)
      : await sql`select 1 from clients where tenant_id = ${tenantId} and id = ${clientUid} for no key update`.execute(
          tx,
        )
  if (locked.rows.length === 0) return null
  const counted = await sql<{ n: number }>`
    select count(*)::integer as n from webhook_endpoints
     where tenant_id = ${tenantId} and client_id is not distinct from ${clientUid}::uuid`.execute(tx)
  return counted.rows[0]?.n ?? 0
}

export async function findByUrl(
  tx: Tx,
  tenantId: string,
  clientUid: string | null,
  url: string,
): Promise<Webhook | null> {
  const found = await sql<WebhookRow>`
    select ${columns} from webhook_endpoints
     where tenant_id = ${tenantId} and client_id is not distinct from ${clientUid}::uuid and url = ${url}`.execute(tx)
  const [row] = found.rows
  return row ? toWebhook(row) : null
}

export type NewWebhook = {
  clientUid: string | null
  url: string
  description: string | null
  eventTypes: string[] | null
  ofAllClients: boolean
  secretCiphertext: string
  now: Date
}

export async function insertWebhook(tx: Tx, tenantId: string, webhook: NewWebhook): Promise<Webhook> {
  const inserted = await onConstraint(
    sql<WebhookRow>`
      with endpoint as (
        insert into webhook_endpoints (tenant_id, client_id, url, description, event_types, of_all_clients, created_at, updated_at)
        values (${tenantId}, ${webhook.clientUid}, ${webhook.url}, ${webhook.description}, ${webhook.eventTypes}::text[],
                ${webhook.ofAllClients}, ${webhook.now}, ${webhook.now})
        returning ${columns}
      ), secret as (
        insert into webhook_endpoint_secrets (tenant_id, endpoint_pk, secret_ciphertext, created_at)
        select ${tenantId}, pk, ${webhook.secretCiphertext}, ${webhook.now} from endpoint
      )
      select * from endpoint`.execute(tx),
    urlTaken,
  )
  return toWebhook(inserted.rows[0] as WebhookRow)
}

export async function findWebhook(tx: Tx, tenantId: string, pk: number): Promise<Webhook | null> {
  const found = await sql<WebhookRow>`
    select ${columns} from webhook_endpoints where tenant_id = ${tenantId} and pk = ${pk}`.execute(tx)
  const [row] = found.rows
  return row ? toWebhook(row) : null
}

/** Holds it until the end of the transaction. */
export async function lockWebhook(tx: Tx, tenantId: string, pk: number): Promise<Webhook | null> {
  const found = await sql<WebhookRow>`
    select ${columns} from webhook_endpoints where tenant_id = ${tenantId} and pk = ${pk} for no key update`.execute(tx)
  const [row] = found.rows
  return row ? toWebhook(row) : null
}

export type WebhookFilter = {
  clientUid: string | null
  status: WebhookStatus | null
  before: number | null
  limit: number
}

/** Newest first. `clientUid` null: of all clients, and the tenant's own. */
export async function listWebhooks(tx: Tx, tenantId: string, filter: WebhookFilter): Promise<Webhook[]> {
  const { clientUid, status, before, limit } = filter
  const found = await sql<WebhookRow>`
    select ${columns} from webhook_endpoints
     where tenant_id = ${tenantId}
       ${clientUid === null ? sql`` : sql`and client_id = ${clientUid}`}
       ${status === null ? sql`` : sql`and status = ${status}`}
       ${before === null ? sql`` : sql`and pk < ${before}`}
     order by pk desc limit ${limit}`.execute(tx)
  return found.rows.map(toWebhook)
}

export type WebhookChange = Partial<{
  url: string
  description: string | null
  event_types: string[] | null
  of_all_clients: boolean
  status: 'enabled' | 'paused'
  /** Whatever was wrong with it is forgotten. */
  recovers: boolean
}>

/** The sender hears of it: the version rises. */
export async function updateWebhook(
  tx: Tx,
  tenantId: string,
  pk: number,
  { change, now }: { change: WebhookChange; now: Date },
): Promise<Webhook> {
  const { recovers, ...fields } = change
  const updated = await onConstraint(
    tx
      .updateTable('webhook_endpoints')
      .set((eb) => ({
        ...fields,
        ...(recovers ? { disabled_reason: null, disabled_at: null, failing_since: null } : {}),
        version: eb('version', '+', 1),
        updated_at: now,
      }))
      .where('tenant_id', '=', tenantId)
      .where('pk', '=', String(pk))
      .returningAll()
      .executeTakeFirstOrThrow(),
    urlTaken,
  )
  return toWebhook(updated)
}

export async function deleteWebhook(tx: Tx, tenantId: string, pk: number): Promise<void> {
  await tx.deleteFrom('webhook_endpoints').where('tenant_id', '=', tenantId).where('pk', '=', String(pk)).execute()
}

/** Only one that is as the attempt found it: another URL, or a success since, says that somebody has looked after it. */
export async function disableWebhook(
  tx: Tx,
  tenantId: string,
  pk: number,
  { reason, url, now }: { reason: 'gone' | 'failing'; url: string | null; now: Date },
): Promise<Webhook | null> {
  const updated = await sql<WebhookRow>`
    update webhook_endpoints
       set status = 'disabled', disabled_reason = ${reason}, disabled_at = ${now}, updated_at = ${now}, version = version + 1
     where tenant_id = ${tenantId} and pk = ${pk} and status <> 'disabled'
       and ${reason === 'gone' ? sql`url = ${url}` : sql`failing_since < ${now}::timestamptz - interval '5 days'`}
    returning ${columns}`.execute(tx)
  const [row] = updated.rows
  return row ? toWebhook(row) : null
}

export type SecretValidity = { createdAt: Date; expiresAt: Date | null }

/** Newest first, without those that have expired. */
export async function listSecrets(tx: Tx, tenantId: string, pk: number, now: Date): Promise<SecretValidity[]> {
  const found = await tx
    .selectFrom('webhook_endpoint_secrets')
    .select(['created_at', 'expires_at'])
    .where('tenant_id', '=', tenantId)
    .where('endpoint_pk', '=', String(pk))
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .orderBy('pk', 'desc')
    .execute()
  return found.map((row) => ({ createdAt: row.created_at, expiresAt: row.expires_at }))
}

/**
 * A new secret in force; the one before signs beside it until `overlapUntil`. Of older ones at most `mostOlder` go on
 * overlapping. The caller holds the endpoint.
 */
export async function rotateSecret(
  tx: Tx,
  tenantId: string,
  pk: number,
  rotation: { ciphertext: string; overlapUntil: Date; mostOlder: number; now: Date },
): Promise<void> {
  await sql`
    update webhook_endpoint_secrets set expires_at = ${rotation.overlapUntil}
     where tenant_id = ${tenantId} and endpoint_pk = ${pk} and expires_at is null`.execute(tx)
  await sql`
    delete from webhook_endpoint_secrets
     where tenant_id = ${tenantId} and endpoint_pk = ${pk}
       and (expires_at <= ${rotation.now} or pk not in (
         select pk from webhook_endpoint_secrets where tenant_id = ${tenantId} and endpoint_pk = ${pk}
          order by pk desc limit ${rotation.mostOlder}))`.execute(tx)
  await tx
    .insertInto('webhook_endpoint_secrets')
    .values({
      tenant_id: tenantId,
      endpoint_pk: String(pk),
      secret_ciphertext: rotation.ciphertext,
      created_at: rotation.now,
    })
    .execute()
}
