/**
 * The log as a file that a stand-alone program verifies offline (tools/verify-audit.mjs): JSON Lines, each line RFC 8785.
 *
 *   header, keys, then for each chain: its start, its checkpoints and redactions, its events in order; at last the signed end.
 *
 * Read in stretches as the receiver takes them: memory does not grow with the log.
 */
import type { Hash } from 'node:crypto'
import { createHash } from 'node:crypto'
import { canonicalJson } from '#kernel/canonical-json.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Services } from '#platform/operations/services.ts'
import type { Ask } from './asking.ts'
import { askIn } from './asking.ts'
import { chainStart, eventTextSql } from './chain.ts'
import { findCheckpoints } from './checkpoint-store.ts'
import { checkpointHeads } from './checkpoints.ts'
import { findRedactions } from './redaction-store.ts'
import { findLinksOfSpan } from './store.ts'
import type { Head, VerificationRequest } from './verify.ts'

/** Numbers of links that one statement reads. */
const stretch = 2_000

/** From so many events on a replica is asked for, whose wait is nothing beside the reading. */
const longFrom = 20_000

type Part = { category: string; first: number; last: number }

export type AuditExport = { exportedAt: Date; parts: Part[]; lines: () => AsyncGenerator<string> }

/** Seals and signs the heads, so that nothing in the file is without a checkpoint behind it. */
export async function prepareExport(
  services: Services,
  tx: Tx,
  { tenantId, now, request }: { tenantId: string; now: Date; request: VerificationRequest },
): Promise<AuditExport> {
  await checkpointHeads(services, tx, { tenantId, kind: 'export', now })
  const heads = await tx
    .selectFrom('audit_chains')
    .select(['category', 'first_sequence', 'sequence'])
    .where('tenant_id', '=', tenantId)
    .orderBy('category')
    .execute()
  const wanted = heads.filter(({ category }) => request.category === undefined || request.category === category)
  const parts: Part[] = []
  for (const head of wanted) {
    const whole = { category: head.category, first: Number(head.first_sequence), last: Number(head.sequence) }
    const part = await withinSpan(tx, tenantId, whole, request)
    if (part) parts.push(part)
  }
  return { exportedAt: now, parts, lines: () => new Lines(services, { tenantId, now, parts }).all() }
}

/** From the first to the last link of an event of the span, and whatever the chain has between them. */
async function withinSpan(tx: Tx, tenantId: string, whole: Part, { from, before }: VerificationRequest) {
  if (from === undefined && before === undefined) return whole
  const { category } = whole
  const links = await findLinksOfSpan(tx, { tenantId, category, from, before })
  return links && { category, ...links }
}

class Lines {
  readonly #services: Services
  readonly #given: { tenantId: string; now: Date; parts: Part[] }
  readonly #hash: Hash = createHash('sha256')

  constructor(services: Services, given: { tenantId: string; now: Date; parts: Part[] }) {
    this.#services = services
    this.#given = given
  }

  async *all(): AsyncGenerator<string> {
    const { tenantId, now, parts } = this.#given
    const { auditKeys } = this.#services
    const categories = parts.map(({ category }) => category)
    yield this.#line({
      type: 'header',
      format: 'clientele-audit',
      version: 1,
      tenant_id: tenantId,
      categories,
      exported_at: now,
    })
    for (const { id, publicKey, createdAt } of await auditKeys.all()) {
      yield this.#line({ type: 'key', key_id: id, public_key: publicKey, created_at: createdAt })
    }
    const events = parts.reduce((sum, { first, last }) => sum + last - first + 1, 0)
    const ask = await this.#reader(events)
    for (const part of parts) yield* this.#part(ask, part)
    const { keyId, sign } = await auditKeys.signer()
    const end = { type: 'end', events, key_id: keyId, sha256: this.#hash.copy().digest('hex') }
    yield this.#line({ ...end, signature: sign(canonicalJson(end)).toString('base64') })
  }

  /** Stretches of the log do not change any more: whichever server gives one, the file is the same. */
  async #reader(events: number): Promise<Ask> {
    const { database, longReads } = this.#services
    if (events >= longFrom) return askIn(await longReads.batches('audit_export'), this.#given.tenantId)
    return askIn((statements) => database.batch(statements), this.#given.tenantId)
  }

  async *#part(ask: Ask, { category, first, last }: Part): AsyncGenerator<string> {
    const { tenantId } = this.#given
    const checkpoints = await findCheckpoints(ask, tenantId, category)
    const [before] = await ask<Pick<Head, 'link_hash'>>(
      'select link_hash from audit_links where tenant_id = $1 and category = $2 and sequence = $3',
      [tenantId, category, first - 1],
    )
    // What stood before the first link was cut: the checkpoint behind which it was tells its link.
    const cut = checkpoints.find((one) => one.kind === 'retention' && one.sequence === first - 1)
    const previous =
      first === 1
        ? chainStart(tenantId, category).toString('hex')
        : (before?.link_hash.toString('hex') ?? cut?.linkHash)
    yield this.#line({
      type: 'chain',
      category,
      first_sequence: first,
      last_sequence: last,
      previous_link: previous ?? '',
    })
    for (const { payload, signature, sequence } of checkpoints) {
      if (sequence >= first - 1 && sequence <= last) {
        yield this.#line({ type: 'checkpoint', checkpoint: JSON.parse(payload) as unknown, signature })
      }
    }
    for (const { payload, signature } of await findRedactions(ask, tenantId, category)) {
      const redaction = JSON.parse(payload) as unknown
      yield this.#line({ type: 'redaction', redaction, signature: signature.toString('base64') })
    }
    for (let from = first; from <= last; from += stretch) {
      const rows = await ask<{ line: string }>(linesSql, [tenantId, category, from, Math.min(from + stretch - 1, last)])
      const text = rows.map(({ line }) => line).join('')
      this.#hash.update(text)
      yield text
    }
  }

  #line(value: object): string {
    const text = `${canonicalJson(value)}\n`
    this.#hash.update(text)
    return text
  }
}

/** An event that is gone is null: the verifier names it. */
const linesSql = `
  select '{"event":' || case when e.id is null then 'null' else ${eventTextSql('e')} end || ',"event_hash":"' || encode(l.event_hash, 'hex')
      || '","link_hash":"' || encode(l.link_hash, 'hex') || '","sequence":' || l.sequence || ',"type":"event"}' || chr(10) as line
    from audit_links l left join only audit_events e on e.tenant_id = l.tenant_id and e.id = l.event_id
   where l.tenant_id = $1 and l.category = $2 and l.sequence between $3 and $4 order by l.sequence`
