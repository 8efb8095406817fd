import { sql } from 'kysely'
import { hashSecret } from '#kernel/api-key.ts'
import type { Database } from '#platform/db/database.ts'
import { tenantEntrance } from '#platform/db/tenant-table.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'

export type ConsentOwner = { tenantId: string; userId: string }

/** What the user has allowed the client; nothing when he was never asked, or has withdrawn it. */
export async function findConsentedScopes(
  database: Database,
  { tenantId, userId, registeredClientId }: ConsentOwner & { registeredClientId: string },
): Promise<string[]> {
  const [, found] = await database.batch([
    tenantEntrance(tenantId),
    {
      text: 'select scopes from oauth_consents where tenant_id = $1 and user_id = $2 and registered_client_id = $3',
      values: [tenantId, userId, registeredClientId],
    },
  ])
  return (found?.rows[0] as { scopes: string[] } | undefined)?.scopes ?? []
}

/**
 * Adds to what was allowed before, and nothing that the client has lost at this moment.
 * @returns false when there is no such client
 */
export async function addConsent(
  tx: Tx,
  { tenantId, userId }: ConsentOwner,
  { registeredClientId, scopes, now }: { registeredClientId: string; scopes: readonly string[]; now: Date },
): Promise<boolean> {
  const added = await sql`
    insert into oauth_consents as consent (tenant_id, user_id, registered_client_id, scopes, given_at, updated_at)
    select tenant_id, ${userId}, id, array(select unnest(${[...scopes]}::text[]) intersect select unnest(scopes) order by 1), ${now}, ${now}
      from oauth_clients where tenant_id = ${tenantId} and id = ${registeredClientId} for share
    on conflict (tenant_id, user_id, registered_client_id) do update set updated_at = excluded.updated_at,
      scopes = array(select unnest(consent.scopes) union select unnest(excluded.scopes) order by 1)`.execute(tx)
  return (added.numAffectedRows ?? 0n) > 0n
}

export type Consent = {
  /** The registered client's id. */
  id: string
  clientId: string
  clientName: string | null
  scopes: string[]
  givenAt: Date
  updatedAt: Date
}

export async function listConsents(tx: Tx, { tenantId, userId }: ConsentOwner): Promise<Consent[]> {
  const rows = await tx
    .selectFrom('oauth_consents as consent')
    .innerJoin('oauth_clients as client', (join) =>
      join.onRef('client.tenant_id', '=', 'consent.tenant_id').onRef('client.id', '=', 'consent.registered_client_id'),
    )
    .select([
      'client.id',
      'client.client_id',
      'client.client_name',
      'consent.scopes',
      'consent.given_at',
      'consent.updated_at',
    ])
    .where('consent.tenant_id', '=', tenantId)
    .where('consent.user_id', '=', userId)
    .orderBy('consent.updated_at', 'desc')
    .orderBy('client.id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    clientId: row.client_id,
    clientName: row.client_name,
    scopes: row.scopes,
    givenAt: row.given_at,
    updatedAt: row.updated_at,
  }))
}

/** With it go the codes, tokens and grants of the user at this client. @returns the clientId; null when there was none */
export async function withdrawConsent(
  tx: Tx,
  { tenantId, userId }: ConsentOwner,
  registeredClientId: string,
): Promise<string | null> {
  const withdrawn = await sql<{ client_id: string }>`
    delete from oauth_consents consent using oauth_clients client
     where consent.tenant_id = ${tenantId} and consent.user_id = ${userId} and consent.registered_client_id = ${registeredClientId}
       and client.tenant_id = consent.tenant_id and client.id = consent.registered_client_id
    returning client.client_id`.execute(tx)
  const clientId = withdrawn.rows[0]?.client_id
  if (clientId === undefined) return null
  await sql`delete from oidc_payloads where account_hash = ${hashSecret(userId)} and client_id = ${clientId}`.execute(
    tx,
  )
  return clientId
}

/**
 * The client has lost scopes: were it to get them back, it would have to ask again. Access tokens of users end with it,
 * since each may hold one of these scopes; refreshing gives new ones without.
 */
export async function takeFromConsents(
  tx: Tx,
  tenantId: string,
  client: { id: string; clientId: string; lostScopes: readonly string[] },
): Promise<void> {
  const lost = [...client.lostScopes]
  const taken = await sql`
    update oauth_consents set scopes = array(select unnest(scopes) except select unnest(${lost}::text[]) order by 1)
     where tenant_id = ${tenantId} and registered_client_id = ${client.id} and scopes && ${lost}::text[]`.execute(tx)
  if (!taken.numAffectedRows) return
  await tx
    .deleteFrom('oauth_consents')
    .where('tenant_id', '=', tenantId)
    .where('registered_client_id', '=', client.id)
    .where(sql<boolean>`cardinality(scopes) = 0`)
    .execute()
  await sql`delete from oidc_payloads where model = 'AccessToken' and client_id = ${client.clientId}`.execute(tx)
}
