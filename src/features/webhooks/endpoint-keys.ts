/** What a sender must know of endpoints: where they are and what signs for them, remembered until it changes. */
import type { KeyObject } from 'node:crypto'
import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Database } from '#platform/db/database.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
import { isContentLost, openOwn } from '#platform/secrets/secret-box.ts'
import type { SigningKeys } from './message.ts'
import { endpointKey, textKey } from './message.ts'
import type { SenderSettings } from './sender-store.ts'
import { findServerKey, keepServerKey, readSenderSettings } from './sender-store.ts'

/** The server's global key, made when it is first needed: signs X-Webhook-Signature for clients without a secret. */
export async function serverKey(database: Database, secrets: SecretBox): Promise<string> {
  const ciphertext =
    (await findServerKey(database)) ?? (await keepServerKey(database, secrets.encrypt(randomBytes(32).toString('hex'))))
  return openOwn(secrets, ciphertext).toString()
}

type Opened = {
  stamp: string
  url: URL
  clientKey: KeyObject | null
  secrets: { key: KeyObject; expiresAtMs: number }[]
}

type Remembered = Opened | { stamp: string; unreadable: true }

export type Target = { url: URL; keys: SigningKeys }

const mostRemembered = 10_000

export class EndpointKeys {
  readonly #database: Database
  readonly #secrets: SecretBox
  readonly #opened = new LRUCache<number, Remembered>({ max: mostRemembered })
  #serverKey: KeyObject | null = null

  constructor(database: Database, secrets: SecretBox) {
    this.#database = database
    this.#secrets = secrets
  }

  /** Reads what is not known of these endpoints as they are now. */
  async prepare(wanted: readonly { endpointPk: number; stamp: string }[]): Promise<void> {
    const unknown = new Set<number>()
    for (const { endpointPk, stamp } of wanted) {
      if (this.#opened.get(endpointPk)?.stamp !== stamp) unknown.add(endpointPk)
    }
    if (unknown.size === 0) return
    this.#serverKey ??= textKey(await serverKey(this.#database, this.#secrets))
    for (const settings of await readSenderSettings(this.#database, [...unknown])) {
      this.#opened.set(settings.endpointPk, this.#tryToOpen(settings))
    }
  }

  /** deleted: there is no such endpoint any more. unreadable: the master key of one of its secrets is gone. */
  targetOf(endpointPk: number, nowMs: number): Target | 'deleted' | 'unreadable' {
    const opened = this.#opened.get(endpointPk)
    if (!opened || this.#serverKey === null) return 'deleted'
    if ('unreadable' in opened) return 'unreadable'
    const secrets = opened.secrets.filter((one) => one.expiresAtMs > nowMs).map((one) => one.key)
    return { url: opened.url, keys: { secrets, clientKey: opened.clientKey ?? this.#serverKey } }
  }

  /** One endpoint's trouble must not be the others'. */
  #tryToOpen(settings: SenderSettings): Remembered {
    try {
      return this.#open(settings)
    } catch (error) {
      if (!isContentLost(error)) throw error
      return { stamp: settings.stamp, unreadable: true }
    }
  }

  /** @throws content_lost when the master key of a secret is gone */
  #open({ stamp, url, clientSecret, secrets }: SenderSettings): Opened {
    return {
      stamp,
      url: new URL(url),
      clientKey: clientSecret === null ? null : textKey(this.#secrets.decrypt(clientSecret).toString()),
      secrets: secrets.map(({ ciphertext, expiresAt }) => ({
        key: endpointKey(this.#secrets.decrypt(ciphertext).toString()),
        expiresAtMs: expiresAt?.getTime() ?? Number.POSITIVE_INFINITY,
      })),
    }
  }
}
