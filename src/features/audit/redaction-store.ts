import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Ask } from './asking.ts'
import { eventHashSql, timestampSql } from './chain.ts'

/** An event as it is chained: its text's members, and what the chain has of it. */
export type ChainedEvent = {
  id: string
  position: string
  timestamp: string
  category: string
  severity: string
  action: string
  description: string
  actor: Record<string, unknown>
  context: Record<string, unknown>
  target_type: string | null
  target_id: string | null
  request_id: string | null
  user_id: string | null
  sequence: number
  /** Hexadecimal: of the event as it was sealed, and of what stands there now. */
  event_hash: string
  present_hash: string
}

export type EventFilter = {
  /** Whose events: acted, or was named as a user. */
  userId: string | null
  target: { type: string; id: string } | null
  /** Lower case; in description, context, target or actor. */
  texts: readonly string[]
}

/** Sealed events of the tenant behind a position that the filter finds, in the order of their positions. */
export async function findChained(
  tx: Tx,
  tenantId: string,
  { userId, target, texts }: EventFilter,
  page: { behind: string; limit: number },
): Promise<ChainedEvent[]> {
  const found = await sql<ChainedEvent>`
    select e.id, e.position, ${sql.raw(timestampSql('e'))} as timestamp, e.category, e.severity, e.action, e.description, e.actor,
           e.context, e.target_type, e.target_id, e.request_id, e.user_id, l.sequence::float8 as sequence,
           encode(l.event_hash, 'hex') as event_hash, encode(${sql.raw(eventHashSql('e'))}, 'hex') as present_hash
      from only audit_events e join audit_links l on l.tenant_id = e.tenant_id and l.event_id = e.id
     where e.tenant_id = ${tenantId} and e.position > ${page.behind}
       and (e.user_id = ${userId}
            or (e.target_type = ${target?.type ?? null} and e.target_id = ${target?.id ?? null})
            or exists (select from unnest(${[...texts]}::text[]) as t (mark)
                where strpos(lower(jsonb_build_array(e.description, e.context, e.target_id, e.actor)::text), t.mark) > 0))
     order by e.position limit ${page.limit}::integer`.execute(tx)
  return found.rows
}

export type SignedRedaction = { id: string; category: string; payload: string; key_id: string; signature: Buffer }

const columns = 'id, category, payload, key_id, signature'

/** In the order in which they were made. */
export function findRedactions(ask: Ask, tenantId: string, category: string): Promise<SignedRedaction[]> {
  return ask<SignedRedaction>(
    `select ${columns} from audit_redactions where tenant_id = $1 and category = $2 order by redacted_at, id`,
    [tenantId, category],
  )
}

export async function findRedactionsOf(
  tx: Tx,
  tenantId: string,
  eventIds: readonly string[],
): Promise<SignedRedaction[]> {
  const found = await sql<SignedRedaction>`
    select ${sql.raw(columns)} from audit_redactions
     where tenant_id = ${tenantId} and exists (
       select from jsonb_array_elements(payload::jsonb -> 'events') as one
        where one ->> 'event_id' = any (${[...eventIds]}::text[]))
     order by redacted_at, id`.execute(tx)
  return found.rows
}

/** What is left of an event. */
export type LeftEvent = { id: string; description: string; actor: string; context: string; target_id: string | null }

export type WrittenRedaction = {
  record: { id: string; category: string; erasure_id: string; redacted_at: string; key_id: string; payload: string }
  signature: Buffer
  events: readonly LeftEvent[]
}

/** Writes the record and changes its events. @returns the events' hashes as they stand now, by id, in hexadecimal */
export async function writeRedaction(
  tx: Tx,
  tenantId: string,
  { record, signature, events }: WrittenRedaction,
): Promise<Map<string, string>> {
  await sql`select redact_audit_events(${tenantId}, ${JSON.stringify(record)}::jsonb, ${signature},
    ${JSON.stringify(events)}::jsonb)`.execute(tx)
  const found = await sql<{ id: string; hash: string }>`
    select e.id, encode(${sql.raw(eventHashSql('e'))}, 'hex') as hash from only audit_events e
     where e.tenant_id = ${tenantId} and e.id = any (${events.map(({ id }) => id)}::text[])`.execute(tx)
  return new Map(found.rows.map(({ id, hash }) => [id, hash]))
}
