/**
 * Erases tenants whose time has come: sealed, closed, then deleted in batches, each a transaction of its own, and at last a
 * signed receipt. Whatever a worker that was killed has deleted is deleted; the next one goes on.
 */

import { sealTenant } from '#features/audit/index.ts'
import { canonicalJson } from '#kernel/canonical-json.ts'
import { writeInTenant } from '#platform/operations/in-tenant.ts'
import type { Services } from '#platform/operations/services.ts'
import { completeTenantErasure, eraseRows, findDue, findProof, startTenantErasure } from './tenant-store.ts'

/** One batch, one transaction: a second or two, also with the files' chunks. */
const rowsAtOnce = 2_000

/** @param signal ends it behind a batch; it goes on with the next look */
export async function runDueTenantErasures(services: Services, signal?: AbortSignal): Promise<void> {
  for (const { tenant_id: tenantId, id } of await findDue(services.database)) {
    if (signal?.aborted) return
    await eraseTenant(services, tenantId, { id, signal })
  }
}

async function eraseTenant(
  services: Services,
  tenantId: string,
  { id, signal }: { id: string; signal: AbortSignal | undefined },
): Promise<void> {
  const { logger, auditKeys } = services
  // So that the heads that are noted are those of everything that was ever written.
  await writeInTenant(services, tenantId, (tx) => sealTenant(tx, tenantId))
  const started = await writeInTenant(services, tenantId, (tx) => startTenantErasure(tx, tenantId, id))
  // Requests, mails and webhooks that were under way are over after two minutes; the next look goes on.
  if (!started?.is_quiet) return
  logger.warn({ tenant: tenantId, erasure: id }, 'a tenant is being erased')
  for (;;) {
    if (signal?.aborted) return
    const gone = await writeInTenant(services, tenantId, (tx) => eraseRows(tx, tenantId, { id, limit: rowsAtOnce }))
    if (gone === null) return
    if (gone === 0) break
  }
  const { keyId, sign } = await auditKeys.signer()
  await writeInTenant(services, tenantId, async (tx) => {
    const { audit_heads: auditHeads, removed, ended_at: endedAt } = await findProof(tx, tenantId, id)
    const receipt = canonicalJson({
      type: 'tenant-erasure',
      tenant_id: tenantId,
      id,
      reason: started.reason,
      requested_by: started.requested_by,
      scheduled_at: started.created_at,
      due_at: started.due_at,
      started_at: started.started_at,
      ended_at: endedAt,
      audit_heads: auditHeads,
      removed,
      key_id: keyId,
    })
    await completeTenantErasure(tx, tenantId, { id, receipt, keyId, signature: sign(receipt), endedAt })
  })
  logger.warn({ tenant: tenantId, erasure: id }, 'a tenant was erased')
}
