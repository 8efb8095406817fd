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

/** SQL expressions in the place of columns of the event, of which it is known otherwise that they are the same. */
export type KnownMembers = {
  id?: string
  /** JSON texts. */
  category?: string
  tenantId?: string
}

/**
 * The event's text, as SQL: the same that the sealer takes (migrations/0021), written out here so that verification does not
 * trust a function that somebody may have replaced in the database.
 * @param e alias of audit_events
 */
export function eventTextSql(e: string, known: KnownMembers = {}): string {
  const json = (column: string) => `to_json(${e}.${column})`
  const orNull = (column: string) => `coalesce(${json(column)}::text, 'null')`
  return `concat('{"action":', ${json('action')}, ',"actor":', ${e}.actor, ',"category":', ${known.category ?? json('category')},
    ',"context":', ${e}.context, ',"description":', ${json('description')}, ',"id":', to_json(${known.id ?? `${e}.id`}),
    ',"request_id":', ${orNull('request_id')}, ',"severity":', ${json('severity')},
    ',"target":', case when ${e}.target_type is null and ${e}.target_id is null then 'null'
       else concat('{"entity_id":', ${orNull('target_id')}, ',"entity_type":', ${orNull('target_type')}, '}') end,
    ',"tenant_id":', ${known.tenantId ?? json('tenant_id')}, ',"timestamp":"', ${timestampSql(e)}, '"}')`
}

/**
 * Whether the columns that events are searched by say what the event's text says: who acted, or in whose name somebody
 * without a credential tried to; the client that acted, or that was acted on.
 */
export const searchedAsWrittenSql = (e: string): string => `(
  ${e}.user_id is not distinct from coalesce(${e}.actor ->> 'user_id',
    case when ${e}.target_type = 'user' and ${e}.actor ->> 'type' = 'anonymous' then ${e}.target_id end)
  and ${e}.client_id is not distinct from coalesce(${e}.actor ->> 'client_id',
    case when ${e}.target_type = 'client' then ${e}.target_id end))`

export function timestampSql(e: string): string {
  return `to_char(${e}.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
}

const hashSql = (text: string): string => `sha256(convert_to(${text}, 'UTF8'))`

export const eventHashSql = (e: string, known?: KnownMembers): string => hashSql(eventTextSql(e, known))

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
