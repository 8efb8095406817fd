/**
 * The key that signs audit checkpoints and exports: Ed25519, a key of its own, kept for as long as the database. Its private
 * half stands under the master keys, outside of the database: who owns the database alone cannot sign, nor put in a key of
 * his own, since a public half counts only where it belongs to a private half that the master keys open.
 */
import type { KeyObject } from 'node:crypto'
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto'
import type { Database } from '../db/database.ts'
import type { SecretBox } from '../secrets/secret-box.ts'
import { isContentLost } from '../secrets/secret-box.ts'

export type AuditKey = {
  /** The first 32 hexadecimal digits of SHA-256 of the public key (SubjectPublicKeyInfo, DER). */
  id: string
  /** SubjectPublicKeyInfo, DER, base64. */
  publicKey: string
  createdAt: Date
}

type LoadedKey = AuditKey & { publicObject: KeyObject; privateObject: KeyObject }
type KeyRow = { id: string; public_key: string; private_ciphertext: string; created_at: Date }

const rereadAfterMs = 60_000

export class AuditKeys {
  readonly #database: Database
  readonly #secrets: SecretBox
  #keys: LoadedKey[] = []
  #readAt = 0

  constructor(options: { database: Database; secrets: SecretBox }) {
    this.#database = options.database
    this.#secrets = options.secrets
  }

  /** All keys whose private half opens, oldest first. */
  async all(): Promise<AuditKey[]> {
    return this.#read()
  }

  /**
   * Signs with the newest key; the first call of all makes it. Looks at the database only now and then, so that callers may
   * hold a connection.
   */
  async signer(): Promise<{ keyId: string; sign: (payload: string) => Buffer }> {
    const key = (await this.#read()).at(-1) ?? (await this.#create())
    return { keyId: key.id, sign: (payload) => sign(null, Buffer.from(payload), key.privateObject) }
  }

  /** Whether one of our keys made the signature. */
  async verifier(): Promise<(keyId: string, payload: string, signature: Buffer) => boolean> {
    const keys = new Map((await this.#read()).map((key) => [key.id, key]))
    return (keyId, payload, signature) => {
      const key = keys.get(keyId)
      return key !== undefined && verify(null, Buffer.from(payload), key.publicObject, signature)
    }
  }

  /** A new key signs from now on; the old ones go on verifying. @returns its id */
  async rotate(): Promise<string> {
    return (await this.#create({ evenIfThereIsOne: true })).id
  }

  async #create(options: { evenIfThereIsOne?: boolean } = {}): Promise<LoadedKey> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const der = publicKey.export({ format: 'der', type: 'spki' })
    const id = hash('sha256', der, 'hex').slice(0, 32)
    const secret = this.#secrets.encrypt(privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'))
    const unless = options.evenIfThereIsOne ? '' : 'where not exists (select from audit_keys)'
    await this.#database.batch([
      { text: `select pg_advisory_xact_lock(hashtextextended('audit_keys', 0))`, values: [] },
      {
        text: `insert into audit_keys (id, public_key, private_ciphertext) select $1, $2, $3 ${unless}`,
        values: [id, der.toString('base64'), secret],
      },
    ])
    const newest = (await this.#read({ anew: true })).at(-1)
    if (!newest) throw new Error('there is an audit key, and the master keys open none')
    return newest
  }

  async #read(options: { anew?: boolean } = {}): Promise<LoadedKey[]> {
    if (!options.anew && this.#keys.length > 0 && Math.abs(Date.now() - this.#readAt) < rereadAfterMs) return this.#keys
    const rows = await this.#database.platformRead<KeyRow>(
      'select id, public_key, private_ciphertext, created_at from audit_keys order by created_at, id',
    )
    this.#keys = rows.map((row) => this.#load(row)).filter((key) => key !== null)
    this.#readAt = Date.now()
    return this.#keys
  }

  /** null for a row that was not made with our master keys: a forger's. */
  #load(row: KeyRow): LoadedKey | null {
    const known = this.#keys.find((key) => key.id === row.id && key.publicKey === row.public_key)
    if (known) return known
    try {
      const der = Buffer.from(this.#secrets.decrypt(row.private_ciphertext).toString(), 'base64')
      const privateObject = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
      const publicObject = createPublicKey(privateObject)
      const publicDer = publicObject.export({ format: 'der', type: 'spki' })
      const publicKey = publicDer.toString('base64')
      const id = hash('sha256', publicDer, 'hex').slice(0, 32)
      return { id, publicKey, createdAt: row.created_at, publicObject, privateObject }
    } catch (error) {
      if (isContentLost(error)) return null
      throw error
    }
  }
}
