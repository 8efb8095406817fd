/**
 * Keys that sign access tokens (Ed25519) and OpenID Connect's ID tokens (RS256, which every client library must support:
 * OpenID Connect Core 15.1). Kept in the database (the private half encrypted under the master keys), published at
 * /.well-known/jwks.json before their first signature, replaced every 30 days, and trusted until the last token they
 * signed has expired. Every node reads the same keys: again every few seconds while it is in use, so that keys that the
 * operator has taken out of use (rotate) are trusted nowhere any more; a key id that it doesn't know makes it look at once.
 */
import { sign } from 'node:crypto'
import type { CryptoKey, JWK, JWTPayload } from 'jose'
import { errors, jwtVerify } from 'jose'
import { generateToken } from '#kernel/api-key.ts'
import { coreError } from '#kernel/errors.ts'
import type { Clock } from '../clock/index.ts'
import { processClock } from '../clock/index.ts'
import type { Database } from '../db/database.ts'
import type { SecretBox } from '../secrets/secret-box.ts'
import type { AccessClaims, KeyClaims, OAuthClaims, Verified } from './claims.ts'
import type { Algorithm, KeyRow, LoadedKey } from './stored-key.ts'
import { drawKey, loadKey, lockKeys, signsForSeconds } from './stored-key.ts'

/** Between publication and first use: longer than any node or verifier keeps the published set. */
const publishedAheadSeconds = 3600
/** Older than this, the keys in memory are read again beside the request; older than the second, the request waits for it. */
const refreshAfterMs = 2_000
const staleAfterMs = 5_000
/** Unknown key ids make us read the table; somebody who sends made-up ones must not make us read it every time. */
const rereadForUnknownAfterMs = 2_000

export class SigningKeys {
  #database: Database
  readonly #clock: Clock
  #secrets: SecretBox
  #issuer: string
  #keys: LoadedKey[] = []
  #idTokenKeys: { of: readonly LoadedKey[]; jwks: readonly JWK[] } = { of: [], jwks: [] }
  #readAt = 0
  #reading: Promise<void> | null = null

  constructor(options: { database: Database; clock?: Clock; secrets: SecretBox; issuer: string }) {
    this.#clock = options.clock ?? processClock
    this.#database = options.database
    this.#secrets = options.secrets
    this.#issuer = options.issuer
  }

  get #nowMs(): number {
    return this.#clock.now().getTime()
  }

  /** Of what is in memory. A clock that was set back must not make it young for ever. */
  get #ageMs(): number {
    return Math.abs(this.#nowMs - this.#readAt)
  }

  /** A session's or an API key's access token (RFC 9068) that expires after so many seconds. */
  async sign(claims: AccessClaims | KeyClaims, lifetimeSeconds: number): Promise<string> {
    const now = Math.floor(this.#nowMs / 1000)
    return this.#signJwt(
      { ...claims, jti: generateToken('at', 16) },
      { issuedAt: now, expiresAt: now + lifetimeSeconds },
    )
  }

  /** The authorization server's access token; times in seconds since 1970. */
  signOAuth(claims: OAuthClaims, times: { issuedAt: number; expiresAt: number }): Promise<string> {
    return this.#signJwt(claims, times)
  }

  async #signJwt(claims: JWTPayload, times: { issuedAt: number; expiresAt: number }): Promise<string> {
    const { id, algorithm, signKey } = await this.#signingKey('EdDSA', times.expiresAt * 1000)
    const header = { alg: algorithm, typ: 'at+jwt', kid: id }
    const payload = { ...claims, iss: this.#issuer, iat: times.issuedAt, exp: times.expiresAt }
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
    // RFC 7515 7.1, in this thread. jose signs in libuv's threads, where it waits behind passwords, for three times the CPU time.
    const signed = `${encode(header)}.${encode(payload)}`
    return `${signed}.${sign(null, Buffer.from(signed), signKey).toString('base64url')}`
  }

  /** A session's access token. @throws token_expired; unauthenticated for everything else that is wrong with it */
  async verify(token: string): Promise<AccessClaims & Verified> {
    const payload = await this.#verifyJwt(token, ['sub', 'tid', 'sid', 'exp'])
    // The authorization server's tokens are signed by the same keys and are no session's.
    if (payload.client_id !== undefined) throw coreError('unauthenticated')
    return payload as unknown as AccessClaims & Verified
  }

  /** An API key's access token. @throws token_expired, unauthenticated */
  async verifyOfKey(token: string): Promise<KeyClaims & { exp: number }> {
    const payload = await this.#verifyJwt(token, ['sub', 'tid', 'key', 'exp'])
    return payload as unknown as KeyClaims & { exp: number }
  }

  /** The authorization server's access token. @throws token_expired, unauthenticated */
  async verifyOAuth(token: string): Promise<OAuthClaims & Verified> {
    const payload = await this.#verifyJwt(token, ['sub', 'tid', 'client_id', 'jti', 'exp'])
    return payload as unknown as OAuthClaims & Verified
  }

  async #verifyJwt(token: string, requiredClaims: string[]): Promise<JWTPayload> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, (header) => this.#verifyKey(header.kid), {
        algorithms: ['EdDSA'],
        issuer: this.#issuer,
        typ: 'at+jwt',
        requiredClaims,
        currentDate: this.#clock.now(),
      })
      return { ...payload, keyId: protectedHeader.kid }
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw coreError('token_expired')
      if (error instanceof errors.JOSEError) throw coreError('unauthenticated')
      throw error
    }
  }

  /**
   * Whether what this key has signed still counts, as of five seconds ago at most. Answers at once where the keys were read
   * a moment ago, since every request asks.
   */
  trusts(keyId: string): boolean | Promise<boolean> {
    const fresh = this.#refresh()
    return fresh ? fresh.then(() => this.#findTrusted(keyId) !== undefined) : this.#findTrusted(keyId) !== undefined
  }

  #findTrusted(keyId: string | undefined): LoadedKey | undefined {
    const key = this.#keys.find((one) => one.id === keyId && one.algorithm === 'EdDSA')
    return key && key.expiresAt > this.#nowMs ? key : undefined
  }

  /** @returns what to wait for, if anything */
  #refresh(): Promise<void> | null {
    const ageMs = this.#ageMs
    if (ageMs >= staleAfterMs) return this.#readIfOld(staleAfterMs)
    // A failure is told to whoever has to wait.
    if (ageMs >= refreshAfterMs) this.#readIfOld(refreshAfterMs).catch(() => {})
    return null
  }

  /**
   * Both halves of the keys for ID tokens, the one that signs now first: oidc-provider signs with the first one, and
   * accepts the others' signatures. Made here when there is none. The same array as long as it holds the same keys.
   */
  async idTokenKeys(): Promise<readonly JWK[]> {
    await this.#refresh()
    if (!this.#keys.some((key) => key.algorithm === 'RS256'))
      await this.#create('RS256', { signsFrom: this.#clock.now(), newest: null })
    const current = await this.#signingKey('RS256', this.#nowMs)
    const inOrder = [current, ...this.#keys.filter((key) => key.algorithm === 'RS256' && key !== current)]
    const { of, jwks } = this.#idTokenKeys
    if (of.length === inOrder.length && of.every((key, i) => key === inOrder[i])) return jwks
    const changed = inOrder.map((key) => ({ ...key.privateJwk, kid: key.id, use: 'sig', alg: key.algorithm }))
    this.#idTokenKeys = { of: inOrder, jwks: changed }
    return changed
  }

  /** The public halves, as RFC 7517 prints them. */
  async publicKeys(): Promise<{ keys: JWK[] }> {
    await this.#refresh()
    return { keys: this.#keys.map((key) => key.publicJwk) }
  }

  /** Makes the next keys when the present ones are near their end, or the first one. @returns the new keys' ids, if any */
  async ensureCurrent(now = this.#clock.now()): Promise<string | null> {
    const created: (string | null)[] = []
    for (const algorithm of ['EdDSA', 'RS256'] as const) {
      const newest = await this.#newestSignsFrom(algorithm)
      if (newest === null) {
        if (algorithm === 'EdDSA') created.push(await this.#create(algorithm, { signsFrom: now, newest }))
        continue
      }
      const followsAt = newest.getTime() + signsForSeconds * 1000
      if (now.getTime() < followsAt - publishedAheadSeconds * 1000) continue
      const signsFrom = new Date(Math.max(followsAt, now.getTime()))
      created.push(await this.#create(algorithm, { signsFrom, newest }))
    }
    return created.filter((id) => id !== null).join(', ') || null
  }

  /**
   * Replaces the signing keys. As a rule the new ones are published now and sign in an hour, and what the old ones have
   * signed stays valid. In an emergency the new ones sign at once and all others are trusted no longer: neither here nor,
   * within five seconds, on any other node. @returns the id of the new key for access tokens
   */
  async rotate(options: { immediately: boolean }): Promise<string> {
    const signsFrom = new Date(this.#nowMs + (options.immediately ? 0 : publishedAheadSeconds * 1000))
    const drawn = [await drawKey(this.#secrets, 'EdDSA', signsFrom)]
    if ((await this.#newestSignsFrom('RS256')) !== null) drawn.push(await drawKey(this.#secrets, 'RS256', signsFrom))
    const ids = drawn.map((key) => key.id)
    const others = { text: 'update signing_keys set expires_at = now() where id <> all ($1) and expires_at > now()' }
    await this.#database.batch([
      lockKeys,
      ...drawn.map((key) => key.insert),
      ...(options.immediately ? [{ ...others, values: [ids] }] : []),
    ])
    await this.#readAnew()
    return ids[0] as string
  }

  async #newestSignsFrom(algorithm: Algorithm): Promise<Date | null> {
    const [row] = await this.#database.platformRead<{ newest: Date | null }>(
      'select max(signs_from) as newest from signing_keys where algorithm = $1',
      [algorithm],
    )
    return row?.newest ?? null
  }

  /** Makes the key that follows the newest one, unless another node has just done so. @returns its id, null if not */
  async #create(algorithm: Algorithm, when: { signsFrom: Date; newest: Date | null }): Promise<string | null> {
    const { id, insert } = await drawKey(this.#secrets, algorithm, when.signsFrom)
    const [, inserted] = await this.#database.batch([
      lockKeys,
      {
        text: `${insert.text} where (select date_trunc('milliseconds', max(signs_from)) from signing_keys where algorithm = $2)
          is not distinct from $7`,
        values: [...insert.values, when.newest],
      },
    ])
    await this.#readAnew()
    return inserted?.affected ? id : null
  }

  /**
   * The key to sign with, which outlives the token. Callers hold a connection of the pool (they sign inside of a
   * transaction), so where there is such a key they don't wait for another connection to look for a newer one: as many of
   * them as the pool has connections would wait for each other.
   */
  async #signingKey(algorithm: Algorithm, tokenExpiresAt: number): Promise<LoadedKey> {
    const known = this.#newestFor(algorithm, tokenExpiresAt)
    if (known) {
      // A failure is the next reader's to tell: verifying waits for the keys.
      this.#refresh()?.catch(() => {})
      return known
    }
    await this.#readIfOld(0)
    const found = this.#newestFor(algorithm, tokenExpiresAt)
    if (!found) throw coreError('unavailable', { message: 'There is no signing key yet: the server is starting.' })
    return found
  }

  /** The newest that may sign already; before the very first one's time (clocks differ between nodes): the oldest. */
  #newestFor(algorithm: Algorithm, tokenExpiresAt: number): LoadedKey | undefined {
    const now = this.#nowMs
    const keys = this.#keys.filter((key) => key.algorithm === algorithm)
    const current = keys.findLast((key) => key.signsFrom <= now) ?? keys[0]
    return current && current.expiresAt > tokenExpiresAt ? current : undefined
  }

  async #verifyKey(id: string | undefined): Promise<CryptoKey> {
    await this.#refresh()
    if (!this.#keys.some((key) => key.id === id)) await this.#readIfOld(rereadForUnknownAfterMs)
    const key = this.#findTrusted(id)
    if (!key) throw new errors.JWKSNoMatchingKey()
    return key.verifyKey
  }

  /** Not what a reading that is under way already will find. */
  async #readAnew(): Promise<void> {
    await this.#reading?.catch(() => {})
    await this.#readIfOld(0)
  }

  async #readIfOld(afterMs: number): Promise<void> {
    if (this.#ageMs < afterMs) return
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null
    })
    await this.#reading
  }

  async #read(): Promise<void> {
    const askedAt = this.#nowMs
    const rows = await this.#database.platformRead<KeyRow>(
      `select id, algorithm, public_jwk, private_ciphertext, signs_from, expires_at
         from signing_keys where expires_at > now() order by signs_from, id`,
    )
    const known = new Map(this.#keys.map((key) => [key.id, key]))
    this.#keys = await Promise.all(rows.map(async (row) => known.get(row.id) ?? loadKey(this.#secrets, row)))
    this.#readAt = askedAt
  }
}
