/**
 * Delivery of sealed events, at least once and in the order of their chains: a cursor a chain moves on only when the receiver
 * has taken what stands before it. A forwarding is leased by one worker at a time (claim_audit_forwardings).
 */
import { hash } from 'node:crypto'
import { readInTenant, writeInTenant } from '#platform/operations/in-tenant.ts'
import type { Services } from '#platform/operations/services.ts'
import { OutboundError } from '#platform/outbound-http/index.ts'
import { isContentLost } from '#platform/secrets/secret-box.ts'
import type { Destination, ForwardedBatch } from '#platform/siem/index.ts'
import { parseDestination, sendBatch } from '#platform/siem/index.ts'
import type { LinkLine, StoredForwarding } from './delivery-store.ts'
import { findForwarding, nextLinks, saveFailure, saveSuccess } from './delivery-store.ts'

const atOnce = 20
const longestPauseSeconds = 600
const unexpected = 'The forwarding failed: the reason is in the server’s log'

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

async function deliver(services: Services, tenantId: string, id: string): Promise<boolean> {
  const { row, links } = await readInTenant(services, tenantId, async (tx) => {
    const found = await findForwarding(tx, tenantId, id)
    return { row: found, links: found ? await nextLinks(tx, { tenantId, id, categories: found.categories }) : [] }
  })
  // Deleted meanwhile, or another worker has sent them; the lease ends by itself.
  if (!row || links.length === 0) return false
  try {
    const destination = destinationOf(services, row)
    await sendBatch(services.outbound, destination, batchOf(services, { tenantId, id, links }))
  } catch (error) {
    const failures = row.failures + 1
    services.logger.warn({ err: error, tenant: tenantId, forwarding: id, failures }, 'audit events were not forwarded')
    const pauseSeconds = Math.min(2 ** failures, longestPauseSeconds)
    const message = isContentLost(error) || error instanceof OutboundError ? error.message : unexpected
    const failure = { id, failures, message, pauseSeconds }
    await writeInTenant(services, tenantId, (tx) => saveFailure(tx, tenantId, failure))
    return false
  }
  await writeInTenant(services, tenantId, (tx) => saveSuccess(tx, tenantId, { id, links }))
  return true
}

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
