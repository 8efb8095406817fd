import { sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Database } from '#platform/db/database.ts'
import { rowLimit, rowOffset } from '#platform/db/row-limit.ts'
import { tenantEntrance } from '#platform/db/tenant-table.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import { oauthError } from './errors.ts'
import type { ClientRegistration, RegisteredClient } from './schemas.ts'
import { encoderOf } from './secrets.ts'
import { findClientRow } from './token-store.ts'

const columns = [
  'id',
  'client_id',
  'client_name',
  'secret_hash',
  'secret_expires_at',
  'authentication_methods',
  'grant_types',
  'redirect_uris',
  'post_logout_redirect_uris',
  'scopes',
  'client_settings',
  'token_settings',
  'issued_at',
] as const

type Row = {
  id: string
  client_id: string
  client_name: string | null
  secret_hash: string | null
  secret_expires_at: Date | null
  authentication_methods: string[]
  grant_types: string[]
  redirect_uris: string[]
  post_logout_redirect_uris: string[]
  scopes: string[]
  client_settings: string
  token_settings: string
  issued_at: Date
}

function toRegisteredClient(row: Row): RegisteredClient {
  return {
    id: row.id,
    clientId: row.client_id,
    clientName: row.client_name,
    secretEncoder: row.secret_hash === null ? null : encoderOf(row.secret_hash),
    authenticationMethods: row.authentication_methods,
    grantTypes: row.grant_types,
    redirectUris: row.redirect_uris,
    postLogoutRedirectUris: row.post_logout_redirect_uris,
    scopes: row.scopes,
    clientSettings: row.client_settings,
    tokenSettings: row.token_settings,
    secretExpiresAt: row.secret_expires_at,
    issuedAt: row.issued_at,
  }
}

function toRow(client: ClientRegistration) {
  return {
    client_id: client.clientId,
    client_name: client.clientName,
    secret_expires_at: client.secretExpiresAt,
    authentication_methods: client.authenticationMethods,
    grant_types: client.grantTypes,
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    scopes: client.scopes,
    client_settings: client.clientSettings,
    token_settings: client.tokenSettings,
  }
}

const taken = {
  oauth_clients_client_id_unique: () => oauthError('oauth_client_id_taken'),
  oauth_clients_pkey: () => oauthError('oauth_client_id_taken'),
}

export async function insertClient(
  tx: Tx,
  tenantId: string,
  id: string,
  client: ClientRegistration & { secretHash: string | null },
): Promise<void> {
  await onConstraint(
    tx
      .insertInto('oauth_clients')
      .values({ tenant_id: tenantId, id, secret_hash: client.secretHash, ...toRow(client) })
      .execute(),
    taken,
  )
}

/** A new secret replaces the old one; undefined keeps it. */
export async function updateClient(
  tx: Tx,
  tenantId: string,
  id: string,
  client: ClientRegistration & { secretHash: string | undefined; now: Date },
): Promise<void> {
  await onConstraint(
    tx
      .updateTable('oauth_clients')
      .set((eb) => ({
        ...toRow(client),
        ...(client.secretHash === undefined ? {} : { secret_hash: client.secretHash }),
        version: eb('version', '+', 1),
        updated_at: client.now,
      }))
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .execute(),
    taken,
  )
}

export async function findClient(
  tx: Tx,
  tenantId: string,
  by: { id: string } | { clientId: string },
): Promise<RegisteredClient | null> {
  const query = tx.selectFrom('oauth_clients').select(columns).where('tenant_id', '=', tenantId)
  const row = await ('id' in by
    ? query.where('id', '=', by.id).executeTakeFirst()
    : query.where('client_id', '=', by.clientId).executeTakeFirst())
  return row ? toRegisteredClient(row) : null
}

export async function lockClient(tx: Tx, tenantId: string, id: string): Promise<RegisteredClient | null> {
  const row = await tx
    .selectFrom('oauth_clients')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row ? toRegisteredClient(row) : null
}

/** Newest first. The keyword is looked for in clientId and clientName, without case. */
export async function listClients(
  tx: Tx,
  tenantId: string,
  wanted: { page: number; size: number; keyword: string },
): Promise<{ clients: RegisteredClient[]; total: number }> {
  let query = tx.selectFrom('oauth_clients').where('tenant_id', '=', tenantId)
  if (wanted.keyword !== '') {
    const pattern = `%${wanted.keyword.replace(/[\\%_]/g, '\\$&')}%`
    query = query.where((eb) => eb.or([eb('client_id', 'ilike', pattern), eb('client_name', 'ilike', pattern)]))
  }
  const [rows, count] = await Promise.all([
    query
      .select(columns)
      .orderBy('issued_at', 'desc')
      .orderBy('id', 'desc')
      .limit(rowLimit(wanted.size))
      .offset(rowOffset((wanted.page - 1) * wanted.size))
      .execute(),
    query.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow(),
  ])
  return { clients: rows.map(toRegisteredClient), total: Number(count.total) }
}

/** Codes, tokens and grants go with it: another client that takes the name later inherits nothing. */
export async function deleteClient(tx: Tx, tenantId: string, id: string): Promise<string | null> {
  const deleted = await tx
    .deleteFrom('oauth_clients')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .returning('client_id')
    .executeTakeFirst()
  if (!deleted) return null
  await sql`delete from oidc_payloads where client_id = ${deleted.client_id}`.execute(tx)
  return deleted.client_id
}

/** Another clientId: what was issued under the old one goes. */
export async function forgetPayloadsOf(tx: Tx, clientId: string): Promise<void> {
  await sql`delete from oidc_payloads where client_id = ${clientId}`.execute(tx)
}

/** As the authorization server needs it. */
export type ServedClient = RegisteredClient & { tenantId: string; version: number; secretHash: string | null }

/**
 * As it was read last: a change gives the row another version, and a client that takes the name later has another id. So
 * whoever remembers something of this object remembers it as long as it holds.
 */
const served = new LRUCache<string, ServedClient>({ max: 10_000 })

/** In any active tenant: whoever asks for a token names the client only. */
export async function findServedClient(database: Database, clientId: string): Promise<ServedClient | null> {
  // PostgreSQL refuses the text, and with it everybody who shares the round trip.
  if (clientId.includes('\0')) return null
  const row = (await findClientRow(database, clientId)) as (Row & { tenant_id: string; version: number }) | null
  if (!row) return null
  const name = `${row.id} ${row.version}`
  const known = served.get(name)
  if (known) return known
  const client = {
    ...toRegisteredClient(row),
    tenantId: row.tenant_id,
    version: row.version,
    secretHash: row.secret_hash,
  }
  served.set(name, client)
  return client
}

export type Subject = {
  userId: string
  email: string
  displayName: string
  roles: string[]
  /** What the tenant's own ones among the roles give. */
  ownPermissions: string[]
  /** The tenant demands a second factor of its users, and this one has none yet. */
  lacksSecondFactor: boolean
  accessVersion: number
  updatedAt: Date
}

type SubjectRow = {
  id: string
  email: string
  display_name: string
  roles: string[]
  own: string[]
  lacks_mfa: boolean
  access_version: number
  updated_at: Date
}

/** A user who may sign in, of an active tenant. */
export async function findSubject(database: Database, tenantId: string, userId: string): Promise<Subject | null> {
  const [, found] = await database.batch([
    tenantEntrance(tenantId),
    {
      text: `select u.id, u.email, u.display_name, u.roles, u.access_version, u.updated_at,
               t.mfa_required and not u.mfa_enabled as lacks_mfa,
               array(select unnest(r.permissions) from roles r where r.tenant_id = u.tenant_id and r.name = any(u.roles)) as own
        from users u join tenants t on t.id = u.tenant_id
       where u.tenant_id = $1 and u.id = $2 and u.status = 'active' and t.status = 'active'`,
      values: [tenantId, userId],
    },
  ])
  const row = found?.rows[0] as SubjectRow | undefined
  if (!row) return null
  return {
    userId: row.id,
    email: row.email,
    displayName: row.display_name,
    roles: row.roles,
    ownPermissions: row.own,
    lacksSecondFactor: row.lacks_mfa,
    accessVersion: row.access_version,
    updatedAt: row.updated_at,
  }
}

/** Whether single sign-on may go on by this session; a visit counts as its use. */
export async function useSessionForSignOn(
  database: Database,
  session: { tenantId: string; sessionId: string; userId: string },
): Promise<boolean> {
  const [row] = await database.platformRead<{ holds: boolean }>('select use_session_for_sign_on($1, $2, $3) as holds', [
    session.tenantId,
    session.sessionId,
    session.userId,
  ])
  return row?.holds ?? false
}

/** Whether access given in this session may go on; see oauth_session_holds. */
export async function sessionHolds(
  database: Database,
  session: { tenantId: string; sessionId: string; offlineAccess: boolean },
): Promise<boolean> {
  const [, found] = await database.batch([
    tenantEntrance(session.tenantId),
    {
      text: 'select oauth_session_holds($1, $2, $3) as holds',
      values: [session.tenantId, session.sessionId, session.offlineAccess],
    },
  ])
  return (found?.rows[0] as { holds: boolean } | undefined)?.holds ?? false
}
