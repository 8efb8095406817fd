/** A signing key as the table has it, as a process uses it, and how a new one is made. */
import type { KeyObject } from 'node:crypto'
import { createPrivateKey } from 'node:crypto'
import type { CryptoKey, JWK } from 'jose'
import { exportJWK, generateKeyPair, importJWK } from 'jose'
import { generateToken } from '#kernel/api-key.ts'
import type { Statement } from '../db/statement-batch.ts'
import type { SecretBox } from '../secrets/secret-box.ts'
import { openOwn } from '../secrets/secret-box.ts'

/** EdDSA: access tokens. RS256: ID tokens; made when the authorization server is first used. */
export type Algorithm = 'EdDSA' | 'RS256'

export type LoadedKey = {
  id: string
  algorithm: Algorithm
  privateJwk: JWK
  publicJwk: JWK
  verifyKey: CryptoKey
  signKey: KeyObject
  /** Milliseconds since 1970. */
  signsFrom: number
  expiresAt: number
}

export type KeyRow = {
  id: string
  algorithm: Algorithm
  public_jwk: JWK
  private_ciphertext: string
  signs_from: Date
  expires_at: Date
}

export const signsForSeconds = 30 * 24 * 3600
/** Longer than any access token lives. */
const trustedAfterwardsSeconds = 24 * 3600

/** Whoever adds keys, or takes some out of use, does so after the other. */
export const lockKeys: Statement = {
  text: `select pg_advisory_xact_lock(hashtextextended('signing_keys', 0))`,
  values: [],
}

/** @returns a new key's id, and the statement (without a condition: one may be added) that keeps it */
export async function drawKey(
  secrets: SecretBox,
  algorithm: Algorithm,
  signsFrom: Date,
): Promise<{ id: string; insert: Statement }> {
  const options = algorithm === 'EdDSA' ? { crv: 'Ed25519' } : { modulusLength: 2048 }
  const pair = await generateKeyPair(algorithm, { ...options, extractable: true })
  const id = generateToken('kid', 16)
  const publicJwk = { ...(await exportJWK(pair.publicKey)), kid: id, use: 'sig', alg: algorithm }
  const privateJwk = await exportJWK(pair.privateKey)
  const expiresAt = new Date(signsFrom.getTime() + (signsForSeconds + trustedAfterwardsSeconds) * 1000)
  const text = `insert into signing_keys (id, algorithm, public_jwk, private_ciphertext, signs_from, expires_at)
    select $1, $2, $3::jsonb, $4, $5::timestamptz, $6::timestamptz`
  const secret = secrets.encrypt(JSON.stringify(privateJwk))
  return { id, insert: { text, values: [id, algorithm, publicJwk, secret, signsFrom, expiresAt] } }
}

export async function loadKey(secrets: SecretBox, row: KeyRow): Promise<LoadedKey> {
  const privateJwk = JSON.parse(openOwn(secrets, row.private_ciphertext).toString('utf8')) as JWK
  return {
    id: row.id,
    algorithm: row.algorithm,
    privateJwk,
    publicJwk: row.public_jwk,
    verifyKey: (await importJWK(row.public_jwk, row.algorithm)) as CryptoKey,
    signKey: createPrivateKey({ key: privateJwk, format: 'jwk' }),
    signsFrom: row.signs_from.getTime(),
    expiresAt: row.expires_at.getTime(),
  }
}
