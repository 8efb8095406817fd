/** Profiles that are to be judged, as they are stored. */
import { sql } from 'kysely'
import type { StoredEntry } from '#features/profiles/index.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'

export type StoredFacts = {
  attributes: StoredEntry[]
  sensitive_ciphertext: string | null
  documents: string[]
}

/** Of profile `p`: the attributes that it has a document for. */
const documentsOfProfile = sql`array(
  select distinct d.attribute from profile_documents d where d.tenant_id = p.tenant_id and d.profile_pk = p.pk
   order by d.attribute) as documents`

export type Started = StoredFacts & { pk: number; attempt: number; isUnchanged: boolean }

/** Marks those that have not ended as running, each with a new attempt, and gives what is to be judged. */
export async function startAnalyses(tx: Tx, tenantId: string, pks: readonly number[], now: Date): Promise<Started[]> {
  const started = await sql<Omit<Started, 'pk' | 'isUnchanged'> & { pk: string; is_unchanged: boolean }>`
    update analyses a set status = 'running', attempt = a.attempt + 1, started_at = ${now}
      from profiles p
     where a.tenant_id = ${tenantId} and a.pk = any (${pks.map(String)}::bigint[]) and a.status in ('pending', 'running')
       and p.tenant_id = ${tenantId} and p.pk = a.profile_pk
    returning a.pk, a.attempt, p.attributes, p.sensitive_ciphertext, ${documentsOfProfile},
              p.submitted_at is not distinct from a.profile_submitted_at as is_unchanged`.execute(tx)
  return started.rows.map(({ pk, is_unchanged: isUnchanged, ...row }) => ({ ...row, pk: Number(pk), isUnchanged }))
}

/** The tenant's newest submitted profiles. */
export async function newestSubmitted(
  tx: Tx,
  tenantId: string,
  most: number,
): Promise<(StoredFacts & { pk: number })[]> {
  const found = await sql<StoredFacts & { pk: string }>`
    select p.pk, p.attributes, p.sensitive_ciphertext, ${documentsOfProfile}
      from profiles p where p.tenant_id = ${tenantId} and p.status = 'complete'
     order by p.created_at desc, p.pk desc limit ${most}::integer`.execute(tx)
  return found.rows.map((row) => ({ ...row, pk: Number(row.pk) }))
}
