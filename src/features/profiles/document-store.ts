import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { ProfileDocument } from './schemas.ts'

type DocumentRow = {
  pk: string
  profile_pk: string
  attribute: string
  created_at: Date
  scan: ProfileDocument['status']
  content_type: string
  size: string
  sha256: Buffer
}

/** `d` is the document, `f` its file. */
const columns = sql.raw('d.pk, d.profile_pk, d.attribute, d.created_at, f.scan, f.content_type, f.size, f.sha256')
const documents = sql.raw('profile_documents d join files f on f.tenant_id = d.tenant_id and f.id = d.file_id')

function toDocument(row: DocumentRow): ProfileDocument {
  return {
    pk: Number(row.pk),
    profilePk: Number(row.profile_pk),
    attribute: row.attribute,
    status: row.scan,
    uploadedAt: row.created_at,
    contentType: row.content_type,
    size: Number(row.size),
    sha256: row.sha256.toString('hex'),
  }
}

export async function insertDocument(
  tx: Tx,
  tenantId: string,
  document: { profilePk: number; attribute: string; fileId: string; now: Date },
): Promise<number> {
  const inserted = await sql<{ pk: string }>`
    insert into profile_documents (tenant_id, profile_pk, attribute, file_id, created_at)
    values (${tenantId}, ${document.profilePk}, ${document.attribute}, ${document.fileId}, ${document.now})
    returning pk`.execute(tx)
  return Number(inserted.rows[0]?.pk)
}

/** In the order in which they came. A profile has few (document-operations.ts). */
export async function listDocuments(tx: Tx, tenantId: string, profilePk: number): Promise<ProfileDocument[]> {
  const found = await sql<DocumentRow>`
    select ${columns} from ${documents} where d.tenant_id = ${tenantId} and d.profile_pk = ${profilePk}
     order by d.pk`.execute(tx)
  return found.rows.map(toDocument)
}

export type FoundDocument = { document: ProfileDocument; fileId: string; clientUid: string }

export async function findDocument(tx: Tx, tenantId: string, pk: number): Promise<FoundDocument | null> {
  const found = await sql<DocumentRow & { file_id: string; client_id: string }>`
    select ${columns}, d.file_id, p.client_id from ${documents}
      join profiles p on p.tenant_id = d.tenant_id and p.pk = d.profile_pk
     where d.tenant_id = ${tenantId} and d.pk = ${pk}`.execute(tx)
  const row = found.rows[0]
  return row ? { document: toDocument(row), fileId: row.file_id, clientUid: row.client_id } : null
}

/** Its file goes with it (trigger profile_documents_own_files). @returns whether it was there */
export async function deleteDocument(tx: Tx, tenantId: string, pk: number): Promise<boolean> {
  const deleted = await sql`
    delete from profile_documents where tenant_id = ${tenantId} and pk = ${pk}`.execute(tx)
  return (deleted.numAffectedRows ?? 0n) > 0n
}

/** A complete profile that lacks something again. The caller has locked it. */
export async function reopenProfile(tx: Tx, tenantId: string, pk: number, now: Date): Promise<void> {
  await sql`
    update profiles set status = 'draft', submitted_at = null, updated_at = ${now}
     where tenant_id = ${tenantId} and pk = ${pk}`.execute(tx)
}
