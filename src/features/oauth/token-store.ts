/**
 * What a token request asks of the database: who the client is, and that the token is kept. Requests that are served at the
 * same time share a round trip for both, since each costs the server as much as a tenth of a token.
 */
import type { Database } from '#platform/db/database.ts'
import { shareRoundTrips } from '#platform/db/shared-round-trips.ts'
import type { Statement, StatementResult } from '#platform/db/statement-batch.ts'

/** A row of a registered client, as find_oauth_clients gives it. */
export type ClientRow = { client_id: string } & Record<string, unknown>

export type TokenRow = {
  model: string
  idHash: Buffer
  grantHash: Buffer | null
  clientId: string | null
  accountHash: Buffer | null
  ciphertext: string
  seconds: number
}

/** A program's own token, and the version of the registered client (its row's id) to which it is given. */
export type ProgramTokenRow = {
  idHash: Buffer
  clientId: string
  registeredId: string
  version: number
  ciphertext: string
  seconds: number
}

type Call = { clientId: string } | { token: TokenRow } | { programToken: ProgramTokenRow }
type Answer = ClientRow | boolean | null

/** In any active tenant. @param clientId without NUL, which PostgreSQL would refuse, and with it all that travel along */
export async function findClientRow(database: Database, clientId: string): Promise<ClientRow | null> {
  return (await ask(database, { clientId })) as ClientRow | null
}

/**
 * Saved once and never again. Nobody waits for the disk: a crash of the machine in the next moment takes the token along,
 * and whoever got it is told to get another one, as at its end (docs/decisions/0009).
 */
export async function insertAccessToken(database: Database, token: TokenRow): Promise<void> {
  await ask(database, { token })
}

/**
 * The same for a program's own token, if its client is still the version that it was given to, in an active tenant.
 * @returns whether it is, and the token is kept
 */
export async function insertProgramToken(database: Database, programToken: ProgramTokenRow): Promise<boolean> {
  return (await ask(database, { programToken })) as boolean
}

const ask = shareRoundTrips<Database, Call, Answer>(async (database, calls) => {
  const clientIds = new Set<string>()
  const tokens: TokenRow[] = []
  const programTokens: ProgramTokenRow[] = []
  for (const call of calls) {
    if ('token' in call) tokens.push(call.token)
    else if ('programToken' in call) programTokens.push(call.programToken)
    else clientIds.add(call.clientId)
  }
  const statements: Statement[] = []
  const add = (...more: Statement[]) => statements.push(...more) - 1
  const foundAt = clientIds.size > 0 ? add({ text: findClients, values: [[...clientIds]] }) : null
  if (tokens.length + programTokens.length > 0) add(withoutWaiting)
  if (tokens.length > 0) add(insertOf(tokens))
  const keptAt = programTokens.length > 0 ? add(insertOfProgramTokens(programTokens)) : null
  const results = await database.batch(statements)
  const rowsAt = (at: number | null) => (at === null ? [] : (results[at] as StatementResult).rows)
  const found = new Map((rowsAt(foundAt) as ClientRow[]).map((row) => [row.client_id, row]))
  const kept = new Set((rowsAt(keptAt) as { number: number }[]).map((row) => row.number))
  let number = 0
  return calls.map((call) => {
    if ('programToken' in call) return kept.has(number++)
    return 'token' in call ? null : (found.get(call.clientId) ?? null)
  })
})

const findClients = `select tenant_id, version, id, client_id, client_name, secret_hash, secret_expires_at, authentication_methods,
    grant_types, redirect_uris, post_logout_redirect_uris, scopes, client_settings, token_settings, issued_at
  from find_oauth_clients($1)`

const withoutWaiting: Statement = { text: "select set_config('synchronous_commit', 'off', true)", values: [] }

const insert = `insert into oidc_payloads (model, id_hash, grant_hash, client_id, account_hash, payload_ciphertext, expires_at)
  select model, id_hash, grant_hash, client_id, account_hash, ciphertext, now() + make_interval(secs => seconds)
    from unnest($1::text[], $2::bytea[], $3::bytea[], $4::text[], $5::bytea[], $6::text[], $7::float8[])
      as new (model, id_hash, grant_hash, client_id, account_hash, ciphertext, seconds)`

/** Rows come back by their place among those that were sent. The client's version is looked at as find_oauth_clients would. */
const insertProgramTokens = `with new as (
    select * from unnest($1::bytea[], $2::text[], $3::uuid[], $4::integer[], $5::text[], $6::float8[])
      with ordinality as new (id_hash, client_id, registered_id, version, ciphertext, seconds, number)
  ), current as materialized (
    select new.* from find_oauth_clients($7) client
      join new on new.client_id = client.client_id and new.registered_id = client.id and new.version = client.version
  ), kept as (
    insert into oidc_payloads (model, id_hash, client_id, payload_ciphertext, expires_at)
    select 'ClientCredentials', id_hash, client_id, ciphertext, now() + make_interval(secs => seconds) from current
  )
  select number::integer - 1 as number from current`

function insertOfProgramTokens(tokens: readonly ProgramTokenRow[]): Statement {
  const column = (name: keyof ProgramTokenRow) => tokens.map((token) => token[name])
  const clientIds = column('clientId')
  return {
    text: insertProgramTokens,
    values: [
      column('idHash'),
      clientIds,
      column('registeredId'),
      column('version'),
      column('ciphertext'),
      column('seconds'),
      [...new Set(clientIds)],
    ],
  }
}

function insertOf(tokens: readonly TokenRow[]): Statement {
  const column = (name: keyof TokenRow) => tokens.map((token) => token[name])
  return {
    text: insert,
    values: [
      column('model'),
      column('idHash'),
      column('grantHash'),
      column('clientId'),
      column('accountHash'),
      column('ciphertext'),
      column('seconds'),
    ],
  }
}
