import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { eventTextSql, timestampSql } from './chain.ts'

export type StoredForwarding = {
  kind: 'syslog' | 'webhook' | 'platform'
  settings: unknown
  secret_ciphertext: string | null
  categories: string[] | null
  failures: number
}

export async function findForwarding(tx: Tx, tenantId: string, id: string): Promise<StoredForwarding | undefined> {
  return tx
    .selectFrom('audit_forwardings')
    .select(['kind', 'settings', 'secret_ciphertext', 'categories', 'failures'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Of one chain in one batch. */
const batchSize = 100

export type LinkLine = {
  category: string
  sequence: string
  severity: 'info' | 'warning' | 'critical'
  timestamp: string | null
  line: string
}

/** The next ones of each chain behind its cursor, in order of time over all chains. */
export async function nextLinks(
  tx: Tx,
  { tenantId, id, categories }: { tenantId: string; id: string; categories: string[] | null },
): Promise<LinkLine[]> {
  const found = await sql<LinkLine>`
    select l.category, l.sequence, coalesce(e.severity, 'critical') as severity,
           ${sql.raw(timestampSql('e'))} as timestamp,
           ${sql.raw(`'{"event":' || case when e.id is null then 'null' else ${eventTextSql('e')} end || ',"link_hash":"' || encode(l.link_hash, 'hex') || '","sequence":' || l.sequence || '}'`)} as line
      from audit_chains h
      left join audit_forwarding_cursors c on c.tenant_id = h.tenant_id and c.forwarding_id = ${id} and c.category = h.category
      cross join lateral (
        select * from audit_links l where l.tenant_id = h.tenant_id and l.category = h.category
           and l.sequence > coalesce(c.sequence, 0) order by l.sequence limit ${batchSize}::integer) l
      left join only audit_events e on e.tenant_id = l.tenant_id and e.id = l.event_id
     where h.tenant_id = ${tenantId} and (${categories}::text[] is null or h.category = any (${categories}::text[]))
     order by e.occurred_at, l.category, l.sequence`.execute(tx)
  return found.rows
}

export async function saveSuccess(
  tx: Tx,
  tenantId: string,
  { id, links }: { id: string; links: LinkLine[] },
): Promise<void> {
  const last = new Map(links.map(({ category, sequence }) => [category, sequence]))
  const cursors = [...last].map(([category, sequence]) => ({
    tenant_id: tenantId,
    forwarding_id: id,
    category,
    sequence,
  }))
  await tx
    .insertInto('audit_forwarding_cursors')
    .values(cursors)
    .onConflict((conflict) =>
      conflict
        .columns(['tenant_id', 'forwarding_id', 'category'])
        .doUpdateSet({ sequence: sql`greatest(audit_forwarding_cursors.sequence, excluded.sequence)` }),
    )
    .execute()
  await sql`update audit_forwardings set failures = 0, last_error = null, last_success_at = now(), next_attempt_at = now()
    where tenant_id = ${tenantId} and id = ${id}`.execute(tx)
}

export async function saveFailure(
  tx: Tx,
  tenantId: string,
  failure: { id: string; failures: number; message: string; pauseSeconds: number },
): Promise<void> {
  await sql`update audit_forwardings set failures = ${failure.failures}::integer, last_error = ${failure.message},
      next_attempt_at = now() + make_interval(secs => ${failure.pauseSeconds}::integer)
    where tenant_id = ${tenantId} and id = ${failure.id}`.execute(tx)
}
