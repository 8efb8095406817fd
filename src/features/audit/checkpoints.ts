/**
 * Signed checkpoints: "this chain had this link at this time". Whoever recomputes the links behind a change cannot sign.
 * Each payload holds the hash of the chain's checkpoint before it, so that none can be left out unnoticed but the last.
 */
import { hash } from 'node:crypto'
import { sql } from 'kysely'
import { canonicalJson } from '#kernel/canonical-json.ts'
import { newId } from '#kernel/ids.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Services } from '#platform/operations/services.ts'
import type { Breach } from './breach.ts'
import { sealTenant } from './store.ts'
import type { Ask } from './verify.ts'

export type CheckpointKind = 'hourly' | 'demand' | 'export' | 'retention'

export type Checkpoint = {
  id: string
  category: string
  number: number
  /** The last link that it vouches for. */
  sequence: number
  /** Hexadecimal. */
  linkHash: string
  kind: CheckpointKind
  createdAt: string
  keyId: string
  /** What is signed: RFC 8785. */
  payload: string
  /** Ed25519 over the payload's UTF-8 bytes; base64. */
  signature: string
}

type CheckpointRow = {
  id: string
  category: string
  number: number
  sequence: number
  kind: CheckpointKind
  key_id: string
  payload: string
  signature: Buffer
}

const columns = 'id, category, number, sequence::float8 as sequence, kind, key_id, payload, signature'

function toCheckpoint(row: CheckpointRow): Checkpoint {
  const { link_hash, created_at } = parsePayload(row.payload)
  const { key_id: keyId, ...same } = row
  return {
    ...same,
    keyId,
    linkHash: String(link_hash),
    createdAt: String(created_at),
    signature: row.signature.toString('base64'),
  }
}

/** Nothing for what is no JSON: somebody changed it. */
function parsePayload(payload: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(payload) as object) }
  } catch {
    return {}
  }
}

export async function findCheckpoints(ask: Ask, tenantId: string, category: string): Promise<Checkpoint[]> {
  const rows = await ask<CheckpointRow>(
    `select ${columns} from audit_checkpoints where tenant_id = $1 and category = $2 order by number`,
    [tenantId, category],
  )
  return rows.map(toCheckpoint)
}

/** Newest first. */
export async function listCheckpoints(
  tx: Tx,
  tenantId: string,
  page: { category?: string | undefined; limit: number; offset: number },
): Promise<Checkpoint[]> {
  const ofCategory = page.category === undefined ? sql`` : sql`and category = ${page.category}`
  const found = await sql<CheckpointRow>`
    select ${sql.raw(columns)} from audit_checkpoints where tenant_id = ${tenantId} ${ofCategory}
     order by created_at desc, id desc limit ${page.limit}::integer offset ${page.offset}::integer`.execute(tx)
  return found.rows.map(toCheckpoint)
}

/** The sound ones, and what is wrong with the first one that is not. */
export function judgeCheckpoints(
  found: readonly Checkpoint[],
  isOurs: (keyId: string, payload: string, signature: Buffer) => boolean,
): { checkpoints: Checkpoint[]; problem: Breach | null } {
  let problem: Breach | null = null
  let before: Checkpoint | null = null
  const checkpoints: Checkpoint[] = []
  for (const checkpoint of found) {
    const isSound =
      isOurs(checkpoint.keyId, checkpoint.payload, Buffer.from(checkpoint.signature, 'base64')) &&
      checkpoint.payload === canonicalJson({ ...parsePayload(checkpoint.payload), ...signedColumns(checkpoint) })
    const follows = checkpoint.number === (before?.number ?? 0) + 1
    if (isSound) checkpoints.push(checkpoint)
    if (!(isSound && follows)) {
      problem ??= {
        category: checkpoint.category,
        sequence: checkpoint.sequence,
        eventId: null,
        reason: 'checkpoint_altered',
        message: isSound
          ? `The checkpoint before number ${checkpoint.number} is gone`
          : `Checkpoint ${checkpoint.id} is not what was signed`,
      }
    }
    before = checkpoint
  }
  return { checkpoints, problem }
}

function signedColumns({ id, category, number, sequence, kind }: Checkpoint): Record<string, unknown> {
  return { id, category, number, sequence, kind }
}

type Unsigned = { category: string; sequence: number; link_hash: string; number: number; previous: string | null }

/** Held until the transaction ends: two callers would give the same number. Before the heads are read. */
async function lockCheckpoints(tx: Tx, tenantId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`audit_checkpoints ${tenantId}`}, 0))`.execute(tx)
}

/** Seals, and signs the head of every chain that has grown since its last checkpoint. */
export async function checkpointHeads(
  services: Services,
  tx: Tx,
  { tenantId, kind, now }: { tenantId: string; kind: CheckpointKind; now: Date },
): Promise<Checkpoint[]> {
  await sealTenant(tx, tenantId)
  await lockCheckpoints(tx, tenantId)
  const heads = await sql<Omit<Unsigned, 'previous'> & { payload: string | null }>`
    select h.category, h.sequence::float8 as sequence, encode(h.link_hash, 'hex') as link_hash,
           coalesce(c.number, 0) + 1 as number, c.payload
      from audit_chains h left join lateral (
        select number, payload from audit_checkpoints c
         where c.tenant_id = h.tenant_id and c.category = h.category order by number desc limit 1) c on true
     where h.tenant_id = ${tenantId} and h.sequence > coalesce((
        select max(sequence) from audit_checkpoints c where c.tenant_id = h.tenant_id and c.category = h.category), 0)
     order by h.category`.execute(tx)
  const unsigned = heads.rows.map(({ payload, ...head }) => ({ ...head, previous: payload && hash('sha256', payload) }))
  return signAll(services, tx, { tenantId, kind, now, unsigned })
}

/** Signs a link inside of the chain: what stands before it may be cut. */
export async function checkpointLink(
  services: Services,
  tx: Tx,
  { tenantId, category, sequence, now }: { tenantId: string; category: string; sequence: number; now: Date },
): Promise<void> {
  await lockCheckpoints(tx, tenantId)
  const found = await sql<{ link_hash: string; number: number; payload: string | null }>`
    select encode(l.link_hash, 'hex') as link_hash, coalesce(c.number, 0) + 1 as number, c.payload
      from audit_links l left join lateral (
        select number, payload from audit_checkpoints c
         where c.tenant_id = l.tenant_id and c.category = l.category order by number desc limit 1) c on true
     where l.tenant_id = ${tenantId} and l.category = ${category} and l.sequence = ${sequence}`.execute(tx)
  const [link] = found.rows
  if (!link) throw new Error(`there is no link ${sequence} in the chain ${category}`)
  const previous = link.payload === null ? null : hash('sha256', link.payload)
  const unsigned = [{ category, sequence, link_hash: link.link_hash, number: link.number, previous }]
  await signAll(services, tx, { tenantId, kind: 'retention', now, unsigned })
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
      type: 'clientele-audit-checkpoint',
      version: 1,
      id,
      kind,
      tenant_id: tenantId,
      created_at: now,
      key_id: keyId,
      ...one,
    })
    const { category, number, sequence } = one
    return { id, category, number, sequence, kind, key_id: keyId, payload, signature: sign(payload) }
  })
  await tx
    .insertInto('audit_checkpoints')
    .values(rows.map((row) => ({ ...row, tenant_id: tenantId, created_at: now })))
    .execute()
  return rows.map(toCheckpoint)
}
