import type { Database } from '#platform/db/database.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { apiKeyError } from './errors.ts'
import type { ApiKey } from './schemas.ts'

const columns = ['id', 'name', 'hint', 'is_primary', 'scopes', 'created_at', 'expires_at'] as const

type ApiKeyRow = {
  id: string
  name: string
  hint: string
  is_primary: boolean
  scopes: string[] | null
  created_at: Date
  expires_at: Date | null
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    hint: row.hint,
    isPrimary: row.is_primary,
    scopes: row.scopes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}

export async function insertApiKey(
  tx: Tx,
  tenantId: string,
  clientUid: string,
  key: {
    id: string
    name: string
    hash: Buffer
    hint: string
    isPrimary: boolean
    scopes: string[] | null
    expiresAt: Date | null
  },
): Promise<ApiKey> {
  const row = await onConstraint(
    tx
      .insertInto('api_keys')
      .values({
        tenant_id: tenantId,
        client_id: clientUid,
        id: key.id,
        name: key.name,
        key_hash: key.hash,
        hint: key.hint,
        is_primary: key.isPrimary,
        scopes: key.scopes,
        expires_at: key.expiresAt,
      })
      .returning(columns)
      .executeTakeFirstOrThrow(),
    {
      api_keys_client: () => apiKeyError('api_key_client_unknown'),
      api_keys_name_unique: () => apiKeyError('api_key_name_taken'),
      api_keys_one_primary: () => apiKeyError('api_key_name_taken'),
    },
  )
  return toApiKey(row)
}

/** Changes of a client's keys follow one another from here to the end of the transaction. @throws api_key_client_unknown */
export async function lockKeysOfClient(tx: Tx, tenantId: string, clientUid: string): Promise<void> {
  const client = await tx
    .selectFrom('clients')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', clientUid)
    .forUpdate()
    .executeTakeFirst()
  if (!client) throw apiKeyError('api_key_client_unknown')
}

/** The caller has locked the client's keys. */
export async function revokePrimaryKey(tx: Tx, tenantId: string, clientUid: string, now: Date): Promise<void> {
  await tx
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientUid)
    .where('is_primary', '=', true)
    .where('revoked_at', 'is', null)
    .execute()
}

/** Keys that have not been revoked, oldest first; expired ones are shown, so that people see why a program stopped. */
export async function listApiKeys(tx: Tx, tenantId: string, clientUid: string): Promise<ApiKey[]> {
  const rows = await tx
    .selectFrom('api_keys')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientUid)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(toApiKey)
}

export async function revokeNamedKey(
  tx: Tx,
  tenantId: string,
  clientUid: string,
  { id, now }: { id: string; now: Date },
): Promise<'revoked' | 'primary' | 'unknown'> {
  const mine = tx
    .selectFrom('api_keys')
    .select('is_primary')
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientUid)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .forUpdate()
  const found = await mine.executeTakeFirst()
  if (!found) return 'unknown'
  if (found.is_primary) return 'primary'
  await tx
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientUid)
    .where('id', '=', id)
    .execute()
  return 'revoked'
}

export type KnownKey = { tenant_id: string; id: string; client_id: string; scopes: string[] | null }

/** The only look-up without a tenant: whoever has the key may learn whose it is. */
export async function findKeyByHash(database: Database, hash: Buffer): Promise<KnownKey | null> {
  const [row] = await database.platformRead<KnownKey>('select * from find_api_key($1)', [hash])
  return row ?? null
}
