import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import { rowLimit } from '#platform/db/row-limit.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { webhookError } from './errors.ts'
import type { AttemptDetail, AttemptSummary, Delivery, DeliveryStatus, Replay } from './schemas.ts'
import { deliveryStatuses } from './schemas.ts'

type DeliveryRow = {
  pk: string
  endpoint_pk: string
  event_id: string
  event_type: string
  status: DeliveryStatus
  attempts: number
  last_status_code: number | null
  last_error_code: string | null
  created_at: Date
  finished_at: Date | null
  due_at: Date | null
}

const columns =
  sql.raw(`d.pk, d.endpoint_pk, d.event_id, d.event_type, d.status, d.attempts, d.last_status_code, d.last_error_code,
  d.created_at, d.finished_at`)

function toDelivery(row: DeliveryRow): Delivery {
  return {
    pk: Number(row.pk),
    webhookPk: Number(row.endpoint_pk),
    eventId: row.event_id,
    eventType: row.event_type,
    status: row.status,
    attempts: row.attempts,
    lastStatusCode: row.last_status_code,
    lastErrorCode: row.last_error_code,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    nextAttemptAt: row.due_at,
  }
}

export type DeliveryFilter = {
  webhookPk: number
  status: DeliveryStatus | null
  eventType: string | null
  since: Date | null
  until: Date | null
  before: number | null
  limit: number
}

/** What stands in the queue, with what its attempts have left so far. */
const queuedColumns =
  sql.raw(`q.delivery_pk as pk, q.endpoint_pk, q.event_id, q.event_type, 'pending' as status, coalesce(d.attempts, 0) as attempts,
  d.last_status_code, d.last_error_code, q.created_at, null::timestamptz as finished_at, q.due_at`)
const queuedJoin = sql.raw('left join webhook_deliveries d on d.tenant_id = q.tenant_id and d.pk = q.delivery_pk')

/**
 * Newest first. Pending ones stand in the queue; each other status is a part of the index of its own, so a page of the rare
 * ones costs as little as one of all.
 */
export async function listDeliveries(tx: Tx, tenantId: string, filter: DeliveryFilter): Promise<Delivery[]> {
  const { webhookPk, eventType, since, until, before, limit } = filter
  const narrowed = (table: string, pk: string): RawBuilder<unknown> => {
    const column = (name: string) => sql.raw(`${table}.${name}`)
    return sql`
      ${column('tenant_id')} = ${tenantId} and ${column('endpoint_pk')} = ${webhookPk}
      ${before === null ? sql`` : sql`and ${column(pk)} < ${before}`}
      ${eventType === null ? sql`` : sql`and ${column('event_type')} = ${eventType}`}
      ${since === null ? sql`` : sql`and ${column('created_at')} >= ${since}`}
      ${until === null ? sql`` : sql`and ${column('created_at')} < ${until}`}
      order by ${column(pk)} desc limit ${rowLimit(limit)}`
  }
  const queued = (waiting: boolean) =>
    sql`(select ${queuedColumns} from webhook_queue q ${queuedJoin} where q.waiting = ${waiting} and ${narrowed('q', 'delivery_pk')})`
  const ended = (status: DeliveryStatus) =>
    sql`(select ${columns}, null::timestamptz as due_at from webhook_deliveries d where d.status = ${status} and ${narrowed('d', 'pk')})`
  const wanted = filter.status === null ? deliveryStatuses : [filter.status]
  const parts = wanted.flatMap((status) => (status === 'pending' ? [queued(true), queued(false)] : [ended(status)]))
  const found = await sql<DeliveryRow>`
    select * from (${sql.join(parts, sql` union all `)}) d order by pk desc limit ${rowLimit(limit)}`.execute(tx)
  return found.rows.map(toDelivery)
}

/** Of which client its endpoint is; null: of the tenant itself. */
export type OwnedDelivery = Delivery & { clientUid: string | null }

export async function findDelivery(tx: Tx, tenantId: string, pk: number): Promise<OwnedDelivery | null> {
  const found = await sql<DeliveryRow & { client_id: string | null }>`
    select found.*, e.client_id from (
      (select ${queuedColumns} from webhook_queue q ${queuedJoin} where q.tenant_id = ${tenantId} and q.delivery_pk = ${pk})
      union all
      (select ${columns}, null::timestamptz from webhook_deliveries d where d.tenant_id = ${tenantId} and d.pk = ${pk})
      -- One that waits for its next attempt stands in both.
      limit 1
    ) found join webhook_endpoints e on e.tenant_id = ${tenantId} and e.pk = found.endpoint_pk`.execute(tx)
  const [row] = found.rows
  return row ? { ...toDelivery(row), clientUid: row.client_id } : null
}

type AttemptRow = {
  number: number
  attempted_at: Date
  url: string
  status_code: number | null
  total_ms: number
  error_code: string | null
  error: string | null
}

function toSummary(row: AttemptRow): AttemptSummary {
  return {
    number: row.number,
    attemptedAt: row.attempted_at,
    url: row.url,
    statusCode: row.status_code,
    totalMs: row.total_ms,
    errorCode: row.error_code,
    error: row.error,
  }
}

/** The last ones, newest first. */
export async function listAttempts(
  tx: Tx,
  tenantId: string,
  deliveryPk: number,
  limit: number,
): Promise<AttemptSummary[]> {
  const found = await tx
    .selectFrom('webhook_attempts')
    .select(['number', 'attempted_at', 'url', 'status_code', 'total_ms', 'error_code', 'error'])
    .where('tenant_id', '=', tenantId)
    .where('delivery_pk', '=', String(deliveryPk))
    .orderBy('number', 'desc')
    .limit(limit)
    .execute()
  return found.map(toSummary)
}

export async function findAttempt(
  tx: Tx,
  tenantId: string,
  deliveryPk: number,
  number: number,
): Promise<AttemptDetail | null> {
  const row = await tx
    .selectFrom('webhook_attempts')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('delivery_pk', '=', String(deliveryPk))
    .where('number', '=', number)
    .executeTakeFirst()
  if (!row) return null
  return {
    ...toSummary(row),
    request: { headers: row.request_headers as Record<string, string>, body: row.request_body },
    response:
      row.status_code === null
        ? null
        : {
            headers: (row.response_headers ?? {}) as Record<string, string>,
            body: row.response_body ?? '',
            truncated: row.response_truncated,
          },
    timing: { dnsMs: row.dns_ms, connectMs: row.connect_ms, firstByteMs: row.first_byte_ms },
  }
}

/**
 * Queues a delivery anew, to be sent at once: its schedule begins again. One that is being sent at this moment is sent once
 * more. @returns false: its event is not kept any more
 */
export async function requeue(tx: Tx, tenantId: string, deliveryPk: number): Promise<boolean> {
  const queued = await sql`
    with delivery as (
      update webhook_deliveries d set status = 'pending', finished_at = null
       where d.tenant_id = ${tenantId} and d.pk = ${deliveryPk}
         and exists (select from domain_events v where v.tenant_id = d.tenant_id and v.id = d.event_id)
      returning d.pk, d.endpoint_pk, d.event_id, d.event_type, d.created_at
    ), again as (
      insert into webhook_queue (tenant_id, delivery_pk, endpoint_pk, event_id, event_type, created_at)
      select ${tenantId}, pk, endpoint_pk, event_id, event_type, created_at from delivery
      on conflict (tenant_id, delivery_pk) do update set waiting = false, leased_until = null, due_at = now(), tries = 0
      returning 1
    )
    select 1 from again
    union all
    -- Never tried so far: it stands in the queue alone, and goes out at once anyway.
    select 1 from webhook_queue where tenant_id = ${tenantId} and delivery_pk = ${deliveryPk}`.execute(tx)
  return queued.rows.length > 0
}

/** An event for this endpoint alone. @returns the pk of its delivery */
export async function insertTest(
  tx: Tx,
  tenantId: string,
  test: { eventId: string; webhookPk: number; clientUid: string | null; data: Record<string, unknown> },
): Promise<number> {
  const inserted = await sql<{ pk: string }>`
    with event as (
      insert into domain_events (tenant_id, id, type, client_id, data)
      values (${tenantId}, ${test.eventId}, 'webhook.test', ${test.clientUid}, ${test.data}) returning id, type
    )
    insert into webhook_queue (tenant_id, endpoint_pk, event_id, event_type)
    select ${tenantId}, ${test.webhookPk}, id, type from event returning delivery_pk as pk`.execute(tx)
  return Number(inserted.rows[0]?.pk)
}

type ReplayRow = {
  pk: string
  endpoint_pk: string
  since: Date
  status: 'running' | 'done'
  found: number
  queued: number
  created_at: Date
  finished_at: Date | null
}

function toReplay(row: ReplayRow): Replay {
  return {
    pk: Number(row.pk),
    webhookPk: Number(row.endpoint_pk),
    since: row.since,
    status: row.status,
    found: row.found,
    queued: row.queued,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  }
}

/** Of everything that has failed or was skipped since then, and up to now. @throws webhook_replay_running */
export async function insertReplay(
  tx: Tx,
  tenantId: string,
  { webhookPk, since, now }: { webhookPk: number; since: Date; now: Date },
): Promise<Replay> {
  const inserted = await onConstraint(
    sql<ReplayRow>`
      insert into webhook_replays (tenant_id, endpoint_pk, since, found, last_pk, created_at)
      select ${tenantId}, ${webhookPk}, ${since}, count(*), coalesce(max(pk), 0), ${now} from webhook_deliveries
       where tenant_id = ${tenantId} and endpoint_pk = ${webhookPk} and status in ('failed', 'skipped') and created_at >= ${since}
      returning pk, endpoint_pk, since, status, found, queued, created_at, finished_at`.execute(tx),
    { webhook_replays_one_running: () => webhookError('webhook_replay_running') },
  )
  return toReplay(inserted.rows[0] as ReplayRow)
}

export async function findReplay(
  tx: Tx,
  tenantId: string,
  pk: number,
): Promise<(Replay & { clientUid: string | null }) | null> {
  const found = await sql<ReplayRow & { client_id: string | null }>`
    select r.pk, r.endpoint_pk, r.since, r.status, r.found, r.queued, r.created_at, r.finished_at, e.client_id
      from webhook_replays r join webhook_endpoints e on e.tenant_id = r.tenant_id and e.pk = r.endpoint_pk
     where r.tenant_id = ${tenantId} and r.pk = ${pk}`.execute(tx)
  const [row] = found.rows
  return row ? { ...toReplay(row), clientUid: row.client_id } : null
}
