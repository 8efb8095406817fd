/** A TCP proxy that makes the network behave badly: slow, or silent without closing anything. */
import { once } from 'node:events'
import type { AddressInfo, NetConnectOpts, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

export type TcpProxy = {
  port: number
  /** What comes from the target is held back for so long. */
  delayMs: number
  connections(): number
  /** Forwards nothing any more, in no direction, and takes connections without a word: half-open sockets. */
  fallSilent(): void
  /** New connections work again; those that fell silent stay so. */
  recover(): void
  close(): Promise<void>
}

export async function startTcpProxy(target: NetConnectOpts): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let forwarding = { on: true }
  const server = createServer((incoming) => {
    const state = forwarding
    const outgoing = connect(target)
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        // A silent network does not tell one end that the other has gone.
        if (state.on) for (const one of [incoming, outgoing]) one.destroy()
      })
    }
    incoming.on('data', (bytes) => {
      if (state.on) outgoing.write(bytes)
    })
    outgoing.on('data', (bytes) => {
      setTimeout(() => {
        if (state.on) incoming.write(bytes)
      }, proxy.delayMs)
    })
  })
  const proxy: TcpProxy = {
    port: 0,
    delayMs: 0,
    connections: () => sockets.size / 2,
    fallSilent: () => {
      forwarding.on = false
    },
    recover: () => {
      forwarding = { on: true }
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy.port = (server.address() as AddressInfo).port
  return proxy
}

/** Of a connection string of node-postgres: a folder of a Unix socket in its query, or an authority. */
export function targetOf(connectionString: string): NetConnectOpts {
  const url = new URL(connectionString)
  const host = url.searchParams.get('host') ?? url.hostname
  const port = Number(url.searchParams.get('port') ?? (url.port || 5432))
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }
}

/** The same database through the proxy. */
export function urlThrough(proxy: TcpProxy, connectionString: string): string {
  const url = new URL(connectionString)
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  url.search = ''
  return url.toString()
}
