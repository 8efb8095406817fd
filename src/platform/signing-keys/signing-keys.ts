/**
 * Keys that sign access tokens: Ed25519, kept in the database (the private half encrypted under the master keys), published
 * at /.well-known/jwks.json before their first signature, replaced every 30 days, and trusted until the last token they
 * signed has expired. Every node reads the same keys; a key id that it doesn't know makes it look again.
 */
import type { CryptoKey, JWK } from 'jose'
import { errors, exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose'
import { generateToken } from '#kernel/api-key.ts'
import { coreError } from '#kernel/errors.ts'
import type { Database } from '../db/database.ts'
import type { Statement } from '../db/statement-batch.ts'
import type { SecretBox } from '../secrets/secret-box.ts'

const algorithm = 'EdDSA'
const signsForSeconds = 30 * 24 * 3600
/** Between publication and first use: longer than any node or verifier keeps the published set. */
const publishedAheadSeconds = 3600
/** Longer than any access token lives. */
const trustedAfterwardsSeconds = 24 * 3600
const rereadAfterMs = 60_000
/** Unknown key ids make us read the table; somebody who sends made-up ones must not make us read it every time. */
const rereadForUnknownAfterMs = 2_000

export type AccessClaims = {
  /** user */ sub: string
  /** tenant */ tid: string
  /** session */ sid: string
  /** acts for this client only */ client_uid?: string
}

type LoadedKey = {
  id: string
  publicJwk: JWK
  verifyKey: CryptoKey
  signKey: CryptoKey
  signsFrom: number
  expiresAt: number
}

type KeyRow = { id: string; public_jwk: JWK; private_ciphertext: string; signs_from: Date; expires_at: Date }

export class SigningKeys {
  #database: Database
  #secrets: SecretBox
  #issuer: string
  #keys: LoadedKey[] = []
  #readAt = 0
  #reading: Promise<void> | null = null

  constructor(options: { database: Database; secrets: SecretBox; issuer: string }) {
    this.#database = options.database
    this.#secrets = options.secrets
    this.#issuer = options.issuer
  }

  /** An access token (RFC 9068) that expires after so many seconds. */
  async sign(claims: AccessClaims, lifetimeSeconds: number): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const key = await this.#signingKey((now + lifetimeSeconds) * 1000)
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: key.id })
      .setIssuer(this.#issuer)
      .setIssuedAt(now)
      .setExpirationTime(now + lifetimeSeconds)
      .setJti(generateToken('at', 16))
      .sign(key.signKey)
  }

  /** @throws token_expired; unauthenticated for everything else that is wrong with it */
  async verify(token: string): Promise<AccessClaims & { exp: number }> {
    try {
      const { payload } = await jwtVerify(token, (header) => this.#verifyKey(header.kid), {
        algorithms: [algorithm],
        issuer: this.#issuer,
        typ: 'at+jwt',
        requiredClaims: ['sub', 'tid', 'sid', 'exp'],
      })
      return payload as unknown as AccessClaims & { exp: number }
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw coreError('token_expired')
      if (error instanceof errors.JOSEError) throw coreError('unauthenticated')
      throw error
    }
  }

  /** The public halves, as RFC 7517 prints them. */
  async publicKeys(): Promise<{ keys: JWK[] }> {
    await this.#readIfOld(rereadAfterMs)
    return { keys: this.#keys.map((key) => key.publicJwk) }
  }

  /** Makes the next key when the present one is near its end, or the first one. @returns the new key's id, if any */
  async ensureCurrent(now = new Date()): Promise<string | null> {
    const newest = await this.#newestSignsFrom()
    if (newest === null) return this.#create(now, null)
    const followsAt = newest.getTime() + signsForSeconds * 1000
    const publishAt = followsAt - publishedAheadSeconds * 1000
    if (now.getTime() < publishAt) return null
    return this.#create(new Date(Math.max(followsAt, now.getTime())), newest)
  }

  /** Replaces the signing key: the new one is published now and signs in an hour, or at once in an emergency. */
  async rotate(options: { immediately: boolean }): Promise<string> {
    const ahead = options.immediately ? 0 : publishedAheadSeconds * 1000
    const { id, insert } = await this.#draw(new Date(Date.now() + ahead))
    await this.#database.batch([insert])
    await this.#read()
    return id
  }

  async #newestSignsFrom(): Promise<Date | null> {
    const [row] = await this.#database.platformRead<{ newest: Date | null }>(
      'select max(signs_from) as newest from signing_keys',
    )
    return row?.newest ?? null
  }

  /** Makes the key that follows the newest one, unless another node has just done so. @returns its id, null if not */
  async #create(signsFrom: Date, newest: Date | null): Promise<string | null> {
    const { id, insert } = await this.#draw(signsFrom)
    const [, inserted] = await this.#database.batch([
      { text: `select pg_advisory_xact_lock(hashtextextended('signing_keys', 0))`, values: [] },
      {
        text: `${insert.text} where (select date_trunc('milliseconds', max(signs_from)) from signing_keys) is not distinct from $7`,
        values: [...insert.values, newest],
      },
    ])
    await this.#read()
    return inserted?.affected ? id : null
  }

  async #draw(signsFrom: Date): Promise<{ id: string; insert: Statement }> {
    const pair = await generateKeyPair(algorithm, { crv: 'Ed25519', extractable: true })
    const id = generateToken('kid', 16)
    const publicJwk = { ...(await exportJWK(pair.publicKey)), kid: id, use: 'sig', alg: algorithm }
    const privateJwk = await exportJWK(pair.privateKey)
    const expiresAt = new Date(signsFrom.getTime() + (signsForSeconds + trustedAfterwardsSeconds) * 1000)
    const text = `insert into signing_keys (id, algorithm, public_jwk, private_ciphertext, signs_from, expires_at)
      select $1, $2, $3::jsonb, $4, $5::timestamptz, $6::timestamptz`
    const secret = this.#secrets.encrypt(JSON.stringify(privateJwk))
    return { id, insert: { text, values: [id, algorithm, publicJwk, secret, signsFrom, expiresAt] } }
  }

  /**
   * The key to sign with, which outlives the token. Callers hold a connection of the pool (they sign inside of a
   * transaction), so where there is such a key they don't wait for another connection to look for a newer one: as many of
   * them as the pool has connections would wait for each other.
   */
  async #signingKey(tokenExpiresAt: number): Promise<LoadedKey> {
    const known = this.#newestFor(tokenExpiresAt)
    if (known) {
      // A failure is the next reader's to tell: verifying waits for the keys.
      this.#readIfOld(rereadAfterMs).catch(() => {})
      return known
    }
    await this.#readIfOld(0)
    const found = this.#newestFor(tokenExpiresAt)
    if (!found) throw coreError('unavailable', { message: 'There is no signing key yet: the server is starting.' })
    return found
  }

  /** The newest that may sign already; before the very first one's time (clocks differ between nodes): the oldest. */
  #newestFor(tokenExpiresAt: number): LoadedKey | undefined {
    const now = Date.now()
    const current = this.#keys.findLast((key) => key.signsFrom <= now) ?? this.#keys[0]
    return current && current.expiresAt > tokenExpiresAt ? current : undefined
  }

  async #verifyKey(id: string | undefined): Promise<CryptoKey> {
    await this.#readIfOld(rereadAfterMs)
    let key = this.#keys.find((one) => one.id === id)
    if (!key) {
      await this.#readIfOld(rereadForUnknownAfterMs)
      key = this.#keys.find((one) => one.id === id)
    }
    if (!key || key.expiresAt <= Date.now()) throw new errors.JWKSNoMatchingKey()
    return key.verifyKey
  }

  async #readIfOld(afterMs: number): Promise<void> {
    if (Date.now() - this.#readAt < afterMs) return
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null
    })
    await this.#reading
  }

  async #read(): Promise<void> {
    const rows = await this.#database.platformRead<KeyRow>(
      `select id, public_jwk, private_ciphertext, signs_from, expires_at
         from signing_keys where expires_at > now() order by signs_from, id`,
    )
    const known = new Map(this.#keys.map((key) => [key.id, key]))
    this.#keys = await Promise.all(rows.map(async (row) => known.get(row.id) ?? this.#load(row)))
    this.#readAt = Date.now()
  }

  async #load(row: KeyRow): Promise<LoadedKey> {
    const privateJwk = JSON.parse(this.#secrets.decrypt(row.private_ciphertext).toString('utf8')) as JWK
    return {
      id: row.id,
      publicJwk: row.public_jwk,
      verifyKey: (await importJWK(row.public_jwk, algorithm)) as CryptoKey,
      signKey: (await importJWK(privateJwk, algorithm)) as CryptoKey,
      signsFrom: row.signs_from.getTime(),
      expiresAt: row.expires_at.getTime(),
    }
  }
}
