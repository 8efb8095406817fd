import { sql } from 'kysely'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { credentialError } from './errors.ts'
import type { Credential, CredentialKind } from './schemas.ts'

type CredentialRow = {
  id: string
  flow_service_url: string
  token_url: string
  oauth_client_id: string
  encryption_mode: 'fernet' | 'double'
  is_active: boolean
  mode_sandbox: boolean
  last_test_at: Date | null
  last_test_success: boolean | null
  last_test_error: string | null
  created_at: Date
  updated_at: Date
}

const columns = [
  'id',
  'flow_service_url',
  'token_url',
  'oauth_client_id',
  'encryption_mode',
  'is_active',
  'mode_sandbox',
  'last_test_at',
  'last_test_success',
  'last_test_error',
  'created_at',
  'updated_at',
] as const

function toCredential(row: CredentialRow): Credential {
  return {
    id: Number(row.id),
    isActive: row.is_active,
    modeSandbox: row.mode_sandbox,
    flowServiceUrl: row.flow_service_url,
    tokenUrl: row.token_url,
    oauthClientId: row.oauth_client_id,
    encryptionMode: row.encryption_mode,
    lastTestAt: row.last_test_at,
    lastTestSuccess: row.last_test_success,
    lastTestError: row.last_test_error,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** @returns undefined when the client does not exist, null when it has no such credential */
export async function findCredential(
  tx: Tx,
  tenantId: string,
  clientUid: string,
  kind: CredentialKind,
): Promise<Credential | null | undefined> {
  const found = await sql<CredentialRow | { id: null }>`
    select k.id, k.flow_service_url, k.token_url, k.oauth_client_id, k.encryption_mode, k.is_active, k.mode_sandbox,
           k.last_test_at, k.last_test_success, k.last_test_error, k.created_at, k.updated_at
      from clients c
      left join client_credentials k on k.tenant_id = c.tenant_id and k.client_id = c.id and k.kind = ${kind}
     where c.tenant_id = ${tenantId} and c.id = ${clientUid}`.execute(tx)
  const row = found.rows[0]
  if (!row) return undefined
  return row.id === null ? null : toCredential(row)
}

export async function saveCredential(
  tx: Tx,
  tenantId: string,
  { clientUid, kind }: { clientUid: string; kind: CredentialKind },
  fields: {
    flow_service_url: string
    token_url: string
    oauth_client_id: string
    secret_ciphertext: string
    encryption_mode: 'fernet' | 'double'
    is_active: boolean
    mode_sandbox: boolean
    updated_at: Date
  },
): Promise<Credential> {
  // What was tested were the old values.
  const untested = { last_test_at: null, last_test_success: null, last_test_error: null }
  const row = await onConstraint(
    tx
      .insertInto('client_credentials')
      .values({ tenant_id: tenantId, client_id: clientUid, kind, ...fields })
      .onConflict((conflict) =>
        conflict.columns(['tenant_id', 'client_id', 'kind']).doUpdateSet({ ...fields, ...untested }),
      )
      .returning(columns)
      .executeTakeFirstOrThrow(),
    { client_credentials_client: () => credentialError('credential_client_unknown') },
  )
  return toCredential(row)
}

export type StoredSecret = {
  kind: CredentialKind
  token_url: string
  oauth_client_id: string
  secret_ciphertext: string
  encryption_mode: 'fernet' | 'double'
  updated_at: Date
}

const secretColumns = [
  'kind',
  'token_url',
  'oauth_client_id',
  'secret_ciphertext',
  'encryption_mode',
  'updated_at',
] as const

export async function findSecret(
  tx: Tx,
  tenantId: string,
  clientUid: string,
  kind: CredentialKind,
): Promise<StoredSecret | null> {
  const row = await tx
    .selectFrom('client_credentials')
    .select(secretColumns)
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientUid)
    .where('kind', '=', kind)
    .executeTakeFirst()
  return row ?? null
}

/** The client's secrets in mode "double", locked until the end of the transaction. */
export async function lockDoubleSecrets(tx: Tx, tenantId: string, clientUid: string): Promise<StoredSecret[]> {
  return tx
    .selectFrom('client_credentials')
    .select(secretColumns)
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientUid)
    .where('encryption_mode', '=', 'double')
    .orderBy('kind')
    .forUpdate()
    .execute()
}

export async function replaceSecret(
  tx: Tx,
  tenantId: string,
  clientUid: string,
  { kind, ciphertext, now }: { kind: CredentialKind; ciphertext: string; now: Date },
): Promise<void> {
  await tx
    .updateTable('client_credentials')
    .set({ secret_ciphertext: ciphertext, updated_at: now })
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientUid)
    .where('kind', '=', kind)
    .execute()
}

/** Records the outcome, unless the credential was changed while it was tested. */
export async function recordTest(
  tx: Tx,
  tenantId: string,
  clientUid: string,
  test: { kind: CredentialKind; testedVersion: Date; at: Date; error: string | null },
): Promise<void> {
  await tx
    .updateTable('client_credentials')
    .set({ last_test_at: test.at, last_test_success: test.error === null, last_test_error: test.error })
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientUid)
    .where('kind', '=', test.kind)
    // JavaScript keeps milliseconds of PostgreSQL's microseconds.
    .where(sql<boolean>`date_trunc('milliseconds', updated_at) = ${test.testedVersion}`)
    .execute()
}
