/**
 * Erasure of what an event says about a person, with the chain left whole (docs/decisions/0025-personal-data.md).
 *
 * The chain has the hash of each event as it was sealed, and keeps it. A redaction names the events, that hash, and the hash of
 * what is left of each; it is signed with the audit key, which whoever owns the database does not have. So a verifier expects
 * exactly what was left, and anything else is still "altered". What happened, when, to what and by whom is never taken out.
 */
import { hash } from 'node:crypto'
import { canonicalJson } from '#kernel/canonical-json.ts'
import { newId } from '#kernel/ids.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { jobCall } from '#platform/jobs/job-call.ts'
import { writeInTenant } from '#platform/operations/in-tenant.ts'
import { auditStatement } from '#platform/operations/journal.ts'
import type { Services } from '#platform/operations/services.ts'
import type { Ask } from './asking.ts'
import { eventText } from './chain.ts'
import type { ChainedEvent, EventFilter, LeftEvent, SignedRedaction } from './redaction-store.ts'
import { findChained, findRedactions, findRedactionsOf, writeRedaction } from './redaction-store.ts'
import { sealTenant } from './store.ts'

/** What of an event may be taken out. */
export type Wording = Pick<ChainedEvent, 'description' | 'actor' | 'context' | 'target_id'>
/** @returns the same object where there is nothing to take out */
export type Redactor = (event: ChainedEvent) => Wording

/** What a verifier expects in the place of an event. */
export type Left = {
  eventId: string
  sequence: number
  eventHash: string
  redactedHash: string
  redactionId: string
  redactedAt: string
}

const redactionType = 'redaction'

type Payload = {
  type: string
  id: string
  tenant_id: string
  category: string
  redacted_at: string
  key_id: string
  events: { event_id: string; event_hash: string; redacted_hash: string; sequence: number }[]
}

export type IsOurs = (keyId: string, payload: string, signature: Buffer) => boolean

/** By event; of those that name an event the newest one counts. What is not signed by us counts for nothing. */
function trusted(found: readonly SignedRedaction[], tenantId: string, isOurs: IsOurs): Map<string, Left> {
  const payloads = found
    .filter((one) => isOurs(one.key_id, one.payload, one.signature))
    .map((one) => ({ one, payload: JSON.parse(one.payload) as Payload }))
    // The same key signs other things too, and other chains' redactions.
    .filter(({ one, payload }) => payload.type === redactionType && payload.category === one.category)
    .map(({ payload }) => payload)
    .filter((payload) => payload.tenant_id === tenantId)
    .sort((a, b) => (`${a.redacted_at} ${a.id}` < `${b.redacted_at} ${b.id}` ? -1 : 1))
  const left = new Map<string, Left>()
  for (const { id, redacted_at: redactedAt, events } of payloads) {
    for (const { event_id: eventId, event_hash: eventHash, redacted_hash: redactedHash, sequence } of events) {
      left.set(eventId, { eventId, sequence, eventHash, redactedHash, redactionId: id, redactedAt })
    }
  }
  return left
}

/** Of one chain, for its verification. */
export async function trustedRedactions(
  ask: Ask,
  { tenantId, category, isOurs }: { tenantId: string; category: string; isOurs: IsOurs },
): Promise<Map<string, Left>> {
  const found = await findRedactions(ask, tenantId, category)
  return found.length === 0 ? new Map() : trusted(found, tenantId, isOurs)
}

/** Of an event as the database has it, given back as its chained text. */
function textOf(tenantId: string, { target_type, target_id, request_id, ...event }: ChainedEvent): string {
  const { id, timestamp, category, severity, action, description, actor, context } = event
  const target = target_type === null && target_id === null ? null : { type: target_type, id: target_id }
  const members = { id, timestamp, category, severity, action, description, actor, context }
  return eventText(tenantId, { ...members, target, requestId: request_id })
}

const redactedAtOnce = 500

export type Redacting = { tenantId: string; erasureId: string; filter: EventFilter; redact: Redactor }
export type Redacted = { events: number; tampered: number }

/**
 * Takes out of every sealed event that the filter finds what `redact` takes out, in steps that each leave the log whole; what
 * was done stays done when a later one fails. An event that is not what was sealed stays as it is: a signature must not make
 * good what somebody changed.
 */
export async function redactEvents(services: Services, redacting: Redacting): Promise<Redacted> {
  const total: Redacted = { events: 0, tampered: 0 }
  let behind = '0'
  for (;;) {
    const step = await redactStep(services, redacting, behind)
    total.events += step.events
    total.tampered += step.tampered
    if (step.last === null) return total
    behind = step.last
  }
}

type Step = Redacted & { last: string | null; records: { id: string; category: string; events: number }[] }

async function redactStep(services: Services, redacting: Redacting, behind: string): Promise<Step> {
  const { tenantId, erasureId, filter, redact } = redacting
  const isOurs = await services.auditKeys.verifier()
  const signer = await services.auditKeys.signer()
  const work = async (tx: Tx): Promise<Step> => {
    await sealTenant(tx, tenantId)
    const found = await findChained(tx, tenantId, filter, { behind, limit: redactedAtOnce })
    const step: Step = { events: 0, tampered: 0, last: found.at(-1)?.position ?? null, records: [] }
    const ids = found.map(({ id }) => id)
    const before = trusted(await findRedactionsOf(tx, tenantId, ids), tenantId, isOurs)
    const changed: { event: ChainedEvent; left: ChainedEvent }[] = []
    for (const event of found) {
      const wording = redact(event)
      if (wording === event) continue
      if (event.present_hash !== (before.get(event.id)?.redactedHash ?? event.event_hash)) step.tampered++
      else {
        const context = { ...wording.context, erased_by: erasureId }
        changed.push({ event, left: { ...event, ...wording, context } })
      }
    }
    for (const category of new Set(changed.map(({ event }) => event.category))) {
      const ofChain = changed.filter(({ event }) => event.category === category)
      const id = await redactInChain(tx, { tenantId, erasureId, category, changed: ofChain, signer })
      step.records.push({ id, category, events: ofChain.length })
      step.events += ofChain.length
    }
    return step
  }
  const call = jobCall(tenantId, 'erasure', erasureId)
  return writeInTenant(services, tenantId, work, ({ records }) =>
    records.length === 0
      ? []
      : [
          auditStatement({ tenantId, ...call }, 'audit.redact', {
            category: 'compliance',
            severity: 'critical',
            description: 'What events said about a person was erased; what happened stays',
            target: { type: 'erasure', id: erasureId },
            context: { redactions: records },
          }),
        ],
  )
}

type InChain = {
  tenantId: string
  erasureId: string
  category: string
  changed: readonly { event: ChainedEvent; left: ChainedEvent }[]
  signer: { keyId: string; sign: (payload: string) => Buffer }
}

async function redactInChain(tx: Tx, { tenantId, erasureId, category, changed, signer }: InChain): Promise<string> {
  const id = newId('rdn')
  const redactedAt = new Date().toISOString()
  const events = changed.map(({ event, left }) => ({
    event_id: event.id,
    event_hash: event.event_hash,
    redacted_hash: hash('sha256', textOf(tenantId, left)),
    sequence: event.sequence,
  }))
  const common = { id, category, erasure_id: erasureId, redacted_at: redactedAt, key_id: signer.keyId }
  const payload = canonicalJson({ ...common, events, tenant_id: tenantId, type: redactionType })
  const written = changed.map(
    ({ left }): LeftEvent => ({
      id: left.id,
      description: left.description,
      actor: canonicalJson(left.actor),
      context: canonicalJson(left.context),
      target_id: left.target_id,
    }),
  )
  const signature = signer.sign(payload)
  const present = await writeRedaction(tx, tenantId, { record: { ...common, payload }, signature, events: written })
  const wrong = events.find((one) => present.get(one.event_id) !== one.redacted_hash)
  if (wrong) throw new Error(`event ${wrong.event_id} is not what was signed of it`)
  return id
}
