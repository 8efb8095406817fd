/**
 * What an event's hash and a chain's links are taken of (docs/audit.md has it for auditors).
 *
 *   event hash = SHA-256(RFC 8785 text of the event)
 *   link       = SHA-256(link before || sequence, 8 bytes big-endian || event hash)
 *   link 0     = SHA-256("clientele-audit-chain-v1" LF tenant LF category)
 */
import { createHash, hash } from 'node:crypto'
import { canonicalJson } from '#kernel/canonical-json.ts'
import type { AuditEvent } from './schemas.ts'

/**
 * The event's text, as SQL: the same that the sealer takes (migrations/0010), written out here so that verification does not
 * trust a function that somebody may have replaced in the database.
 * @param e alias of audit_events
 * @param id another event's id, to see whether two events were swapped
 */
export function eventTextSql(e: string, id = `${e}.id`): string {
  return `'{"action":' || to_json(${e}.action)::text || ',"actor":' || ${e}.actor::text
    || ',"category":' || to_json(${e}.category)::text || ',"context":' || ${e}.context::text
    || ',"description":' || to_json(${e}.description)::text || ',"id":' || to_json(${id})::text
    || ',"request_id":' || coalesce(to_json(${e}.request_id)::text, 'null') || ',"severity":' || to_json(${e}.severity)::text
    || ',"target":' || case when ${e}.target_type is null and ${e}.target_id is null then 'null'
         else '{"entity_id":' || coalesce(to_json(${e}.target_id)::text, 'null')
           || ',"entity_type":' || coalesce(to_json(${e}.target_type)::text, 'null') || '}' end
    || ',"tenant_id":' || to_json(${e}.tenant_id)::text || ',"timestamp":"' || ${timestampSql(e)} || '"}'`
}

export function timestampSql(e: string): string {
  return `to_char(${e}.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
}

export const eventHashSql = (e: string, id?: string): string => `sha256(convert_to(${eventTextSql(e, id)}, 'UTF8'))`

/** The event's text from the event as the API gives it: what an auditor's own program does. */
export function eventText(tenantId: string, event: Omit<AuditEvent, 'sealed'>): string {
  const { target, requestId, ...same } = event
  return canonicalJson({
    ...same,
    request_id: requestId,
    tenant_id: tenantId,
    target: target && { entity_type: target.type, entity_id: target.id },
  })
}

export function chainStart(tenantId: string, category: string): Buffer {
  return hash('sha256', `clientele-audit-chain-v1\n${tenantId}\n${category}`, 'buffer')
}

export function linkAfter(previous: Buffer, sequence: number, eventHash: Buffer): Buffer {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(sequence))
  return createHash('sha256').update(previous).update(number).update(eventHash).digest()
}
