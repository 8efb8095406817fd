import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import { rowLimit, rowOffset } from '#platform/db/row-limit.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { OpenResult } from './result.ts'
import type { AnalysisFailure, AnalysisStatus, StoredAnalysis } from './schemas.ts'
import { analysisStatuses } from './schemas.ts'

type AnalysisRow = {
  pk: string
  client_id: string
  profile_pk: string
  status: AnalysisStatus
  scorecard_version: number | null
  score: number | null
  result: OpenResult | null
  sensitive_ciphertext: string | null
  failure: AnalysisFailure | null
  created_at: Date
  started_at: Date | null
  completed_at: Date | null
}

const columnsText = `pk, client_id, profile_pk, status, scorecard_version, score, result, sensitive_ciphertext, failure,
  created_at, started_at, completed_at`
const columns = sql.raw(columnsText)

function toAnalysis(row: AnalysisRow): StoredAnalysis {
  return {
    pk: Number(row.pk),
    clientUid: row.client_id,
    profilePk: Number(row.profile_pk),
    status: row.status,
    scorecardVersion: row.scorecard_version,
    score: row.score,
    result: row.result,
    sensitiveCiphertext: row.sensitive_ciphertext,
    failure: row.failure,
    createdAt: row.created_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
  }
}

export async function findAnalysis(tx: Tx, tenantId: string, pk: number): Promise<StoredAnalysis | null> {
  const found = await sql<AnalysisRow>`
    select ${columns} from analyses where tenant_id = ${tenantId} and pk = ${pk}`.execute(tx)
  return found.rows[0] ? toAnalysis(found.rows[0]) : null
}

/** The newest of the profile. */
export async function findLastAnalysis(tx: Tx, tenantId: string, profilePk: number): Promise<StoredAnalysis | null> {
  const found = await sql<AnalysisRow>`
    select ${columns} from analyses where tenant_id = ${tenantId} and profile_pk = ${profilePk}
     order by pk desc limit 1`.execute(tx)
  return found.rows[0] ? toAnalysis(found.rows[0]) : null
}

export type AnalysisFilter = { clientUid: string | null; status: AnalysisStatus | null; profilePk: number | null }

/** Newest first. One more than the page holds is read, to know whether there is another page. */
export async function listAnalyses(
  tx: Tx,
  tenantId: string,
  filter: AnalysisFilter,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ analyses: StoredAnalysis[]; hasMore: boolean }> {
  const most = rowLimit(offset + limit + 1)
  const parts: RawBuilder<unknown>[] = [sql`tenant_id = ${tenantId}`]
  if (filter.clientUid !== null) parts.push(sql`client_id = ${filter.clientUid}`)
  if (filter.profilePk !== null) parts.push(sql`profile_pk = ${filter.profilePk}`)
  const conditions = sql.join(parts, sql` and `)
  const ofStatus = (status: AnalysisStatus) =>
    sql`(select ${columns} from analyses where ${conditions} and status = ${status} order by pk desc limit ${most})`
  const from =
    filter.profilePk === null
      ? // An index has each status in order: without a status, the first of all are merged.
        sql.join((filter.status ? [filter.status] : analysisStatuses).map(ofStatus), sql` union all `)
      : sql`select ${columns} from analyses where ${conditions}
              ${filter.status ? sql`and status = ${filter.status}` : sql``} order by pk desc limit ${most}`
  const found = await sql<AnalysisRow>`
    select * from (${from}) as found order by pk desc limit ${rowLimit(limit + 1)} offset ${rowOffset(offset)}`.execute(
    tx,
  )
  return { analyses: found.rows.slice(0, limit).map(toAnalysis), hasMore: found.rows.length > limit }
}

export type LockedProfile = { clientUid: string; status: string; clientIsActive: boolean }

/**
 * The profile, locked: until the end of the transaction it is not changed, and other requests for it wait. Also waits for
 * whoever sets the client's quota, and makes him wait: what is requested meanwhile is counted.
 */
export async function lockProfileForRequest(tx: Tx, tenantId: string, pk: number): Promise<LockedProfile | null> {
  const found = await sql<{ client_id: string; status: string; is_active: boolean }>`
    select p.client_id, p.status, c.is_active
      from profiles p join clients c on c.tenant_id = p.tenant_id and c.id = p.client_id
     where p.tenant_id = ${tenantId} and p.pk = ${pk} for no key update of p for key share of c`.execute(tx)
  const row = found.rows[0]
  return row ? { clientUid: row.client_id, status: row.status, clientIsActive: row.is_active } : null
}

/** The analysis of the profile that is under way, and whether it judges the profile as it is now submitted. */
export async function findOpenAnalysis(
  tx: Tx,
  tenantId: string,
  profilePk: number,
): Promise<{ pk: number; status: AnalysisStatus; isOfThisState: boolean } | null> {
  const found = await sql<{ pk: string; status: AnalysisStatus; is_current: boolean }>`
    select a.pk, a.status, a.profile_submitted_at is not distinct from p.submitted_at as is_current
      from analyses a join profiles p on p.tenant_id = a.tenant_id and p.pk = a.profile_pk
     where a.tenant_id = ${tenantId} and a.profile_pk = ${profilePk} and a.status in ('pending', 'running')`.execute(tx)
  const row = found.rows[0]
  return row ? { pk: Number(row.pk), status: row.status, isOfThisState: row.is_current } : null
}

/** Of the profile as it is submitted now; the caller has locked it. Counted where the client has a quota. */
export async function insertAnalysis(
  tx: Tx,
  tenantId: string,
  { clientUid, profilePk, now }: { clientUid: string; profilePk: number; now: Date },
): Promise<number> {
  const inserted = await sql<{ pk: string }>`
    insert into analyses (tenant_id, client_id, profile_pk, profile_submitted_at, quota_month, created_at)
    select p.tenant_id, p.client_id, p.pk, p.submitted_at,
           (select month from analysis_quotas where tenant_id = ${tenantId} and client_id = ${clientUid}), ${now}
      from profiles p where p.tenant_id = ${tenantId} and p.pk = ${profilePk}
    returning pk`.execute(tx)
  const row = inserted.rows[0]
  if (!row) throw new Error('the locked profile is gone')
  return Number(row.pk)
}

/** Who was shown last wins: `attempt` must still be the one that was given at the start. */
export type Ending =
  | { pk: number; attempt: number; version: number; score: number; result: OpenResult; sensitive: string | null }
  | { pk: number; attempt: number | null; failure: AnalysisFailure }

export type Ended = {
  pk: number
  clientUid: string
  profilePk: number
  status: 'completed' | 'failed'
  score: number | null
  version: number | null
  failure: AnalysisFailure | null
}

/**
 * Ends those that nobody has ended, nor started again, since. The condition on the state is what makes each of them end
 * once, whatever runs twice.
 * @returns those that this call ended
 */
export async function endAnalyses(tx: Tx, tenantId: string, endings: readonly Ending[], now: Date): Promise<Ended[]> {
  const rows = endings.map((one) =>
    'failure' in one
      ? { pk: one.pk, attempt: one.attempt, status: 'failed', failure: one.failure }
      : {
          pk: one.pk,
          attempt: one.attempt,
          status: 'completed',
          version: one.version,
          score: one.score,
          result: one.result,
          sensitive: one.sensitive,
        },
  )
  const updated = await sql<{
    pk: string
    client_id: string
    profile_pk: string
    status: 'completed' | 'failed'
    score: number | null
    scorecard_version: number | null
    failure: AnalysisFailure | null
  }>`
    update analyses a
       set status = e.status, scorecard_version = e.version, score = e.score, result = e.result,
           sensitive_ciphertext = e.sensitive, failure = e.failure, completed_at = ${now}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e
           (pk bigint, attempt integer, status text, version integer, score integer, result jsonb, sensitive text, failure text)
     where a.tenant_id = ${tenantId} and a.pk = e.pk
       and ((e.attempt is null and a.status in ('pending', 'running')) or (a.status = 'running' and a.attempt = e.attempt))
    returning a.pk, a.client_id, a.profile_pk, a.status, a.score, a.scorecard_version, a.failure`.execute(tx)
  return updated.rows.map((row) => ({
    pk: Number(row.pk),
    clientUid: row.client_id,
    profilePk: Number(row.profile_pk),
    status: row.status,
    score: row.score,
    version: row.scorecard_version,
    failure: row.failure,
  }))
}
