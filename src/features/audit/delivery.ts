/**
 * Delivery of sealed events, at least once and in the order of their chains: a cursor a chain moves on only when the receiver
 * has taken what stands before it. A forwarding is leased by one worker at a time (claim_audit_forwardings).
 */
import { hash } from 'node:crypto'
import { sql } from 'kysely'
import type { Statement } from '#platform/db/statement-batch.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { UnitOfWork } from '#platform/db/unit-of-work.ts'
import type { Services } from '#platform/operations/services.ts'
import { OutboundError } from '#platform/outbound-http/index.ts'
import type { Destination, ForwardedBatch } from '#platform/siem/index.ts'
import { parseDestination, sendBatch } from '#platform/siem/index.ts'
import { eventTextSql } from './chain.ts'

const atOnce = 20
/** Of one chain in one batch. */
const batchSize = 100
const longestPauseSeconds = 600

/** Sends one batch of every forwarding that has something to send and is due. @returns how many batches were taken */
export async function deliverDue(services: Services): Promise<number> {
  const hasPlatform = services.settings.auditForward !== null
  const due = await services.database.platformRead<{ tenant_id: string; id: string }>(
    'select tenant_id, id from claim_audit_forwardings($1, $2)',
    [hasPlatform, atOnce],
  )
  const delivered = await Promise.all(due.map(({ tenant_id, id }) => deliver(services, tenant_id, id)))
  return delivered.filter((taken) => taken).length
}

const enter = (tenantId: string): Statement => ({ text: 'select enter_tenant($1)', values: [tenantId] })

async function deliver(services: Services, tenantId: string, id: string): Promise<boolean> {
  const reading = new UnitOfWork(services.database, 'read', enter(tenantId))
  const row = await reading.tx
    .selectFrom('audit_forwardings')
    .select(['kind', 'settings', 'secret_ciphertext', 'categories', 'failures'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return false
  const links = await nextLinks(reading.tx, { tenantId, id, categories: row.categories })
  await reading.complete()
  // Another worker has sent them; the lease ends by itself.
  if (links.length === 0) return false
  try {
    const destination = destinationOf(services, row)
    await sendBatch(services.outbound, destination, batchOf(services, { tenantId, id, links }))
  } catch (error) {
    await recordFailure(services, { tenantId, id, failures: row.failures + 1, error })
    return false
  }
  await recordSuccess(services, { tenantId, id, links })
  return true
}

type StoredForwarding = { kind: string; settings: unknown; secret_ciphertext: string | null }

function destinationOf(services: Services, row: StoredForwarding): Destination {
  if (row.kind === 'platform') {
    const { auditForward } = services.settings
    if (auditForward === null) throw new Error('the setting of the platform is gone')
    return auditForward
  }
  const { certificateAuthority: ca, ...settings } = row.settings as Record<string, unknown>
  const secret = row.secret_ciphertext === null ? undefined : services.secrets.decrypt(row.secret_ciphertext).toString()
  return parseDestination({ ...settings, kind: row.kind, ca, secret })
}

type LinkLine = {
  category: string
  sequence: string
  severity: 'info' | 'warning' | 'critical'
  timestamp: string | null
  line: string
}

/** The next ones of each chain behind its cursor, in order of time over all chains. */
async function nextLinks(
  tx: Tx,
  { tenantId, id, categories }: { tenantId: string; id: string; categories: string[] | null },
): Promise<LinkLine[]> {
  const found = await sql<LinkLine>`
    select l.category, l.sequence, coalesce(e.severity, 'critical') as severity,
           ${sql.raw(`to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`)} as timestamp,
           ${sql.raw(`'{"event":' || case when e.id is null then 'null' else ${eventTextSql('e')} end || ',"link_hash":"' || encode(l.link_hash, 'hex') || '","sequence":' || l.sequence || '}'`)} as line
      from audit_chains h
      left join audit_forwarding_cursors c on c.tenant_id = h.tenant_id and c.forwarding_id = ${id} and c.category = h.category
      cross join lateral (
        select * from audit_links l where l.tenant_id = h.tenant_id and l.category = h.category
           and l.sequence > coalesce(c.sequence, 0) order by l.sequence limit ${batchSize}::integer) l
      left join audit_events e on e.tenant_id = l.tenant_id and e.id = l.event_id
     where h.tenant_id = ${tenantId} and (${categories}::text[] is null or h.category = any (${categories}::text[]))
     order by e.occurred_at, l.category, l.sequence`.execute(tx)
  return found.rows
}

function batchOf(
  { settings }: Services,
  { tenantId, id, links }: { tenantId: string; id: string; links: LinkLine[] },
): ForwardedBatch {
  const [first] = links
  return {
    id: `${id}_${hash('sha256', `${first?.category} ${first?.sequence} ${links.length}`).slice(0, 16)}`,
    tenantId,
    hostname: new URL(settings.publicUrl).hostname,
    messages: links.map(({ severity, timestamp, category, line }) => ({
      severity,
      timestamp: timestamp ?? '-',
      messageId: category,
      text: line,
    })),
  }
}

async function recordSuccess(
  services: Services,
  { tenantId, id, links }: { tenantId: string; id: string; links: LinkLine[] },
): Promise<void> {
  const last = new Map(links.map(({ category, sequence }) => [category, sequence]))
  const cursors = [...last].map(([category, sequence]) => ({
    tenant_id: tenantId,
    forwarding_id: id,
    category,
    sequence,
  }))
  await writing(services, tenantId, async (tx) => {
    await tx
      .insertInto('audit_forwarding_cursors')
      .values(cursors)
      .onConflict((conflict) =>
        conflict
          .columns(['tenant_id', 'forwarding_id', 'category'])
          .doUpdateSet(({ ref }) => ({ sequence: ref('excluded.sequence') })),
      )
      .execute()
    await sql`update audit_forwardings set failures = 0, last_error = null, last_success_at = now(), next_attempt_at = now()
      where tenant_id = ${tenantId} and id = ${id}`.execute(tx)
  })
}

async function recordFailure(
  services: Services,
  { tenantId, id, failures, error }: { tenantId: string; id: string; failures: number; error: unknown },
): Promise<void> {
  services.logger.warn({ err: error, tenant: tenantId, forwarding: id, failures }, 'audit events were not forwarded')
  const pause = Math.min(2 ** failures, longestPauseSeconds)
  const message =
    error instanceof OutboundError ? error.message : 'The forwarding failed: the reason is in the server’s log'
  await writing(services, tenantId, async (tx) => {
    await sql`update audit_forwardings set failures = ${failures}::integer, last_error = ${message},
        next_attempt_at = now() + make_interval(secs => ${pause}::integer)
      where tenant_id = ${tenantId} and id = ${id}`.execute(tx)
  })
}

async function writing(services: Services, tenantId: string, work: (tx: Tx) => Promise<void>): Promise<void> {
  const unit = new UnitOfWork(services.database, 'write', enter(tenantId))
  try {
    await work(unit.tx)
    await unit.complete()
  } catch (error) {
    await unit.abandon()
    throw error
  }
}
