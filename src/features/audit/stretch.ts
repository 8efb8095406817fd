/** A stretch of a chain, looked at as a whole: how many of its links and events are what they were when they were sealed. */
import type { Statement } from '#platform/db/statement-batch.ts'
import type { Ask } from './asking.ts'
import { hashedEventsSql, settingsOfHashes } from './quick-hash.ts'
import type { Left } from './redactions.ts'

/** Of a stretch: its events by one walk through the index of their ids, which are nearly in the order of the chain. */
export const planOfStretch: Statement = {
  text: `select set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true),
    set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),
    ${settingsOfHashes}`,
  values: [],
}

export type Stretch = {
  tenantId: string
  category: string
  from: number
  to: number
  first: number
  anchor: Buffer
  /** Of its events those that were redacted. */
  left: readonly Left[]
}

/** @returns of all its events those that are as they were sealed or redacted, and of these those in the span (ISO 8601) */
export async function countGood(
  ask: Ask,
  stretch: Stretch,
  { from, before }: { from?: string | undefined; before?: string | undefined },
): Promise<{ good: number; inSpan: number }> {
  const { tenantId, category, first, anchor, left } = stretch
  const [row] = await ask<{ good: number; in_span: number }>(
    `select count(*)::integer as good,
            count(*) filter (where ($7::timestamptz is null or e.occurred_at >= $7) and ($8::timestamptz is null or e.occurred_at < $8))::integer as in_span
       from (${linksSql}) l ${left.length === 0 ? asSealedSql : asLeftSql}
      where l.sequence >= $3 and l.before = l.sequence - 1 and sha256(l.previous || int8send(l.sequence) || l.event_hash) = l.link_hash`,
    [
      tenantId,
      category,
      stretch.from,
      stretch.to,
      first,
      anchor,
      from ?? null,
      before ?? null,
      JSON.stringify(category),
      JSON.stringify(tenantId),
      ...(left.length === 0 ? [] : leftParameters(left)),
    ],
  )
  return { good: row?.good ?? 0, inSpan: row?.in_span ?? 0 }
}

const hashedSql = `(${hashedEventsSql(
  `e.tenant_id = $1 and e.category = $2 and e.id = any (array(
    select event_id from audit_links where tenant_id = $1 and category = $2 and sequence between $3 and $4))`,
  { category: '$9::text', tenantId: '$10::text' },
)} offset 0)`
const asSealedSql = `join ${hashedSql} e on e.id = l.event_id and e.hash = l.event_hash`
/** What a redaction names is what it left; the chain keeps the hash of what was there. */
const asLeftSql = `
  left join unnest($11::text[], $12::text[], $13::text[]) as r (id, original, redacted) on r.id = l.event_id
  join ${hashedSql} e on e.id = l.event_id and e.hash = coalesce(decode(r.redacted, 'hex'), l.event_hash)
    and coalesce(decode(r.original, 'hex'), l.event_hash) = l.event_hash`

function leftParameters(left: readonly Left[]): unknown[] {
  return [
    left.map(({ eventId }) => eventId),
    left.map(({ eventHash }) => eventHash),
    left.map(({ redactedHash }) => redactedHash),
  ]
}

/** Each link with the one before it; in that place the first one has the chain's start. */
const linksSql = `
  select sequence, event_id, event_hash, link_hash,
         lag(link_hash, 1, $6::bytea) over chain as previous, lag(sequence, 1, $5::bigint - 1) over chain as before
    from audit_links where tenant_id = $1 and category = $2 and sequence between greatest($3::bigint - 1, $5::bigint) and $4::bigint
  window chain as (order by sequence)`
