import { sql } from 'kysely'
import type { Database } from '#platform/db/database.ts'
import { tenantEntrance } from '#platform/db/tenant-table.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { OperationContext } from '#platform/operations/operation.ts'

export type LocatedKey = { tenantId: string; apiKeyId: string; clientUid: string }

/** Whoever has the key may learn whose it is; whether it holds is the entrance's to say. */
export async function locateKey(tx: Tx, hash: Buffer): Promise<LocatedKey | null> {
  const found = await sql<{ tenant_id: string; id: string; client_id: string }>`
    select tenant_id, id, client_id from find_api_key(${hash})`.execute(tx)
  const row = found.rows[0]
  return row ? { tenantId: row.tenant_id, apiKeyId: row.id, clientUid: row.client_id } : null
}

export async function locateRefreshToken(tx: Tx, hash: Buffer): Promise<(LocatedKey & { expiresAt: Date }) | null> {
  const found = await sql<{ tenant_id: string; api_key_id: string; client_id: string; expires_at: Date }>`
    select tenant_id, api_key_id, client_id, expires_at from find_api_key_refresh_token(${hash})`.execute(tx)
  const row = found.rows[0]
  if (!row) return null
  return { tenantId: row.tenant_id, apiKeyId: row.api_key_id, clientUid: row.client_id, expiresAt: row.expires_at }
}

/** @throws api_key_ended, client_inactive, tenant_suspended (as the database's own errors, which the runner translates) */
export async function enterApiKey(tx: Tx, key: LocatedKey): Promise<void> {
  await sql`select enter_api_key(${key.tenantId}, ${key.apiKeyId}, false)`.execute(tx)
}

export function insertRefreshToken(
  { tx, write, tenantId }: OperationContext,
  token: { hash: Buffer; apiKeyId: string; expiresAt: Date },
): void {
  write(
    tx.insertInto('api_key_refresh_tokens').values({
      tenant_id: tenantId,
      token_hash: token.hash,
      api_key_id: token.apiKeyId,
      expires_at: token.expiresAt,
    }),
  )
}

export async function findScopes(
  database: Database,
  tenantId: string,
  apiKeyId: string,
): Promise<{ scopes: string[] | null } | null> {
  const [, found] = await database.quickRead([
    tenantEntrance(tenantId),
    { text: 'select scopes from api_keys where tenant_id = $1 and id = $2', values: [tenantId, apiKeyId] },
  ])
  return (found?.rows[0] as { scopes: string[] | null } | undefined) ?? null
}
