/** Codes, tokens, grants, browser sessions and interactions: found by the hash of their random id, encrypted inside. */
import { hashSecret } from '#kernel/api-key.ts'
import type { Database } from '#platform/db/database.ts'
import { shareRoundTrips } from '#platform/db/shared-round-trips.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'

export type Payload = Record<string, unknown> & {
  grantId?: string
  uid?: string
  clientId?: string
  accountId?: string
  scope?: string
  exp?: number
}

type Stored = { payload_ciphertext: string; consumed_at: Date | null }
type Where = { database: Database; secrets: SecretBox }

/** Rows without an end of their own (there is none today) would never be deleted. */
const longestSeconds = 400 * 24 * 3600

type Saved = { payload: Payload; expiresInSeconds: number | undefined }

export async function savePayload(
  { database, secrets }: Where,
  model: string,
  id: string,
  { payload, expiresInSeconds }: Saved,
): Promise<void> {
  const row: Row = {
    model,
    idHash: hashSecret(id),
    grantHash: payload.grantId === undefined ? null : hashSecret(payload.grantId),
    uidHash: payload.uid === undefined ? null : hashSecret(payload.uid),
    clientId: payload.clientId ?? null,
    accountHash: payload.accountId === undefined ? null : hashSecret(payload.accountId),
    ciphertext: secrets.encrypt(JSON.stringify(payload)),
    seconds: expiresInSeconds ?? longestSeconds,
  }
  if (accessTokens.has(model)) await insertAccessToken(database, row)
  else await database.batch([{ text: upsert, values: Object.values(row) }])
}

type Row = {
  model: string
  idHash: Buffer
  grantHash: Buffer | null
  uidHash: Buffer | null
  clientId: string | null
  accountHash: Buffer | null
  ciphertext: string
  seconds: number
}

const columns = 'model, id_hash, grant_hash, uid_hash, client_id, account_hash, payload_ciphertext, expires_at'

const upsert = `insert into oidc_payloads (${columns}) values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))
  on conflict (model, id_hash) do update set grant_hash = excluded.grant_hash, uid_hash = excluded.uid_hash,
    client_id = excluded.client_id, account_hash = excluded.account_hash, payload_ciphertext = excluded.payload_ciphertext, expires_at = excluded.expires_at`

const accessTokens: ReadonlySet<string> = new Set(['AccessToken', 'ClientCredentials'])

/**
 * Saved once and never again. Nobody waits for the disk: a crash of the machine in the next moment takes the token along,
 * and whoever got it is told to get another one, as at its end (docs/decisions/0009).
 */
const insertAccessToken = shareRoundTrips<Database, Row, undefined>(async (database, rows) => {
  const column = (name: keyof Row) => rows.map((row) => row[name])
  await database.batch([
    { text: "select set_config('synchronous_commit', 'off', true)", values: [] },
    {
      text: `insert into oidc_payloads (${columns})
        select model, id_hash, grant_hash, uid_hash, client_id, account_hash, ciphertext, now() + make_interval(secs => seconds)
          from unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[], $5::text[], $6::bytea[], $7::text[], $8::float8[])
            as new (model, id_hash, grant_hash, uid_hash, client_id, account_hash, ciphertext, seconds)`,
      values: [
        column('model'),
        column('idHash'),
        column('grantHash'),
        column('uidHash'),
        column('clientId'),
        column('accountHash'),
        column('ciphertext'),
        column('seconds'),
      ],
    },
  ])
  return rows.map(() => undefined)
})

export async function findPayload(
  where: Where,
  model: string,
  by: { id: string } | { uid: string },
): Promise<Payload | undefined> {
  const [column, value] = 'id' in by ? ['id_hash', by.id] : ['uid_hash', by.uid]
  const [row] = await where.database.platformRead<Stored>(
    `select payload_ciphertext, consumed_at from oidc_payloads where model = $1 and ${column} = $2 and expires_at > now()`,
    [model, hashSecret(value)],
  )
  return row && open(where, row)
}

/** An access token of either kind. */
export async function findAccessToken(where: Where, id: string): Promise<Payload | undefined> {
  const [row] = await where.database.platformRead<Stored>(
    `select payload_ciphertext, consumed_at from oidc_payloads
      where model in ('AccessToken', 'ClientCredentials') and id_hash = $1 and expires_at > now()`,
    [hashSecret(id)],
  )
  return row && open(where, row)
}

function open({ secrets }: Where, row: Stored): Payload {
  const payload = JSON.parse(secrets.decrypt(row.payload_ciphertext).toString('utf8')) as Payload
  return row.consumed_at ? { ...payload, consumed: Math.floor(row.consumed_at.getTime() / 1000) } : payload
}

/** @returns whether this call was the one that used it up */
export async function consumePayload({ database }: Where, model: string, id: string): Promise<boolean> {
  const [updated] = await database.batch([
    {
      text: 'update oidc_payloads set consumed_at = now() where model = $1 and id_hash = $2 and consumed_at is null',
      values: [model, hashSecret(id)],
    },
  ])
  return (updated?.affected ?? 0) > 0
}

export async function deletePayload({ database }: Where, model: string, id: string): Promise<void> {
  await database.batch([
    { text: 'delete from oidc_payloads where model = $1 and id_hash = $2', values: [model, hashSecret(id)] },
  ])
}

export async function deletePayloadsOfGrant({ database }: Where, model: string, grantId: string): Promise<void> {
  await database.batch([
    { text: 'delete from oidc_payloads where model = $1 and grant_hash = $2', values: [model, hashSecret(grantId)] },
  ])
}
