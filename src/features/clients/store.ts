import { CompiledQuery, sql } from 'kysely'
import type { Database } from '#platform/db/database.ts'
import { rowLimit } from '#platform/db/row-limit.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { onConstraint } from '#platform/operations/database-errors.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { clientError } from './errors.ts'
import type { Client, ClientChanges, ClientOverview, EmailSettings } from './schemas.ts'

type ClientRow = {
  id: string
  name: string
  description: string | null
  siret: string | null
  is_active: boolean
  created_at: Date
  updated_at: Date
}

const nameTaken = {
  clients_name_unique: () => clientError('client_name_taken'),
  self_registered_names_pkey: () => clientError('client_name_taken'),
}

function toClient(row: ClientRow): Client {
  return {
    uid: row.id,
    name: row.name,
    description: row.description,
    siret: row.siret,
    isActive: row.is_active,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** The most frequent write: its text is built once. */
const insertClientText = `insert into clients (tenant_id, id, name, description, siret, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $6)`

/** Written with the end of the transaction: what the caller sees of it is known before. */
export function insertClient({ write, tenantId, now }: OperationContext, client: Client): void {
  const values = [tenantId, client.uid, client.name, client.description, client.siret, now]
  write({ compile: () => CompiledQuery.raw(insertClientText, values) }, nameTaken)
}

type OverviewRow = ClientRow & {
  pdp_is_active: boolean | null
  pdp_is_sandbox: boolean | null
  has_chorus: boolean
}

function toOverview(row: OverviewRow): ClientOverview {
  return {
    ...toClient(row),
    hasPdpConfig: row.pdp_is_active !== null,
    pdpIsActive: row.pdp_is_active,
    pdpIsSandbox: row.pdp_is_sandbox,
    hasChorusConfig: row.has_chorus,
  }
}

/** A client's own columns and what it has entrusted; `c` is the client, `p` its PDP credentials, `h` those of Chorus Pro. */
const overviewText = `c.id, c.name, c.description, c.siret, c.is_active, c.created_at, c.updated_at,
  p.is_active as pdp_is_active, p.mode_sandbox as pdp_is_sandbox, h.client_id is not null as has_chorus`
const overviewJoinsText = `
  left join client_credentials p on p.tenant_id = c.tenant_id and p.client_id = c.id and p.kind = 'pdp'
  left join client_credentials h on h.tenant_id = c.tenant_id and h.client_id = c.id and h.kind = 'chorus'`
const overviewColumns = sql.raw(overviewText)
const overviewJoins = sql.raw(overviewJoinsText)

/** The most frequent read: its text is built once. */
const findClientText = `
  select ${overviewText} from clients c ${overviewJoinsText}
   where c.tenant_id = $1 and c.id = $2`

export async function findClient(tx: Tx, tenantId: string, uid: string): Promise<ClientOverview | null> {
  const found = await tx.executeQuery<OverviewRow>(CompiledQuery.raw(findClientText, [tenantId, uid]))
  const row = found.rows[0]
  return row ? toOverview(row) : null
}

export async function findClientWithEmail(
  tx: Tx,
  tenantId: string,
  uid: string,
): Promise<(ClientOverview & { email: EmailSettings | null }) | null> {
  const found = await sql<OverviewRow & { provider: string | null; settings: Record<string, unknown> | null }>`
    select ${overviewColumns}, e.provider, e.settings from clients c ${overviewJoins}
      left join email_configs e on e.tenant_id = c.tenant_id and e.client_id = c.id
     where c.tenant_id = ${tenantId} and c.id = ${uid}`.execute(tx)
  const row = found.rows[0]
  if (!row) return null
  const email = row.provider && row.settings ? { provider: row.provider, config: row.settings } : null
  return { ...toOverview(row), email }
}

/**
 * One page in order of creation, and the total.
 * The total is a sum of a few differences (row_counts), and a page in the second half is read from the end, so neither the
 * first nor the last page depends on how many clients there are.
 */
export async function listClients(
  tx: Tx,
  tenantId: string,
  page: { limit: number; offset: number },
): Promise<{ clients: ClientOverview[]; total: number }> {
  const { limit, offset } = page
  // The first page asks the index for its first rows, and nothing how many there are.
  const ids =
    offset === 0
      ? sql`select id from clients where tenant_id = ${tenantId} order by id limit ${rowLimit(limit)}`
      : sql`(select id from clients
        where tenant_id = ${tenantId} and (select total from counted) >= ${offset}::integer * 2
        order by id limit ${limit}::integer offset ${offset}::integer)
      union all
      (select id from clients
        where tenant_id = ${tenantId} and (select total from counted) < ${offset}::integer * 2
        order by id desc
        limit greatest(least(${limit}::integer, (select total from counted) - ${offset}::integer), 0)
        offset greatest((select total from counted) - ${offset}::integer - ${limit}::integer, 0))`
  const found = await sql<(OverviewRow | { id: null }) & { total: number }>`
    with counted as (
      select coalesce(sum(difference), 0)::integer as total
        from row_counts where tenant_id = ${tenantId} and relation = 'clients'
    ), page as (
      select id from (${ids}
      -- A number that the planner knows (no page is longer): else it expects a tenth of all clients and hashes the table.
      ) as found limit 100
    )
    select counted.total, ${overviewColumns}
      from counted left join page on true
      left join clients c on c.tenant_id = ${tenantId} and c.id = page.id ${overviewJoins}
     order by c.id`.execute(tx)
  const clients = found.rows.filter((row) => row.id !== null).map((row) => toOverview(row as OverviewRow))
  return { clients, total: found.rows[0]?.total ?? 0 }
}

export type ClientSearch = { search: string | null; isActive: boolean | null; limit: number; offset: number }

/** One page of those that fit, in order of creation, and how many fit. What is searched is found by an index (clients_by_part). */
export async function searchClients(
  tx: Tx,
  tenantId: string,
  { search, isActive, limit, offset }: ClientSearch,
): Promise<{ clients: ClientOverview[]; total: number }> {
  const part = search?.trim() || null
  const digits = part?.replaceAll(' ', '') ?? null
  const fitting =
    part === null
      ? sql`select id from clients where tenant_id = ${tenantId}
         and (${isActive}::boolean is null or is_active = ${isActive}::boolean)`
      : sql`select clients_by_part(${part}, ${digits}, ${isActive}::boolean) as id`
  const found = await sql<(OverviewRow | { id: null }) & { total: number }>`
    with fitting as materialized (${fitting}), page as (
      select id from fitting order by id limit ${limit}::integer offset ${offset}::integer
    )
    select counted.total, ${overviewColumns}
      from (select count(*)::integer as total from fitting) counted left join page on true
      left join clients c on c.tenant_id = ${tenantId} and c.id = page.id ${overviewJoins}
     order by c.id`.execute(tx)
  const clients = found.rows.filter((row) => row.id !== null).map((row) => toOverview(row as OverviewRow))
  return { clients, total: found.rows[0]?.total ?? 0 }
}

export async function updateClient(
  tx: Tx,
  tenantId: string,
  uid: string,
  { changes, now }: { changes: ClientChanges; now: Date },
): Promise<boolean> {
  const updated = await onConstraint(
    tx
      .updateTable('clients')
      .set({ ...changes, updated_at: now })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', uid)
      .executeTakeFirst(),
    nameTaken,
  )
  if (updated.numUpdatedRows === 0n) return false
  if (changes.name !== undefined) {
    // Of a client that registered itself, the name is unique among all of them; others have no row here.
    await onConstraint(
      tx
        .updateTable('self_registered_names')
        .set({ name: changes.name })
        .where('tenant_id', '=', tenantId)
        .where('client_id', '=', uid)
        .execute(),
      nameTaken,
    )
  }
  return true
}

/** @returns whether the client exists, and whether this call changed it. */
export async function setClientActive(
  tx: Tx,
  tenantId: string,
  uid: string,
  { isActive, now }: { isActive: boolean; now: Date },
): Promise<{ changed: boolean } | null> {
  const updated = await tx
    .updateTable('clients')
    .set({ is_active: isActive, updated_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', uid)
    .where('is_active', '!=', isActive)
    .executeTakeFirst()
  if (updated.numUpdatedRows > 0n) return { changed: true }
  const exists = await tx
    .selectFrom('clients')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', uid)
    .executeTakeFirst()
  return exists ? { changed: false } : null
}

/** Everything that belongs to the client goes with it (foreign keys with ON DELETE CASCADE); its sessions end. */
export async function deleteClient(tx: Tx, tenantId: string, uid: string): Promise<boolean> {
  await tx.deleteFrom('sessions').where('tenant_id', '=', tenantId).where('client_id', '=', uid).execute()
  const deleted = await tx
    .deleteFrom('clients')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', uid)
    .executeTakeFirst()
  return deleted.numDeletedRows > 0n
}

export async function claimSelfRegisteredName(tx: Tx, tenantId: string, uid: string, name: string): Promise<void> {
  await onConstraint(
    tx.insertInto('self_registered_names').values({ name, tenant_id: tenantId, client_id: uid }).execute(),
    nameTaken,
  )
}

/**
 * Counts this attempt for good, whatever becomes of it: names must not be probed by registrations that fail.
 * @returns how many there were from the address in the last hour, this one included
 */
export async function countRegistrationAttempt(database: Database, ipAddress: string): Promise<number> {
  const counted = await database.platformRead<{ attempts: number }>(
    `with attempt as (insert into registration_attempts (ip_address, registered) values ($1, false))
     select 1 + count(*)::integer as attempts from registration_attempts
      where ip_address = $1 and not registered and attempted_at > now() - interval '1 hour'`,
    [ipAddress],
  )
  return counted[0]?.attempts ?? 0
}

/** Counts this registration and gives how many there were from the address in the last hour, one at a time per address. */
export async function countRegistration(tx: Tx, ipAddress: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`registration:${ipAddress}`}, 0))`.execute(tx)
  await tx.insertInto('registration_attempts').values({ ip_address: ipAddress, registered: true }).execute()
  const counted = await sql<{ registered: number }>`
    select count(*)::integer as registered from registration_attempts
     where ip_address = ${ipAddress} and registered and attempted_at > now() - interval '1 hour'`.execute(tx)
  return counted.rows[0]?.registered ?? 0
}
