import { hash } from 'node:crypto'
import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Ask } from './asking.ts'

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
export function parsePayload(payload: string): Record<string, unknown> {
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

export type Unsigned = {
  category: string
  sequence: number
  link_hash: string
  number: number
  previous: string | null
}

/** Held until the transaction ends: two callers would give the same number. Before the heads are read. */
export async function lockCheckpoints(tx: Tx, tenantId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`audit_checkpoints ${tenantId}`}, 0))`.execute(tx)
}

/** Heads of chains that have grown since their last checkpoint. */
export async function findGrownHeads(tx: Tx, tenantId: string): Promise<Unsigned[]> {
  const heads = await sql<Omit<Unsigned, 'previous'> & { payload: string | null }>`
    select h.category, h.sequence::float8 as sequence, encode(h.link_hash, 'hex') as link_hash,
           coalesce(c.number, 0) + 1 as number, c.payload
      from audit_chains h left join lateral (
        select number, payload from audit_checkpoints c
         where c.tenant_id = h.tenant_id and c.category = h.category order by number desc limit 1) c on true
     where h.tenant_id = ${tenantId} and h.sequence > coalesce((
        select max(sequence) from audit_checkpoints c where c.tenant_id = h.tenant_id and c.category = h.category), 0)
     order by h.category`.execute(tx)
  return heads.rows.map(({ payload, ...head }) => ({ ...head, previous: payload && hash('sha256', payload) }))
}

/** @throws Error where the chain has no such link */
export async function findLink(
  tx: Tx,
  tenantId: string,
  { category, sequence }: { category: string; sequence: number },
): Promise<Unsigned> {
  const found = await sql<{ link_hash: string; number: number; payload: string | null }>`
    select encode(l.link_hash, 'hex') as link_hash, coalesce(c.number, 0) + 1 as number, c.payload
      from audit_links l left join lateral (
        select number, payload from audit_checkpoints c
         where c.tenant_id = l.tenant_id and c.category = l.category order by number desc limit 1) c on true
     where l.tenant_id = ${tenantId} and l.category = ${category} and l.sequence = ${sequence}`.execute(tx)
  const [link] = found.rows
  if (!link) throw new Error(`there is no link ${sequence} in the chain ${category}`)
  const previous = link.payload === null ? null : hash('sha256', link.payload)
  return { category, sequence, link_hash: link.link_hash, number: link.number, previous }
}

export type SignedRow = Omit<CheckpointRow, 'kind'> & { kind: CheckpointKind; created_at: Date }

export async function insertCheckpoints(tx: Tx, tenantId: string, rows: readonly SignedRow[]): Promise<Checkpoint[]> {
  await tx
    .insertInto('audit_checkpoints')
    .values(rows.map((row) => ({ ...row, tenant_id: tenantId })))
    .execute()
  return rows.map(toCheckpoint)
}
