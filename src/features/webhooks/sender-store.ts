/** What senders do for all tenants, by functions of the database (migrations/0009). */
import type { Database } from '#platform/db/database.ts'
import type { WebhookEvent } from './message.ts'

/** A delivery that this process has claimed. */
export type ClaimedDelivery = {
  tenantId: string
  deliveryPk: number
  endpointPk: number
  /** Changes with everything that a sender must know of the endpoint. */
  stamp: string
  /** Attempts since its schedule began. */
  tries: number
  dueMs: number
  createdMs: number
  eventId: string
  /** The endpoint's last attempt failed. */
  failing: boolean
  /** null: it is not kept any more. */
  event: WebhookEvent | null
}

type ClaimedRow = {
  tenant_id: string
  delivery_pk: string
  endpoint_pk: string
  stamp: string
  failing: boolean
  tries: number
  due_ms: number
  created_ms: number
  event_id: string
  type: string | null
  client_id: string | null
  data: Record<string, unknown>
  sequence: string
  occurred_ms: number
}

export type Claim = {
  room: number
  /** For endpoints whose last attempt failed. */
  failingRoom: number
  /** Endpoints behind this one are served first. */
  after: number
  /** By endpoint: how many more it may have under way here. */
  allowances: Readonly<Record<string, number>>
  /** For endpoints that are not among them. */
  first: number
  leaseSeconds: number
}

export async function claimDeliveries(database: Database, claim: Claim): Promise<ClaimedDelivery[]> {
  const rows = await database.platformRead<ClaimedRow>(
    'select * from take_webhook_deliveries($1, $2, $3, $4, $5, $6)',
    [claim.room, claim.failingRoom, claim.after, claim.first, claim.allowances, claim.leaseSeconds],
  )
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    deliveryPk: Number(row.delivery_pk),
    endpointPk: Number(row.endpoint_pk),
    stamp: row.stamp,
    failing: row.failing,
    tries: row.tries,
    dueMs: row.due_ms,
    createdMs: row.created_ms,
    eventId: row.event_id,
    event:
      row.type === null
        ? null
        : {
            id: row.event_id,
            type: row.type,
            clientUid: row.client_id,
            data: row.data,
            sequence: Number(row.sequence),
            occurredAt: new Date(row.occurred_ms),
          },
  }))
}

/** Endpoints behind `after` that one claim goes through (migrations/0009). */
const lanesOfClaim = 500

/** The endpoint with which such a claim ends; null: it goes through all that there are. */
export async function lastLaneOfClaim(database: Database, after: number): Promise<number | null> {
  const [row] = await database.platformRead<{ lane: string | null }>('select webhook_lane_beyond($1, $2) as lane', [
    after,
    lanesOfClaim,
  ])
  return row?.lane == null ? null : Number(row.lane)
}

export type SenderSettings = {
  tenantId: string
  endpointPk: number
  stamp: string
  url: string
  /** Ciphertexts. */
  clientSecret: string | null
  secrets: { ciphertext: string; expiresAt: Date | null }[]
}

export async function readSenderSettings(database: Database, endpoints: readonly number[]): Promise<SenderSettings[]> {
  const rows = await database.platformRead<{
    tenant_id: string
    endpoint_pk: string
    stamp: string
    url: string
    client_secret: string | null
    secrets: { ciphertext: string; expires_at: string | null }[]
  }>('select * from webhook_sender_settings($1)', [endpoints])
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    endpointPk: Number(row.endpoint_pk),
    stamp: row.stamp,
    url: row.url,
    clientSecret: row.client_secret,
    secrets: row.secrets.map(({ ciphertext, expires_at }) => ({
      ciphertext,
      expiresAt: expires_at === null ? null : new Date(expires_at),
    })),
  }))
}

/** An attempt as record_webhook_attempts takes it. */
export type AttemptRecord = {
  tenant_id: string
  delivery_pk: number
  endpoint_pk: number
  event_id: string
  event_type: string
  created_at: string
  /** pending: tried again at due_at. */
  status: 'pending' | 'succeeded' | 'failed'
  due_at: string | null
  attempted_at: string
  url: string
  request_headers: Record<string, string>
  request_body: string
  status_code: number | null
  response_headers: Record<string, string> | null
  response_body: string | null
  response_truncated: boolean
  dns_ms: number | null
  connect_ms: number | null
  first_byte_ms: number | null
  total_ms: number
  error_code: string | null
  error: string | null
}

export type FailingEndpoint = { tenantId: string; endpointPk: number }

/** @returns the endpoints that have failed for five days */
export async function recordAttempts(
  database: Database,
  attempts: readonly AttemptRecord[],
): Promise<FailingEndpoint[]> {
  const rows = await database.platformRead<{ tenant_id: string; endpoint_pk: string }>(
    'select * from record_webhook_attempts($1)',
    [JSON.stringify(attempts)],
  )
  return rows.map((row) => ({ tenantId: row.tenant_id, endpointPk: Number(row.endpoint_pk) }))
}

export async function releaseDeliveries(
  database: Database,
  deliveries: readonly { tenantId: string; deliveryPk: number }[],
): Promise<void> {
  if (deliveries.length === 0) return
  await database.platformRead('select release_webhook_deliveries($1, $2)', [
    deliveries.map((one) => one.tenantId),
    deliveries.map((one) => one.deliveryPk),
  ])
}

/** Takes out of the queue what is never sent. @returns how many */
export async function sweepQueue(database: Database, most: number): Promise<number> {
  const [row] = await database.platformRead<{ swept: number }>('select sweep_webhook_queue($1) as swept', [most])
  return row?.swept ?? 0
}

/** @returns how many deliveries are queued again */
export async function advanceReplays(
  database: Database,
  { portion, mostWaiting }: { portion: number; mostWaiting: number },
): Promise<number> {
  const [row] = await database.platformRead<{ queued: number }>('select advance_webhook_replays($1, $2) as queued', [
    portion,
    mostWaiting,
  ])
  return row?.queued ?? 0
}

export type Backlog = { ready: number; waiting: number; oldestReadySeconds: number }

export async function readBacklog(database: Database, most: number): Promise<Backlog> {
  const [row] = await database.platformRead<{ ready: number; waiting: number; oldest_ready_seconds: number }>(
    'select * from webhook_backlog($1)',
    [most],
  )
  return { ready: row?.ready ?? 0, waiting: row?.waiting ?? 0, oldestReadySeconds: row?.oldest_ready_seconds ?? 0 }
}

/** Deletes what is over and older than so many days. @returns how many rows went, of at most `most` a table */
export async function deleteExpired(database: Database, most: number, days: number): Promise<number> {
  const [row] = await database.platformRead<{ deleted: number }>('select delete_expired_webhooks($1, $2) as deleted', [
    most,
    days,
  ])
  return row?.deleted ?? 0
}

const serverKeyId = 'current'

/** The ciphertext of the server's global key; the one that was stored first, if several processes make one at once. */
export async function keepServerKey(database: Database, candidate: string): Promise<string> {
  const [inserted] = await database.platformRead<{ secret_ciphertext: string }>(
    'insert into webhook_server_keys (id, secret_ciphertext) values ($1, $2) on conflict do nothing returning secret_ciphertext',
    [serverKeyId, candidate],
  )
  if (inserted) return inserted.secret_ciphertext
  const known = await findServerKey(database)
  if (known === null) throw new Error('the webhook key was deleted while it was read')
  return known
}

export async function findServerKey(database: Database): Promise<string | null> {
  const [row] = await database.platformRead<{ secret_ciphertext: string }>(
    'select secret_ciphertext from webhook_server_keys where id = $1',
    [serverKeyId],
  )
  return row?.secret_ciphertext ?? null
}
