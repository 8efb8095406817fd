import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import { rowLimit, rowOffset } from '#platform/db/row-limit.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { profileError } from './errors.ts'
import type { ProfileStatus, ProfileSummary } from './schemas.ts'

/** As `attributes` holds it: a sensitive one without its value. */
export type StoredEntry = { name: string; value?: string }
export type StoredEntries = { attributes: StoredEntry[]; sensitiveCiphertext: string | null }

export type StoredProfile = ProfileSummary & StoredEntries & { catalogueVersion: number }

type ProfileRow = {
  pk: string
  client_id: string
  status: ProfileStatus
  external_reference: string | null
  catalogue_version: number
  attributes: StoredEntry[]
  sensitive_ciphertext: string | null
  created_at: Date
  updated_at: Date
  submitted_at: Date | null
}

const columns = sql.raw(`pk, client_id, status, external_reference, catalogue_version, attributes, sensitive_ciphertext,
  created_at, updated_at, submitted_at`)

function toProfile(row: ProfileRow): StoredProfile {
  return {
    pk: Number(row.pk),
    clientUid: row.client_id,
    status: row.status,
    externalReference: row.external_reference,
    catalogueVersion: row.catalogue_version,
    attributes: row.attributes,
    sensitiveCiphertext: row.sensitive_ciphertext,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    submittedAt: row.submitted_at,
  }
}

export type NewProfile = StoredEntries & {
  clientUid: string
  externalReference: string | null
  catalogueVersion: number
  lexemes: string[]
  now: Date
}

/**
 * Inserts the profile if the catalogue that it was checked against is still the tenant's newest.
 * @returns its pk; null: there is another catalogue
 * @throws profile_client_unknown
 */
export async function insertProfile(tx: Tx, tenantId: string, profile: NewProfile): Promise<number | null> {
  // An array would become one of PostgreSQL's; this is JSON.
  const attributes = JSON.stringify(profile.attributes)
  const inserted = await onConstraint(
    sql<{ pk: string }>`
      insert into profiles (tenant_id, client_id, external_reference, catalogue_version, attributes, sensitive_ciphertext,
        search, created_at, updated_at)
      select ${tenantId}::text, ${profile.clientUid}::uuid, ${profile.externalReference}::text,
        ${profile.catalogueVersion}::integer, ${attributes}::jsonb, ${profile.sensitiveCiphertext}::text,
        array_to_tsvector(${profile.lexemes}::text[]), ${profile.now}::timestamptz, ${profile.now}::timestamptz
       where coalesce((select max(version) from attribute_catalogues where tenant_id = ${tenantId}::text), 0)
         = ${profile.catalogueVersion}::integer
      returning pk`.execute(tx),
    { profiles_client: () => profileError('profile_client_unknown') },
  )
  const row = inserted.rows[0]
  return row ? Number(row.pk) : null
}

/** Whether the client of the tenant is active; null: there is none. */
export async function isClientActive(tx: Tx, tenantId: string, clientUid: string): Promise<boolean | null> {
  const row = await tx
    .selectFrom('clients')
    .select('is_active')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', clientUid)
    .executeTakeFirst()
  return row?.is_active ?? null
}

export async function findProfile(tx: Tx, tenantId: string, pk: number): Promise<StoredProfile | null> {
  const found = await sql<ProfileRow>`
    select ${columns} from profiles where tenant_id = ${tenantId} and pk = ${pk}`.execute(tx)
  return found.rows[0] ? toProfile(found.rows[0]) : null
}

/** Changes of the profile follow one another from here to the end of the transaction. */
export async function lockProfile(tx: Tx, tenantId: string, pk: number): Promise<StoredProfile | null> {
  const found = await sql<ProfileRow>`
    select ${columns} from profiles where tenant_id = ${tenantId} and pk = ${pk} for no key update`.execute(tx)
  return found.rows[0] ? toProfile(found.rows[0]) : null
}

export type ProfileChange = StoredEntries & {
  externalReference: string | null
  catalogueVersion: number
  lexemes: string[]
  now: Date
}

/** Back to a draft, with these values. The caller has locked it. */
export async function updateProfile(tx: Tx, tenantId: string, pk: number, change: ProfileChange): Promise<void> {
  await sql`
    update profiles set status = 'draft', submitted_at = null, updated_at = ${change.now},
      external_reference = ${change.externalReference}, catalogue_version = ${change.catalogueVersion},
      attributes = ${JSON.stringify(change.attributes)}::jsonb, sensitive_ciphertext = ${change.sensitiveCiphertext},
      search = array_to_tsvector(${change.lexemes}::text[])
     where tenant_id = ${tenantId} and pk = ${pk}`.execute(tx)
}

export async function markSubmitted(tx: Tx, tenantId: string, pk: number, now: Date): Promise<void> {
  await tx
    .updateTable('profiles')
    .set({ status: 'complete', submitted_at: now, updated_at: now })
    .where('tenant_id', '=', tenantId)
    .where('pk', '=', String(pk))
    .execute()
}

/** With everything that hangs on it. The caller has locked it. */
export async function deleteProfile(tx: Tx, tenantId: string, pk: number): Promise<void> {
  await tx.deleteFrom('profiles').where('tenant_id', '=', tenantId).where('pk', '=', String(pk)).execute()
}

export type ProfileFilter = {
  clientUid: string | null
  status: ProfileStatus | null
  externalReference: string | null
  /** A tsquery of quoted lexemes. */
  words: string | null
  createdAfter: Date | null
  createdBefore: Date | null
}

export type Page = { limit: number; offset: number }

/** Newest first. One more than the page holds is read, to know whether there is another page. */
export async function listProfiles(
  tx: Tx,
  tenantId: string,
  filter: ProfileFilter,
  { limit, offset }: Page,
): Promise<{ profiles: StoredProfile[]; hasMore: boolean }> {
  const most = rowLimit(offset + limit + 1)
  const order = sql`order by created_at desc, pk desc`
  const ofStatus = (status: ProfileStatus) =>
    sql`(select ${columns} from profiles where ${
      filter.words === null
        ? conditions(tenantId, filter)
        : withWords(tenantId, { ...filter, status, words: filter.words }, most)
    } and status = ${status} ${order} limit ${most})`
  // An index has each status in order of time: without a status, the first of both are merged.
  const statuses: ProfileStatus[] = filter.status ? [filter.status] : ['draft', 'complete']
  const found = await sql<ProfileRow>`
    select * from (${sql.join(statuses.map(ofStatus), sql` union all `)}) as found
     ${order} limit ${rowLimit(limit + 1)} offset ${rowOffset(offset)}`.execute(tx)
  return { profiles: found.rows.slice(0, limit).map(toProfile), hasMore: found.rows.length > limit }
}

/** Found by an index (profiles_by_words). An array, so that each is looked up; a join would be planned for many. */
function withWords(
  tenantId: string,
  filter: ProfileFilter & { words: string; status: ProfileStatus },
  most: RawBuilder<number>,
): RawBuilder<unknown> {
  const { words, status, clientUid, externalReference, createdAfter, createdBefore } = filter
  return sql`tenant_id = ${tenantId} and pk = any(array(select profiles_by_words(${words}, ${status}, ${clientUid}::uuid,
    ${externalReference}, ${createdAfter}::timestamptz, ${createdBefore}::timestamptz, ${most}::integer)))`
}

function conditions(tenantId: string, filter: ProfileFilter): RawBuilder<unknown> {
  const parts = [sql`tenant_id = ${tenantId}`]
  if (filter.clientUid !== null) parts.push(sql`client_id = ${filter.clientUid}`)
  if (filter.externalReference !== null) parts.push(sql`external_reference = ${filter.externalReference}`)
  if (filter.createdAfter !== null) parts.push(sql`created_at > ${filter.createdAfter}`)
  if (filter.createdBefore !== null) parts.push(sql`created_at < ${filter.createdBefore}`)
  return sql.join(parts, sql` and `)
}
