/** Connections to SMTP servers that stay open between messages: a greeting, TLS and a sign-in for each one cost more than it. */
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import nodemailer from 'nodemailer'
import type { SmtpConnecting } from './smtp-transport.ts'
import { transportOptions } from './smtp-transport.ts'

const mostServers = 100
const idleMs = 60_000
/** What servers commonly allow one sender at once. */
const connectionsPerServer = 8
const messagesPerConnection = 200

const createPool = (sending: SmtpConnecting) =>
  nodemailer.createTransport({
    ...transportOptions(sending),
    pool: true,
    maxConnections: connectionsPerServer,
    maxMessages: messagesPerConnection,
    // A message whose connection broke may have been taken: whether it is sent once more is for its owner to decide.
    maxRequeues: 0,
  })

export class SmtpPool {
  readonly #transports = new LRUCache<string, ReturnType<typeof createPool>>({
    max: mostServers,
    ttl: idleMs,
    updateAgeOnGet: true,
    ttlAutopurge: true,
    dispose: (transport) => transport.close(),
  })

  /** The pool of this configuration: another password is another pool. */
  transportOf(sending: SmtpConnecting): ReturnType<typeof createPool> {
    const { config, tlsCa, timeoutMs } = sending
    const key = createHash('sha256')
      .update(JSON.stringify([config, tlsCa, timeoutMs]))
      .digest('base64')
    const known = this.#transports.get(key)
    if (known) return known
    const made = createPool(sending)
    // Connections that servers end while they idle; a message's own failure reaches who sent it.
    made.on('error', () => {})
    this.#transports.set(key, made)
    return made
  }

  close(): void {
    this.#transports.clear()
  }
}
