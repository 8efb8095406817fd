/** Names the first bad event of a chain and why: asked only once something is known to be wrong. */
import type { Ask } from './asking.ts'
import { chainStart, eventHashSql, linkAfter, searchedAsWrittenSql } from './chain.ts'
import type { Left } from './redactions.ts'
import { categories } from './schemas.ts'
import type { Stretch } from './stretch.ts'

export type BreachReason =
  /** The event is not what it was when it was sealed. */
  | 'altered'
  /** The event, or its link, is gone. */
  | 'missing'
  /** The event is there, at another place. */
  | 'reordered'
  /** The links were computed anew: they fit one another, and not what a checkpoint has signed. */
  | 'rewritten'
  /** The event was put among older ones behind the sealer's back. */
  | 'inserted'
  /** A checkpoint is not what was signed, or one is missing. */
  | 'checkpoint_altered'

export type Breach = {
  category: string
  sequence: number | null
  eventId: string | null
  reason: BreachReason
  message: string
}

type LinkRow = {
  sequence: number
  event_id: string
  event_hash: Buffer
  link_hash: Buffer
  is_there: boolean
  present_hash: string | null
  is_found: boolean
}

/** The first thing that is wrong with these links. */
export async function explainStretch(ask: Ask, stretch: Stretch): Promise<Breach> {
  const { tenantId, category, from, to } = stretch
  const rows = await ask<LinkRow>(
    `select l.sequence::float8 as sequence, l.event_id, l.event_hash, l.link_hash, e.id is not null as is_there,
            encode(${eventHashSql('e')}, 'hex') as present_hash,
            coalesce(${searchedAsWrittenSql('e')}, false) as is_found
       from audit_links l left join only audit_events e on e.tenant_id = l.tenant_id and e.id = l.event_id
      where l.tenant_id = $1 and l.category = $2 and l.sequence between $3 and $4 order by l.sequence`,
    [tenantId, category, from, to],
  )
  const redacted = new Map(stretch.left.map((one) => [one.eventId, one]))
  let previous = await linkBefore(ask, stretch)
  let expected = from
  for (const row of rows) {
    const at = { category, sequence: row.sequence, eventId: row.event_id }
    if (row.sequence !== expected) return lostLink(category, expected)
    if (!row.is_there) {
      return {
        ...at,
        reason: 'missing',
        message: `Event ${row.event_id}, number ${row.sequence} of the chain, is gone`,
      }
    }
    const changed = await whatChanged(ask, stretch, row, redacted.get(row.event_id))
    if (changed) return { ...at, ...changed }
    if (!row.is_found) {
      const message = `Event ${row.event_id} is kept under another user or client than it names`
      return { ...at, reason: 'altered', message }
    }
    if (!linkAfter(previous, row.sequence, row.event_hash).equals(row.link_hash)) {
      const other = await whoseLink(ask, stretch, { row, previous })
      return other === null
        ? { ...at, reason: 'altered', message: `The link of event ${row.event_id} does not follow from the one before` }
        : { ...at, reason: 'reordered', message: `Number ${row.sequence} of the chain was event ${other}` }
    }
    previous = row.link_hash
    expected++
  }
  return lostLink(category, expected)
}

async function whatChanged(
  ask: Ask,
  stretch: Stretch,
  row: LinkRow,
  left: Left | undefined,
): Promise<Pick<Breach, 'reason' | 'message'> | null> {
  const sealed = row.event_hash.toString('hex')
  if (left) {
    if (left.eventHash === sealed && left.redactedHash === row.present_hash) return null
    const message = `Event ${row.event_id} was redacted by ${left.redactionId}, and is not what that left of it`
    return { reason: 'altered', message }
  }
  if (row.present_hash === sealed) return null
  const other = await whereItIsNow(ask, stretch, row)
  return other === null
    ? { reason: 'altered', message: `Event ${row.event_id} is not what it was when it was sealed` }
    : { reason: 'reordered', message: `What was event ${row.event_id} now stands in the place of ${other}` }
}

function lostLink(category: string, sequence: number): Breach {
  return { category, sequence, eventId: null, reason: 'missing', message: `Number ${sequence} of the chain is gone` }
}

async function linkBefore(ask: Ask, { tenantId, category, from, first, anchor }: Stretch): Promise<Buffer> {
  if (from === first) return anchor
  const [row] = await ask<{ link_hash: Buffer }>(
    'select link_hash from audit_links where tenant_id = $1 and category = $2 and sequence = $3',
    [tenantId, category, from - 1],
  )
  return row?.link_hash ?? chainStart(tenantId, category)
}

/** How far around a bad place the event that belongs there is looked for. Beyond, two swapped ones are called altered. */
const neighbourhood = 50_000

/** Another event that would have the hash if it had the id: the two were swapped. */
async function whereItIsNow(ask: Ask, { tenantId, category }: Stretch, row: LinkRow): Promise<string | null> {
  const [found] = await ask<{ id: string }>(
    `select e.id from audit_links l join only audit_events e on e.tenant_id = l.tenant_id and e.id = l.event_id
      where l.tenant_id = $1 and l.category = $2 and l.sequence between $3::bigint - ${neighbourhood} and $3 + ${neighbourhood}
        and e.id <> $4 and ${eventHashSql('e', { id: '$4::text' })} = $5 limit 1`,
    [tenantId, category, row.sequence, row.event_id, row.event_hash],
  )
  return found?.id ?? null
}

/** The event whose hash makes the link that stands here, or the one whose link belongs here. */
async function whoseLink(
  ask: Ask,
  { tenantId, category }: Stretch,
  { row, previous }: { row: LinkRow; previous: Buffer },
): Promise<string | null> {
  const [found] = await ask<{ event_id: string }>(
    `select event_id from audit_links
      where tenant_id = $1 and category = $2 and sequence <> $3::bigint
        and sequence between $3 - ${neighbourhood} and $3 + ${neighbourhood}
        and sha256($4::bytea || int8send($3) || event_hash) in ($5::bytea, link_hash) limit 1`,
    [tenantId, category, row.sequence, previous, row.link_hash],
  )
  return found?.event_id ?? null
}

/**
 * Events that have no link though everything around them was sealed long ago. In the log none is without, so it is looked for only
 * where there are more than links; in the inbox only what has been committed since this began may be left, and that is among the newest.
 */
export async function findUnsealed(ask: Ask, tenantId: string, category: string): Promise<Breach | null> {
  const [row] = await ask<{ id: string }>(
    `with known as (
       select (select count(*) from only audit_events where tenant_id = $1 and category = $2)
            - (select sequence - first_sequence + 1 from audit_chains where tenant_id = $1 and category = $2) as surplus
     )
     select e.id from (
       select a.id, a.position from known cross join lateral (
         select id, position from only audit_events o
          where tenant_id = $1 and category = $2
            and not exists (select from audit_links l where l.tenant_id = o.tenant_id and l.event_id = o.id)) a
        where known.surplus > 0
       union all
       select id, position from audit_inbox where tenant_id = $1 and category = $2 and position <= audit_settled_position()) e
      order by e.position limit 1`,
    [tenantId, category],
  )
  if (!row) return null
  return {
    category,
    sequence: null,
    eventId: row.id,
    reason: 'inserted',
    message: `Event ${row.id} stands among events that were sealed before it, and is in no chain`,
  }
}

/** Chains without a head of which something else is there: whoever took one away as a whole has forgotten that. */
export async function findLostChains(ask: Ask, tenantId: string, wanted: string | null): Promise<Breach[]> {
  const of = (table: string) => `exists (select from ${table} t where t.tenant_id = $1 and t.category = known.category)`
  const lost = await ask<{ category: string }>(
    `select category from unnest($2::text[]) as known (category)
      where ($3::text is null or category = $3) and not ${of('audit_chains')}
        and (${of('audit_checkpoints')} or ${of('audit_links')} or ${of('only audit_events')})`,
    [tenantId, categories, wanted],
  )
  return lost.map(({ category }) => ({
    category,
    sequence: null,
    eventId: null,
    reason: 'missing' as const,
    message: `The chain ${category} is gone with its head, and not all that belongs to it`,
  }))
}
