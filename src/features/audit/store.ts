import type { RawBuilder, Selectable } from 'kysely'
import { sql } from 'kysely'
import type { AuditTables } from '#platform/db/tables-audit.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { timestampSql } from './chain.ts'
import { auditError } from './errors.ts'
import type { AuditEvent, Filters } from './schemas.ts'

type EventRow = {
  id: string
  timestamp: string
  category: string
  action: string
  description: string
  actor: Record<string, unknown>
  target_type: string | null
  target_id: string | null
  context: Record<string, unknown>
  severity: string
  request_id: string | null
  sequence: string | null
  event_hash: string | null
  link_hash: string | null
}

function toEvent(row: EventRow): AuditEvent {
  const { sequence, event_hash, link_hash } = row
  const hasTarget = row.target_type !== null || row.target_id !== null
  return {
    id: row.id,
    timestamp: row.timestamp,
    category: row.category,
    action: row.action,
    description: row.description,
    actor: row.actor,
    target: hasTarget ? { type: row.target_type, id: row.target_id } : null,
    context: row.context,
    severity: row.severity,
    requestId: row.request_id,
    sealed:
      sequence === null ? null : { sequence: Number(sequence), eventHash: event_hash ?? '', linkHash: link_hash ?? '' },
  }
}

const columns =
  sql.raw(`e.id, ${timestampSql('e')} as timestamp, e.category, e.action, e.description, e.actor, e.target_type,
  e.target_id, e.context, e.severity, e.request_id,
  l.sequence, encode(l.event_hash, 'hex') as event_hash, encode(l.link_hash, 'hex') as link_hash`)
const withLinks = sql.raw('left join audit_links l on l.tenant_id = e.tenant_id and l.event_id = e.id')

/** Each filter has an index that begins with the tenant and ends with the time. */
function conditionsOf(tenantId: string, filters: Filters): RawBuilder<unknown>[] {
  const conditions = [sql`e.tenant_id = ${tenantId}`]
  const equal = (column: string, value: string | undefined) => {
    if (value !== undefined) conditions.push(sql`${sql.ref(`e.${column}`)} = ${value}`)
  }
  equal('category', filters.category)
  equal('action', filters.action)
  equal('severity', filters.severity)
  equal('user_id', filters.userId)
  equal('client_id', filters.clientUid)
  equal('target_type', filters.targetType)
  equal('target_id', filters.targetId)
  equal('request_id', filters.requestId)
  if (filters.from !== undefined) conditions.push(sql`e.occurred_at >= ${filters.from}::timestamptz`)
  if (filters.before !== undefined) conditions.push(sql`e.occurred_at < ${filters.before}::timestamptz`)
  return conditions
}

const allOf = (conditions: RawBuilder<unknown>[]) => sql.join(conditions, sql` and `)

export type Page = { limit: number; offset: number; cursor?: string | undefined }

/** Newest first; one more than the limit where there are more. @throws audit_cursor_invalid */
export async function findEvents(tx: Tx, tenantId: string, filters: Filters, page: Page): Promise<AuditEvent[]> {
  const conditions = conditionsOf(tenantId, filters)
  if (page.cursor !== undefined) {
    const { timestamp, id } = readCursor(page.cursor)
    conditions.push(
      sql`e.occurred_at <= ${timestamp}::timestamptz and (e.occurred_at < ${timestamp}::timestamptz or e.id < ${id})`,
    )
  }
  const found = await sql<EventRow>`
    select ${columns} from (
      select * from audit_log e where ${allOf(conditions)}
       order by e.occurred_at desc, e.id desc limit ${page.limit + 1}::integer offset ${page.offset}::integer) e
    ${withLinks} order by e.occurred_at desc, e.id desc`.execute(tx)
  return found.rows.map(toEvent)
}

/** Where the next page begins: behind this event. */
export function cursorBehind(event: AuditEvent): string {
  return Buffer.from(`${event.timestamp} ${event.id}`).toString('base64url')
}

function readCursor(cursor: string): { timestamp: string; id: string } {
  const text = Buffer.from(cursor, 'base64url').toString()
  const [, timestamp, id] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (\w{1,64})$/.exec(text) ?? []
  if (timestamp === undefined || id === undefined || Number.isNaN(Date.parse(timestamp))) {
    throw auditError('audit_cursor_invalid')
  }
  return { timestamp, id }
}

/** Up to here events are counted one by one. */
export const mostCounted = 10_000

/**
 * How many events fit. Of everything, or of one category: from the chains' heads, exact for what is sealed. Of anything
 * else: counted, up to a bound.
 */
export async function countEvents(tx: Tx, tenantId: string, filters: Filters): Promise<{ n: number; exact: boolean }> {
  const { category, ...others } = filters
  if (Object.values(others).every((value) => value === undefined)) {
    const ofCategory = category === undefined ? sql`` : sql`and category = ${category}`
    const heads = await sql<{ n: string }>`
      select coalesce(sum(sequence - first_sequence + 1), 0) as n from audit_chains
       where tenant_id = ${tenantId} ${ofCategory}`.execute(tx)
    return { n: Number(heads.rows[0]?.n ?? 0), exact: true }
  }
  const counted = await sql<{ n: number }>`
    select count(*)::integer as n from (
      select 1 from audit_log e where ${allOf(conditionsOf(tenantId, filters))} limit ${mostCounted + 1}::integer) bounded`.execute(
    tx,
  )
  const n = counted.rows[0]?.n ?? 0
  return { n: Math.min(n, mostCounted), exact: n <= mostCounted }
}

export async function findEvent(tx: Tx, tenantId: string, id: string): Promise<AuditEvent | null> {
  const found = await sql<EventRow>`
    select ${columns} from audit_log e ${withLinks} where e.tenant_id = ${tenantId} and e.id = ${id}`.execute(tx)
  const row = found.rows[0]
  return row ? toEvent(row) : null
}

/** The client that an event is about, for callers who may only see their own. */
export async function isAboutClient(tx: Tx, tenantId: string, id: string, clientUid: string): Promise<boolean> {
  const found = await tx
    .selectFrom('audit_log')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('client_id', '=', clientUid)
    .executeTakeFirst()
  return found !== undefined
}

/** The first and the last link of sealed events of a span of time; null: there is none. */
export async function findLinksOfSpan(
  tx: Tx,
  span: { tenantId: string; category: string; from: string | undefined; before: string | undefined },
): Promise<{ first: number; last: number } | null> {
  let query = tx
    .selectFrom(sql<Selectable<AuditTables['audit_events']>>`only audit_events`.as('e'))
    .innerJoin('audit_links as l', (join) =>
      join.onRef('l.tenant_id', '=', 'e.tenant_id').onRef('l.event_id', '=', 'e.id'),
    )
    .select(({ fn }) => [
      fn.min<string | null>('l.sequence').as('first'),
      fn.max<string | null>('l.sequence').as('last'),
    ])
    .where('e.tenant_id', '=', span.tenantId)
    .where('e.category', '=', span.category)
  if (span.from !== undefined) query = query.where('e.occurred_at', '>=', new Date(span.from))
  if (span.before !== undefined) query = query.where('e.occurred_at', '<', new Date(span.before))
  const found = await query.executeTakeFirst()
  return found?.first && found.last ? { first: Number(found.first), last: Number(found.last) } : null
}

/** Appends to the tenant's chains whatever is committed and not in them yet. */
export async function sealTenant(tx: Tx, tenantId: string): Promise<void> {
  await sql`select seal_audit_events_of(${tenantId})`.execute(tx)
}
