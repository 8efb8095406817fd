/** What goes on behind the operations: sealing, forwarding, hourly checkpoints, retention. Any number of workers may do it. */
import { setTimeout as delay } from 'node:timers/promises'
import { writeInTenant } from '#platform/operations/in-tenant.ts'
import type { Services } from '#platform/operations/services.ts'
import { checkpointHeads } from './checkpoints.ts'
import { deliverDue } from './delivery.ts'
import { enforceRetention } from './retention.ts'

const pauseMs = 500
const pauseAfterFailureMs = 5_000
/** New tenants are forwarded to the operator's own destination within this time. */
const followTenantsAfterMs = 60_000
/** Events of one pass: one transaction, which holds the heads of the chains. */
const sealedAtOnce = 2_000

/** Seals what is new, of all tenants; nothing where another process is at it. */
export async function sealNewEvents(services: Services): Promise<void> {
  for (;;) {
    const [row] = await services.database.platformRead<{ sealed: number | null }>(
      'select seal_audit_events($1) as sealed',
      [sealedAtOnce],
    )
    if ((row?.sealed ?? 0) < sealedAtOnce) return
  }
}

/** Seals and forwards until it is stopped. @returns a function that ends it and waits for what is under way */
export function startAuditLoop(services: Services): () => Promise<void> {
  const stopping = new AbortController()
  const running = run(services, stopping.signal)
  return async () => {
    stopping.abort()
    await running
  }
}

async function run(services: Services, signal: AbortSignal): Promise<void> {
  let tenantsFollowedAt = Number.NEGATIVE_INFINITY
  while (!signal.aborted) {
    let pause = pauseMs
    try {
      if (services.settings.auditForward !== null && performance.now() - tenantsFollowedAt > followTenantsAfterMs) {
        await services.database.platformRead('select ensure_platform_forwardings()')
        tenantsFollowedAt = performance.now()
      }
      await sealNewEvents(services)
      // As long as something is taken there may be more.
      if ((await deliverDue(services)) > 0) pause = 0
    } catch (error) {
      services.logger.error({ err: error }, 'sealing or forwarding of audit events failed')
      pause = pauseAfterFailureMs
    }
    await delay(pause, undefined, { signal }).catch(() => {})
  }
}

/** Signs the heads of all chains that have grown, then cuts what is older than each tenant's retention. */
export async function runHourlyAudit(services: Services): Promise<void> {
  await sealNewEvents(services)
  const tenants = await services.database.platformRead<{ tenant_id: string }>(
    'select audit_tenants_without_checkpoint() as tenant_id',
  )
  for (const { tenant_id: tenantId } of tenants) {
    const given = { tenantId, kind: 'hourly', now: services.clock.now() } as const
    await writeInTenant(services, tenantId, (tx) => checkpointHeads(services, tx, given))
  }
  const gone = await enforceRetention(services)
  if (gone > 0)
    services.logger.info({ events: gone }, 'audit events older than the retention of their tenants are gone')
}
