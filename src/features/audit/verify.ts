/**
 * Recomputes a tenant's chains: every event's hash, every link, every checkpoint's signature, from the chain's start (or the
 * checkpoint behind which retention has cut it) to its head. Nothing is read as a whole: stretches of links, two at a time.
 */
import type { Statement } from '#platform/db/statement-batch.ts'
import type { Services } from '#platform/operations/services.ts'
import type { Breach } from './breach.ts'
import { explainStretch, findUnsealed } from './breach.ts'
import { chainStart, quickEventHashSql, searchedAsWrittenSql } from './chain.ts'
import type { Checkpoint } from './checkpoint-store.ts'
import { findCheckpoints } from './checkpoint-store.ts'
import { judgeCheckpoints } from './checkpoints.ts'
import type { Left } from './redactions.ts'
import { trustedRedactions } from './redactions.ts'
import type { Category } from './schemas.ts'

export type Verification = {
  valid: boolean
  /** In the span that was asked for. */
  eventsVerified: number
  /** With what stands before and after it. */
  eventsChecked: number
  /** Of those checked: what was erased from them is vouched for by a signed redaction. */
  eventsRedacted: number
  checkpointsVerified: number
  durationMs: number
  /** Of the first bad event of each chain that has one. */
  breaches: Breach[]
  chains: { category: string; firstSequence: number; lastSequence: number; linkHash: string }[]
}

export type VerificationRequest = {
  category?: Category | undefined
  from?: string | undefined
  before?: string | undefined
}

export type Head = { category: string; sequence: number; link_hash: Buffer }

/** Runs a statement in the tenant, on a connection of its own; not for writes. */
export type Ask = <T>(text: string, values: readonly unknown[]) => Promise<T[]>

/** Hash joins would read the whole log for each stretch. */
const plan: Statement = {
  text: `select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)`,
  values: [],
}

/** Of a stretch: its events by one walk through the index of their ids, which are nearly in the order of the chain. */
const planOfStretch: Statement = {
  text: `select set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true),
    set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true)`,
  values: [],
}

export function askIn(services: Services, tenantId: string, planned: Statement = plan): Ask {
  const enter: Statement = { text: 'select enter_tenant($1)', values: [tenantId] }
  return async <T>(text: string, values: readonly unknown[]) => {
    const results = await services.database.batch([enter, planned, { text, values }])
    return (results.at(-1)?.rows ?? []) as T[]
  }
}

const stretch = 20_000

export async function verifyTenant(
  services: Services,
  tenantId: string,
  request: VerificationRequest,
  /** Told after every stretch how many events were checked; what it throws ends the verification. */
  watch: (checked: number) => Promise<void> = async () => {},
): Promise<Verification> {
  const started = performance.now()
  const ask = askIn(services, tenantId)
  const askStretch = askIn(services, tenantId, planOfStretch)
  await ask('select seal_audit_events_of($1)', [tenantId])
  const heads = await ask<Head>(
    `select category, sequence::float8 as sequence, link_hash from audit_chains
      where tenant_id = $1 and ($2::text is null or category = $2) order by category`,
    [tenantId, request.category ?? null],
  )
  const isOurs = await services.auditKeys.verifier()
  const report: Verification = {
    valid: true,
    eventsVerified: 0,
    eventsChecked: 0,
    eventsRedacted: 0,
    checkpointsVerified: 0,
    durationMs: 0,
    breaches: [],
    chains: [],
  }
  for (const head of heads) {
    const found = await findCheckpoints(ask, tenantId, head.category)
    const { checkpoints, problem } = judgeCheckpoints(found, isOurs)
    const before = report.eventsChecked
    const tell = (checked: number) => watch(before + checked)
    const redactions = () => trustedRedactions(ask, { tenantId, category: head.category, isOurs })
    const chain = new Chain(ask, { tenantId, head, checkpoints, redactions, request, tell, askStretch })
    const breach = (await chain.verify()) ?? problem
    report.eventsVerified += chain.inSpan
    report.eventsChecked += chain.checked
    report.eventsRedacted += chain.redacted
    report.checkpointsVerified += checkpoints.length
    if (breach) report.breaches.push(breach)
    const linkHash = head.link_hash.toString('hex')
    report.chains.push({ category: head.category, firstSequence: chain.first, lastSequence: head.sequence, linkHash })
  }
  report.valid = report.breaches.length === 0
  report.durationMs = Math.round(performance.now() - started)
  return report
}

type ChainContext = {
  tenantId: string
  head: Head
  checkpoints: Checkpoint[]
  /** Those that there are now, by event. */
  redactions: () => Promise<ReadonlyMap<string, Left>>
  request: VerificationRequest
  tell: (checked: number) => Promise<void>
  askStretch: Ask
}

class Chain {
  checked = 0
  inSpan = 0
  redacted = 0
  readonly first: number
  readonly #ask: Ask
  readonly #context: ChainContext
  readonly #anchor: Buffer
  #redacted: ReadonlyMap<string, Left> = new Map()

  constructor(ask: Ask, context: ChainContext) {
    this.#ask = ask
    this.#context = context
    const cut = context.checkpoints.findLast((one) => one.kind === 'retention')
    this.first = (cut?.sequence ?? 0) + 1
    this.#anchor = cut ? Buffer.from(cut.linkHash, 'hex') : chainStart(context.tenantId, context.head.category)
  }

  /** @returns the first bad event and why, null where there is none */
  async verify(): Promise<Breach | null> {
    const { head, tenantId } = this.#context
    this.#redacted = await this.#context.redactions()
    const starts: number[] = []
    for (let from = this.first; from <= head.sequence; from += stretch) starts.push(from)
    // Two at a time: one is hashed while the other one is read.
    for (let i = 0; i < starts.length; i += 2) {
      const found = await Promise.all(starts.slice(i, i + 2).map((from) => this.#stretch(from)))
      const bad = found.find((one) => one !== null)
      if (bad) return bad
      await this.#context.tell(this.checked)
    }
    return (
      (await this.#compareWithCheckpoints()) ??
      (await this.#compareWithHead()) ??
      (await findUnsealed(this.#ask, tenantId, head.category))
    )
  }

  async #stretch(from: number): Promise<Breach | null> {
    const { tenantId, head, request } = this.#context
    const to = Math.min(from + stretch - 1, head.sequence)
    const left = [...this.#redacted.values()].filter(({ sequence }) => sequence >= from && sequence <= to)
    const given = { tenantId, category: head.category, from, to, first: this.first, anchor: this.#anchor, left }
    const [row] = await this.#context.askStretch<{ good: number; in_span: number }>(
      `with hashed as materialized (
         select e.id, ${quickEventHashSql('e', { category: '$9::text', tenantId: '$10::text' })} as hash,
                ($7::timestamptz is null or e.occurred_at >= $7) and ($8::timestamptz is null or e.occurred_at < $8) as in_span
           from audit_events e
          where e.tenant_id = $1 and e.category = $2 and ${searchedAsWrittenSql('e')} and e.id = any (array(
            select event_id from audit_links where tenant_id = $1 and category = $2 and sequence between $3 and $4))
       )
       select count(*)::integer as good, count(*) filter (where e.in_span)::integer as in_span
         from (${linksSql}) l ${left.length === 0 ? asSealedSql : asLeftSql}
        where l.sequence >= $3 and l.before = l.sequence - 1
          and sha256(l.previous || int8send(l.sequence) || l.event_hash) = l.link_hash`,
      [
        ...stretchParameters(given),
        request.from ?? null,
        request.before ?? null,
        JSON.stringify(head.category),
        JSON.stringify(tenantId),
        ...(left.length === 0 ? [] : leftParameters(left)),
      ],
    )
    const good = row?.good ?? 0
    const isWhole = good === to - from + 1
    // Something may have been redacted while this went on.
    if (!isWhole && (await this.#hasNewRedactions())) return this.#stretch(from)
    this.checked += good
    this.inSpan += row?.in_span ?? 0
    this.redacted += left.length
    return isWhole ? null : explainStretch(this.#ask, given)
  }

  async #hasNewRedactions(): Promise<boolean> {
    const newest = await this.#context.redactions()
    const old = this.#redacted
    this.#redacted = newest
    return [...newest].some(([event, { redactionId }]) => old.get(event)?.redactionId !== redactionId)
  }

  /** Whoever recomputes all links behind a change cannot sign: the checkpoints tell of the links that were there. */
  async #compareWithCheckpoints(): Promise<Breach | null> {
    const { tenantId, head, checkpoints } = this.#context
    const later = checkpoints.filter((one) => one.sequence >= this.first)
    const found = await this.#ask<{ sequence: number; link_hash: string; event_id: string }>(
      `select sequence::float8 as sequence, encode(link_hash, 'hex') as link_hash, event_id from audit_links
        where tenant_id = $1 and category = $2 and sequence = any ($3::bigint[])`,
      [tenantId, head.category, later.map((one) => one.sequence)],
    )
    const links = new Map(found.map((one) => [one.sequence, one.link_hash]))
    let lastGood = this.first - 1
    for (const checkpoint of later) {
      if (links.get(checkpoint.sequence) === checkpoint.linkHash) {
        lastGood = Math.max(lastGood, checkpoint.sequence)
        continue
      }
      const isThere = links.has(checkpoint.sequence)
      const sequence = isThere ? lastGood + 1 : head.sequence + 1
      return {
        category: head.category,
        sequence,
        eventId: isThere ? await this.#eventAt(sequence) : null,
        reason: isThere ? 'rewritten' : 'missing',
        message: isThere
          ? `The links behind ${lastGood} were computed anew: checkpoint ${checkpoint.id} signed another link ${checkpoint.sequence}`
          : `The chain ends at ${head.sequence}, and checkpoint ${checkpoint.id} signed its link ${checkpoint.sequence}`,
      }
    }
    return null
  }

  async #eventAt(sequence: number): Promise<string | null> {
    const { tenantId, head } = this.#context
    const [row] = await this.#ask<{ event_id: string }>(
      'select event_id from audit_links where tenant_id = $1 and category = $2 and sequence = $3',
      [tenantId, head.category, sequence],
    )
    return row?.event_id ?? null
  }

  /** The links may not go on behind the head, nor may the head name another last link. */
  async #compareWithHead(): Promise<Breach | null> {
    const { tenantId, head } = this.#context
    if (head.sequence < this.first) return null
    const [row] = await this.#ask<{ link_hash: string; event_id: string; beyond: boolean }>(
      `select encode(l.link_hash, 'hex') as link_hash, l.event_id, exists (
                select from audit_links n join audit_chains h on h.tenant_id = n.tenant_id and h.category = n.category
                 where n.tenant_id = $1 and n.category = $2 and n.sequence > h.sequence) as beyond
         from audit_links l where l.tenant_id = $1 and l.category = $2 and l.sequence = $3`,
      [tenantId, head.category, head.sequence],
    )
    if (row && row.link_hash === head.link_hash.toString('hex') && !row.beyond) return null
    return {
      category: head.category,
      sequence: head.sequence,
      eventId: row?.event_id ?? null,
      reason: 'altered',
      message: 'The head of the chain names another last link than there is',
    }
  }
}

const asSealedSql = 'join hashed e on e.id = l.event_id and e.hash = l.event_hash'
/** What a redaction names is what it left; the chain keeps the hash of what was there. */
const asLeftSql = `
  left join unnest($11::text[], $12::text[], $13::text[]) as r (id, original, redacted) on r.id = l.event_id
  join hashed e on e.id = l.event_id and e.hash = coalesce(decode(r.redacted, 'hex'), l.event_hash)
    and coalesce(decode(r.original, 'hex'), l.event_hash) = l.event_hash`

function leftParameters(left: readonly Left[]): unknown[] {
  return [
    left.map(({ eventId }) => eventId),
    left.map(({ eventHash }) => eventHash),
    left.map(({ redactedHash }) => redactedHash),
  ]
}

/** Each link with the one before it; the first one's is the chain's start. Parameters: stretchParameters. */
const linksSql = `
  select sequence, event_id, event_hash, link_hash,
         case when sequence = $5 then $6::bytea else lag(link_hash) over (order by sequence) end as previous,
         case when sequence = $5 then $5 - 1 else lag(sequence) over (order by sequence) end as before
    from audit_links where tenant_id = $1 and category = $2 and sequence between greatest($3::bigint - 1, $5::bigint) and $4::bigint`

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

function stretchParameters({ tenantId, category, from, to, first, anchor }: Stretch): unknown[] {
  return [tenantId, category, from, to, first, anchor]
}
