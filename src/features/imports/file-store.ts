/** Files that came for imports. */
import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { StoredFile } from '#platform/files/index.ts'
import type { TableLayout } from '#platform/tabular/index.ts'

export type ImportFile = {
  fileId: string
  sha256: string
  size: number
  layout: TableLayout
  rowsEstimated: number
  expiresAt: Date
}

export async function insertFile(
  tx: Tx,
  tenantId: string,
  stored: StoredFile,
  found: { layout: TableLayout; rowsEstimated: number; expiresAt: Date; now: Date },
): Promise<void> {
  await tx
    .insertInto('import_files')
    .values({
      tenant_id: tenantId,
      file_id: stored.id,
      sha256: stored.sha256,
      size: stored.size,
      layout: found.layout,
      rows_estimated: found.rowsEstimated,
      created_at: found.now,
      expires_at: found.expiresAt,
    })
    .execute()
}

/** Locked against its expiry until the transaction ends. */
export async function findFile(tx: Tx, tenantId: string, fileId: string): Promise<ImportFile | null> {
  const row = await tx
    .selectFrom('import_files')
    .select(['file_id', 'sha256', 'size', 'layout', 'rows_estimated', 'expires_at'])
    .where('tenant_id', '=', tenantId)
    .where('file_id', '=', fileId)
    .executeTakeFirst()
  if (!row) return null
  return {
    fileId: row.file_id,
    sha256: row.sha256,
    size: Number(row.size),
    layout: row.layout as TableLayout,
    rowsEstimated: Number(row.rows_estimated),
    expiresAt: row.expires_at,
  }
}

/** @returns whether the file is still there */
export async function keepFileUntil(tx: Tx, tenantId: string, fileId: string, until: Date): Promise<boolean> {
  const kept = await tx
    .updateTable('import_files')
    .set({ expires_at: sql`greatest(expires_at, ${until}::timestamptz)` as never })
    .where('tenant_id', '=', tenantId)
    .where('file_id', '=', fileId)
    .executeTakeFirst()
  return kept.numUpdatedRows > 0n
}

export type EarlierImport = { id: string; entity: string; createdAt: Date; rowsWritten: number }

/** Imports of a file with the same content, newest first. */
export async function findEarlierImports(tx: Tx, tenantId: string, sha256: string): Promise<EarlierImport[]> {
  const rows = await tx
    .selectFrom('imports')
    .select(['id', 'entity', 'created_at', 'rows_inserted', 'rows_updated'])
    .where('tenant_id', '=', tenantId)
    .where('file_sha256', '=', sha256)
    .where('status', 'in', ['queued', 'processing', 'completed'])
    .orderBy('id', 'desc')
    .limit(5)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    entity: row.entity,
    createdAt: row.created_at,
    rowsWritten: Number(row.rows_inserted) + Number(row.rows_updated),
  }))
}
