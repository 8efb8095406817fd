/** Audit events and domain events, written in the transaction of what they record. */
import { canonicalJson } from '#kernel/canonical-json.ts'
import { newId, newUuid } from '#kernel/ids.ts'
import type { Statement } from '../db/statement-batch.ts'
import type { Actor } from './actor.ts'
import { describeActor } from './actor.ts'
import type { AuditFields, Origin } from './operation.ts'

export type AuditCategory =
  | 'authentication'
  | 'authorization'
  | 'data_access'
  | 'data_modification'
  | 'configuration'
  | 'security'
  | 'compliance'
export type AuditSeverity = 'info' | 'warning' | 'critical'

/** Something that happened, told to whom it concerns (webhooks, workflows): names without secrets or personal values. */
export type DomainEvent = {
  type: string
  clientId: string | null
  data: Record<string, unknown>
  /** Who caused it, where that is another one than the caller: a workflow acts for whoever began it. */
  userId?: string | null
}

export function auditStatement(
  { tenantId, actor, origin }: { tenantId: string; actor: Actor; origin: Origin },
  action: string,
  fields: AuditFields,
): Statement {
  const who: Record<string, string> = {
    ...describeActor(actor),
    ...(fields.provenUserId ? { user_id: fields.provenUserId } : {}),
    ...(origin.ipAddress ? { ip_address: origin.ipAddress } : {}),
    ...(origin.userAgent ? { user_agent: origin.userAgent.slice(0, 256) } : {}),
  }
  const { target } = fields
  return {
    text: `insert into audit_inbox (tenant_id, id, category, severity, action, description, actor, target_type, target_id, context, request_id,
        user_id, client_id)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    values: [
      tenantId,
      fields.id ?? newId('evt'),
      fields.category ?? 'data_modification',
      fields.severity ?? 'info',
      fields.action ?? action,
      fields.description,
      // As text: the audit chain hashes the bytes that are stored.
      canonicalJson(who),
      target?.type ?? null,
      target?.id ?? null,
      canonicalJson({ ...fields.context, via: origin.via }),
      origin.requestId,
      // To search by, and no part of the proof: verification derives both anew (features/audit/chain.ts).
      who.user_id ?? (target?.type === 'user' && who.type === 'anonymous' ? target.id : null),
      who.client_id ?? (target?.type === 'client' ? target.id : null),
    ],
  }
}

export function domainEventStatement(tenantId: string, event: DomainEvent, actor?: Actor): Statement {
  const userId = event.userId ?? (actor?.kind === 'user' ? actor.userId : null)
  return {
    text: 'insert into domain_events (tenant_id, id, type, client_id, data, user_id) values ($1, $2, $3, $4, $5, $6)',
    values: [tenantId, newUuid(), event.type, event.clientId, event.data, userId],
  }
}
