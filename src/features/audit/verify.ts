/**
 * Recomputes a tenant's chains: every event's hash, every link, every checkpoint's signature, from the chain's start (or the
 * checkpoint behind which retention has cut it) to its head. Nothing is read as a whole: stretches of links, two at a time.
 */
import type { Batches } from '#platform/db/long-reads.ts'
import type { Services } from '#platform/operations/services.ts'
import type { Ask } from './asking.ts'
import { askIn } from './asking.ts'
import type { Breach } from './breach.ts'
import { explainStretch, findLostChains, findUnsealed } from './breach.ts'
import { chainStart } from './chain.ts'
import type { Checkpoint } from './checkpoint-store.ts'
import { findCheckpoints } from './checkpoint-store.ts'
import { judgeCheckpoints } from './checkpoints.ts'
import { inTwoLanes } from './lanes.ts'
import type { Left } from './redactions.ts'
import { trustedRedactions } from './redactions.ts'
import type { Category } from './schemas.ts'
import { countGood, planOfStretch } from './stretch.ts'

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

const stretch = 20_000

type Verifying = {
  tenantId: string
  request: VerificationRequest
  /** Told after every stretch how many events were checked; what it throws ends the verification. */
  watch?: (checked: number) => Promise<void>
}

/** All of it is read from the primary. */
export async function verifyTenant(services: Services, given: Verifying): Promise<Verification> {
  const { database } = services
  const batch: Batches = (statements) => database.batch(statements)
  await askIn(batch, given.tenantId)('select seal_audit_events_of($1)', [given.tenantId])
  return verifyBy(batch, services, given)
}

/**
 * The same from a replica where there is one. A breach that is found there may be the replica's own: it is told when the
 * primary has it too.
 */
export async function verifyLongTenant(services: Services, given: Verifying): Promise<Verification> {
  const { database, longReads } = services
  if (!longReads.hasReplicas) return verifyTenant(services, given)
  await askIn((one) => database.batch(one), given.tenantId)('select seal_audit_events_of($1)', [given.tenantId])
  const report = await verifyBy(await longReads.batches('verification'), services, given)
  return report.valid ? report : verifyTenant(services, given)
}

async function verifyBy(
  batch: Batches,
  services: Services,
  { tenantId, request, watch = async () => {} }: Verifying,
): Promise<Verification> {
  const started = performance.now()
  const ask = askIn(batch, tenantId)
  const askStretch = askIn(batch, tenantId, planOfStretch)
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
    const { checkpoints, problem } = judgeCheckpoints(found, tenantId, isOurs)
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
  report.breaches.push(...(await findLostChains(ask, tenantId, request.category ?? null)))
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

/** What was found in a stretch; `breach`: of its first bad event. */
type Look = { good: number; inSpan: number; redacted: number; breach: Breach | null }
const nothing: Look = { good: 0, inSpan: 0, redacted: 0, breach: null }

class Chain {
  checked = 0
  inSpan = 0
  redacted = 0
  readonly first: number
  readonly #ask: Ask
  readonly #context: ChainContext
  readonly #anchor: Buffer
  #redacted: ReadonlyMap<string, Left> = new Map()
  #told = 0

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
    let unsealed: Breach | null = null
    const looks: (() => Promise<Look>)[] = [
      async () => {
        unsealed = await findUnsealed(this.#ask, tenantId, head.category)
        return nothing
      },
    ]
    for (let from = this.first; from <= head.sequence; from += stretch) looks.push(() => this.#stretch(from))
    // Two connections at a time, none of which waits for the other one.
    const found = await inTwoLanes(looks, ({ breach }) => breach !== null)
    for (const { good, inSpan, redacted } of found) {
      this.checked += good
      this.inSpan += inSpan
      this.redacted += redacted
    }
    return found.at(-1)?.breach ?? (await this.#compareWithCheckpoints()) ?? (await this.#compareWithHead()) ?? unsealed
  }

  async #stretch(from: number): Promise<Look> {
    const { tenantId, head, request } = this.#context
    const to = Math.min(from + stretch - 1, head.sequence)
    const left = [...this.#redacted.values()].filter(({ sequence }) => sequence >= from && sequence <= to)
    const given = { tenantId, category: head.category, from, to, first: this.first, anchor: this.#anchor, left }
    const { good, inSpan } = await countGood(this.#context.askStretch, given, request)
    const isWhole = good === to - from + 1
    // Something may have been redacted while this went on.
    if (!isWhole && (await this.#hasNewRedactions())) return this.#stretch(from)
    this.#told += good
    await this.#context.tell(this.#told)
    const breach = isWhole ? null : await explainStretch(this.#ask, given)
    return { good, inSpan, redacted: left.length, breach }
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
