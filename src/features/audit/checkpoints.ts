/**
 * Signed checkpoints: "this chain had this link at this time". Whoever recomputes the links behind a change cannot sign.
 * Each payload holds the hash of the chain's checkpoint before it, so that none can be left out unnoticed but the last.
 */
import { hash } from 'node:crypto'
import { canonicalJson } from '#kernel/canonical-json.ts'
import { newId } from '#kernel/ids.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Services } from '#platform/operations/services.ts'
import type { Breach } from './breach.ts'
import type { Checkpoint, CheckpointKind, Unsigned } from './checkpoint-store.ts'
import { findGrownHeads, findLink, insertCheckpoints, lockCheckpoints, parsePayload } from './checkpoint-store.ts'
import { sealTenant } from './store.ts'

const checkpointType = 'clientele-audit-checkpoint'

/** The sound ones, and what is wrong with the first one that is not. What was signed for another tenant is none of this one. */
export function judgeCheckpoints(
  found: readonly Checkpoint[],
  tenantId: string,
  isOurs: (keyId: string, payload: string, signature: Buffer) => boolean,
): { checkpoints: Checkpoint[]; problem: Breach | null } {
  let problem: Breach | null = null
  let before: Checkpoint | null = null
  const checkpoints: Checkpoint[] = []
  for (const checkpoint of found) {
    const signed = parsePayload(checkpoint.payload)
    const isSound =
      isOurs(checkpoint.keyId, checkpoint.payload, Buffer.from(checkpoint.signature, 'base64')) &&
      checkpoint.payload === canonicalJson({ ...signed, ...signedColumns(checkpoint), ...signedOf(tenantId) })
    const follows =
      checkpoint.number === (before?.number ?? 0) + 1 &&
      signed.previous === (before === null ? null : hash('sha256', before.payload))
    if (isSound) checkpoints.push(checkpoint)
    if (!(isSound && follows)) {
      problem ??= {
        category: checkpoint.category,
        sequence: checkpoint.sequence,
        eventId: null,
        reason: 'checkpoint_altered',
        message: isSound
          ? `The checkpoint before number ${checkpoint.number} is gone`
          : `Checkpoint ${checkpoint.id} is not what was signed for this chain`,
      }
    }
    before = checkpoint
  }
  return { checkpoints, problem }
}

function signedColumns({ id, category, number, sequence, kind }: Checkpoint): Record<string, unknown> {
  return { id, category, number, sequence, kind }
}

const signedOf = (tenantId: string) => ({ type: checkpointType, tenant_id: tenantId })

/** Seals, and signs the head of every chain that has grown since its last checkpoint. */
export async function checkpointHeads(
  services: Services,
  tx: Tx,
  { tenantId, kind, now }: { tenantId: string; kind: CheckpointKind; now: Date },
): Promise<Checkpoint[]> {
  await sealTenant(tx, tenantId)
  await lockCheckpoints(tx, tenantId)
  const unsigned = await findGrownHeads(tx, tenantId)
  return signAll(services, tx, { tenantId, kind, now, unsigned })
}

/** Signs a link inside of the chain: what stands before it may be cut. */
export async function checkpointLink(
  services: Services,
  tx: Tx,
  { tenantId, category, sequence, now }: { tenantId: string; category: string; sequence: number; now: Date },
): Promise<void> {
  await lockCheckpoints(tx, tenantId)
  const link = await findLink(tx, tenantId, { category, sequence })
  await signAll(services, tx, { tenantId, kind: 'retention', now, unsigned: [link] })
}

async function signAll(
  services: Services,
  tx: Tx,
  given: { tenantId: string; kind: CheckpointKind; now: Date; unsigned: Unsigned[] },
): Promise<Checkpoint[]> {
  const { tenantId, kind, now, unsigned } = given
  if (unsigned.length === 0) return []
  const { keyId, sign } = await services.auditKeys.signer()
  const rows = unsigned.map((one) => {
    const id = newId('chk')
    const payload = canonicalJson({
      ...signedOf(tenantId),
      version: 1,
      id,
      kind,
      created_at: now,
      key_id: keyId,
      ...one,
    })
    const { category, number, sequence } = one
    return { id, category, number, sequence, kind, created_at: now, key_id: keyId, payload, signature: sign(payload) }
  })
  return insertCheckpoints(tx, tenantId, rows)
}
