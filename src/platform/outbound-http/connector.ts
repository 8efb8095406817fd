import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import { buildConnector } from 'undici'
import { untilAborted } from './abort.ts'
import type { Guard } from './guarded-connect.ts'
import { connectGuarded } from './guarded-connect.ts'
import { exchangeFailure, OutboundError, timeoutFailure, tlsFailure } from './outbound-error.ts'

// A connection attempt may be shared by the requests that wait for it, so it has a limit of its own.
const connectTimeoutMs = 15_000

/** How long a connection took to open: looking its name up; then TCP, and TLS where there is. Milliseconds. */
export type ConnectTiming = { dnsMs: number; connectMs: number }

export type ConnectorOptions = {
  /** Certificate authorities (PEM) to trust instead of the built-in ones. */
  tlsCa?: string | undefined
  /** Ends connection attempts. */
  closing: AbortSignal
  onConnected?: (timing: ConnectTiming) => void
}

/** undici's connector on top of a checked socket: TLS keeps the name for SNI and for the certificate check. */
export function createConnector(
  guard: Guard,
  { tlsCa, closing, onConnected }: ConnectorOptions,
): buildConnector.connector {
  const startTls = buildConnector({ timeout: 0, ...(tlsCa === undefined ? {} : { ca: tlsCa }) })
  return (options, callback) => {
    const secure = options.protocol === 'https:'
    const hostname = bareHostname(options.hostname)
    const target = { hostname, port: options.port ? Number(options.port) : secure ? 443 : 80 }
    const signal = AbortSignal.any([AbortSignal.timeout(connectTimeoutMs), closing])
    const startedAt = performance.now()
    let resolvedAt = startedAt
    const upgrade = async (socket: Socket): Promise<Socket> => {
      try {
        const secured = new Promise<Socket>((resolve, reject) => {
          startTls({ ...options, httpSocket: socket }, (error, tls) => (error ? reject(error) : resolve(tls)))
        })
        return await untilAborted(secured, signal)
      } catch (error) {
        socket.destroy()
        if (error instanceof OutboundError) throw error
        throw signal.aborted ? timeoutFailure(hostname, error) : tlsFailure(hostname, error)
      }
    }
    const onResolved = () => {
      resolvedAt = performance.now()
    }
    connectGuarded(guard, target, signal, onResolved)
      .then((socket) => (secure ? upgrade(socket) : socket))
      .then(
        (socket) => {
          onConnected?.({ dnsMs: resolvedAt - startedAt, connectMs: performance.now() - resolvedAt })
          callback(null, socket)
        },
        (error: unknown) => callback(exchangeFailure(hostname, error), null),
      )
  }
}

export function bareHostname(host: string): string {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  return isIP(bare) ? bare : bare.trim().toLowerCase()
}
