import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { builtInScorecard, builtInVersion } from './built-in-scorecard.ts'
import type { Scorecard, ScorecardStatus } from './schemas.ts'
import type { ScorecardDefinition } from './scorecard.ts'

type ScorecardRow = {
  version: number
  status: ScorecardStatus
  definition: ScorecardDefinition
  created_at: Date
  updated_at: Date
  activated_at: Date | null
  retired_at: Date | null
}

const columns = sql.raw('version, status, definition, created_at, updated_at, activated_at, retired_at')

function toScorecard(row: ScorecardRow): Scorecard {
  return {
    version: row.version,
    status: row.status,
    isBuiltIn: false,
    definition: row.definition,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    activatedAt: row.activated_at,
    retiredAt: row.retired_at,
  }
}

/** Judges where no scorecard of the tenant is active. */
export function builtIn(isActive: boolean): Scorecard {
  return {
    version: builtInVersion,
    status: isActive ? 'active' : 'retired',
    isBuiltIn: true,
    definition: builtInScorecard,
    createdAt: null,
    updatedAt: null,
    activatedAt: null,
    retiredAt: null,
  }
}

export async function findScorecard(tx: Tx, tenantId: string, version: number): Promise<Scorecard | null> {
  if (version === builtInVersion) return builtIn((await findActiveOfTenant(tx, tenantId)) === null)
  const found = await sql<ScorecardRow>`
    select ${columns} from scorecards where tenant_id = ${tenantId} and version = ${version}`.execute(tx)
  return found.rows[0] ? toScorecard(found.rows[0]) : null
}

async function findActiveOfTenant(tx: Tx, tenantId: string): Promise<Scorecard | null> {
  const found = await sql<ScorecardRow>`
    select ${columns} from scorecards where tenant_id = ${tenantId} and status = 'active'`.execute(tx)
  return found.rows[0] ? toScorecard(found.rows[0]) : null
}

/** The one that judges now. */
export async function findActive(tx: Tx, tenantId: string): Promise<Scorecard> {
  return (await findActiveOfTenant(tx, tenantId)) ?? builtIn(true)
}

export type ScorecardSummary = Omit<Scorecard, 'definition'> & { title: ScorecardDefinition['title'] }

/** Newest first, the built-in one last. */
export async function listScorecards(
  tx: Tx,
  tenantId: string,
  { before, limit }: { before: number | null; limit: number },
): Promise<ScorecardSummary[]> {
  const found = await sql<Omit<ScorecardRow, 'definition'> & { title: ScorecardDefinition['title'] }>`
    select version, status, definition -> 'title' as title, created_at, updated_at, activated_at, retired_at
      from scorecards where tenant_id = ${tenantId} and version < ${before ?? 2_147_483_647}
     order by version desc limit ${limit}`.execute(tx)
  return found.rows.map((row) => ({
    version: row.version,
    status: row.status,
    isBuiltIn: false,
    title: row.title,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    activatedAt: row.activated_at,
    retiredAt: row.retired_at,
  }))
}

/** Changes of a tenant's scorecards follow one another from here to the end of the transaction. */
export async function lockScorecards(tx: Tx, tenantId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`scorecards ${tenantId}`}, 0))`.execute(tx)
}

export async function countDrafts(tx: Tx, tenantId: string): Promise<number> {
  const found = await sql<{ count: number }>`
    select count(*)::integer as count from scorecards where tenant_id = ${tenantId} and status = 'draft'`.execute(tx)
  return found.rows[0]?.count ?? 0
}

/** A draft under the next version. The caller has locked the scorecards. */
export async function insertDraft(
  tx: Tx,
  tenantId: string,
  { definition, now }: { definition: ScorecardDefinition; now: Date },
): Promise<Scorecard> {
  const inserted = await sql<ScorecardRow>`
    insert into scorecards (tenant_id, version, definition, created_at, updated_at)
    select ${tenantId}::text, coalesce(max(version), ${builtInVersion}::integer) + 1, ${JSON.stringify(definition)}::jsonb,
           ${now}::timestamptz, ${now}::timestamptz
      from scorecards where tenant_id = ${tenantId}
    returning ${columns}`.execute(tx)
  return toScorecard(inserted.rows[0] as ScorecardRow)
}

/** @returns null: there is no such draft */
export async function updateDraft(
  tx: Tx,
  tenantId: string,
  version: number,
  { definition, now }: { definition: ScorecardDefinition; now: Date },
): Promise<Scorecard | null> {
  const updated = await sql<ScorecardRow>`
    update scorecards set definition = ${JSON.stringify(definition)}::jsonb, updated_at = ${now}
     where tenant_id = ${tenantId} and version = ${version} and status = 'draft'
    returning ${columns}`.execute(tx)
  return updated.rows[0] ? toScorecard(updated.rows[0]) : null
}

/** The draft becomes the one that judges; the one before is retired. The caller has locked the scorecards. */
export async function activate(tx: Tx, tenantId: string, version: number, now: Date): Promise<Scorecard | null> {
  await sql`
    update scorecards set status = 'retired', retired_at = ${now}, updated_at = ${now}
     where tenant_id = ${tenantId} and status = 'active' and version <> ${version}`.execute(tx)
  const activated = await sql<ScorecardRow>`
    update scorecards set status = 'active', activated_at = ${now}, updated_at = ${now}
     where tenant_id = ${tenantId} and version = ${version} and status = 'draft'
    returning ${columns}`.execute(tx)
  return activated.rows[0] ? toScorecard(activated.rows[0]) : null
}

/** @returns null: it is retired, or there is none */
export async function retire(tx: Tx, tenantId: string, version: number, now: Date): Promise<Scorecard | null> {
  const retired = await sql<ScorecardRow>`
    update scorecards set status = 'retired', retired_at = ${now}, updated_at = ${now}
     where tenant_id = ${tenantId} and version = ${version} and status <> 'retired'
    returning ${columns}`.execute(tx)
  return retired.rows[0] ? toScorecard(retired.rows[0]) : null
}
