/** Codes, tokens, grants, browser sessions and interactions: found by the hash of their random id, encrypted inside. */
import { LRUCache } from 'lru-cache'
import { hashSecret } from '#kernel/api-key.ts'
import type { Database } from '#platform/db/database.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
import { openOwn } from '#platform/secrets/secret-box.ts'
import type { ServedClient } from './store.ts'
import { insertAccessToken, insertProgramToken } from './token-store.ts'

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

/**
 * What a program's own tokens of one second hold is the same, without the token itself: it is encrypted once. Encrypting cost a
 * tenth of a token.
 */
const programsModel = 'ClientCredentials'
const encrypted = new WeakMap<SecretBox, LRUCache<string, string>>()

function encryptOnce(secrets: SecretBox, text: string): string {
  const known = encrypted.get(secrets) ?? new LRUCache<string, string>({ max: 200 })
  encrypted.set(secrets, known)
  const ciphertext = known.get(text) ?? secrets.encrypt(text)
  known.set(text, ciphertext)
  return ciphertext
}

export async function savePayload(
  { database, secrets }: Where,
  model: string,
  id: string,
  { payload, expiresInSeconds }: Saved,
): Promise<void> {
  const row = {
    model,
    idHash: hashSecret(id),
    grantHash: payload.grantId === undefined ? null : hashSecret(payload.grantId),
    clientId: payload.clientId ?? null,
    accountHash: payload.accountId === undefined ? null : hashSecret(payload.accountId),
    seconds: expiresInSeconds ?? longestSeconds,
  }
  if (model === programsModel) {
    const { jti: _token, ...same } = payload
    await insertAccessToken(database, { ...row, ciphertext: encryptOnce(secrets, JSON.stringify(same)) })
    return
  }
  const ciphertext = secrets.encrypt(JSON.stringify(payload))
  if (model === 'AccessToken') {
    await insertAccessToken(database, { ...row, ciphertext })
    return
  }
  const uidHash = payload.uid === undefined ? null : hashSecret(payload.uid)
  const { idHash, grantHash, clientId, accountHash, seconds } = row
  await database.batch([
    { text: upsert, values: [model, idHash, grantHash, uidHash, clientId, accountHash, ciphertext, seconds] },
  ])
}

/**
 * The token of a program, of which `content` says everything but the token itself, given to this version of its client.
 * @returns false, and nothing is kept: the client has changed or gone since, or its tenant is no longer active
 */
export function saveProgramToken(
  { database, secrets }: Where,
  id: string,
  { client, content, expiresInSeconds }: { client: ServedClient; content: Payload; expiresInSeconds: number },
): Promise<boolean> {
  return insertProgramToken(database, {
    idHash: hashSecret(id),
    clientId: client.clientId,
    registeredId: client.id,
    version: client.version,
    ciphertext: encryptOnce(secrets, JSON.stringify(content)),
    seconds: expiresInSeconds,
  })
}

const upsert = `insert into oidc_payloads (model, id_hash, grant_hash, uid_hash, client_id, account_hash, payload_ciphertext, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))
  on conflict (model, id_hash) do update set grant_hash = excluded.grant_hash, uid_hash = excluded.uid_hash,
    client_id = excluded.client_id, account_hash = excluded.account_hash, payload_ciphertext = excluded.payload_ciphertext, expires_at = excluded.expires_at`

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
  return row && open(where, row, 'id' in by ? by.id : undefined)
}

/** An access token of either kind. */
export async function findAccessToken(where: Where, id: string): Promise<Payload | undefined> {
  const [row] = await where.database.platformRead<Stored>(
    `select payload_ciphertext, consumed_at from oidc_payloads
      where model in ('AccessToken', 'ClientCredentials') and id_hash = $1 and expires_at > now()`,
    [hashSecret(id)],
  )
  return row && open(where, row, id)
}

function open({ secrets }: Where, row: Stored, id: string | undefined): Payload {
  const payload = JSON.parse(openOwn(secrets, row.payload_ciphertext).toString('utf8')) as Payload
  if (id !== undefined) payload.jti ??= id
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
