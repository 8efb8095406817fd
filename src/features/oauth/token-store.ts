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

type Call = { clientId: string } | { token: TokenRow }

/** In any active tenant. @param clientId without NUL, which PostgreSQL would refuse, and with it all that travel along */
export function findClientRow(database: Database, clientId: string): Promise<ClientRow | null> {
  return ask(database, { clientId })
}

/**
 * Saved once and never again. Nobody waits for the disk: a crash of the machine in the next moment takes the token along,
 * and whoever got it is told to get another one, as at its end (docs/decisions/0009).
 */
export async function insertAccessToken(database: Database, token: TokenRow): Promise<void> {
  await ask(database, { token })
}

const ask = shareRoundTrips<Database, Call, ClientRow | null>(async (database, calls) => {
  const clientIds = new Set<string>()
  const tokens: TokenRow[] = []
  for (const call of calls) {
    if ('token' in call) tokens.push(call.token)
    else clientIds.add(call.clientId)
  }
  const statements: Statement[] = []
  if (clientIds.size > 0) statements.push({ text: findClients, values: [[...clientIds]] })
  if (tokens.length > 0) statements.push(withoutWaiting, insertOf(tokens))
  const [first] = await database.batch(statements)
  const rows = clientIds.size > 0 ? ((first as StatementResult).rows as ClientRow[]) : []
  const found = new Map(rows.map((row) => [row.client_id, row]))
  return calls.map((call) => ('token' in call ? null : (found.get(call.clientId) ?? null)))
})

const findClients = `select tenant_id, version, id, client_id, client_name, secret_hash, secret_expires_at, authentication_methods,
    grant_types, redirect_uris, post_logout_redirect_uris, scopes, client_settings, token_settings, issued_at
  from find_oauth_clients($1)`

const withoutWaiting: Statement = { text: "select set_config('synchronous_commit', 'off', true)", values: [] }

const insert = `insert into oidc_payloads (model, id_hash, grant_hash, client_id, account_hash, payload_ciphertext, expires_at)
  select model, id_hash, grant_hash, client_id, account_hash, ciphertext, now() + make_interval(secs => seconds)
    from unnest($1::text[], $2::bytea[], $3::bytea[], $4::text[], $5::bytea[], $6::text[], $7::float8[])
      as new (model, id_hash, grant_hash, client_id, account_hash, ciphertext, seconds)`

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
