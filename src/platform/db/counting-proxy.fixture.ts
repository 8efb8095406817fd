/** A TCP proxy in front of PostgreSQL that counts round trips (Sync and Query messages) and can cut its connections. */
import type { Socket } from 'node:net'
import net from 'node:net'

export type CountingProxy = {
  /** The same database through the proxy. */
  connectionString: string
  roundTrips: number
  /** Ends every connection without a word of PostgreSQL's, as a failing network does. */
  cut(): void
  close(): Promise<void>
}

/** The connection string of node-postgres, with `host` (a folder: Unix socket) and `port` in the query or as an authority. */
function targetOf(connectionString: string): net.NetConnectOpts {
  const url = new URL(connectionString)
  const host = url.searchParams.get('host') ?? url.hostname
  const port = Number(url.searchParams.get('port') ?? (url.port || 5432))
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }
}

export async function startCountingProxy(connectionString: string): Promise<CountingProxy> {
  const sockets = new Set<Socket>()
  const proxy: CountingProxy = {
    connectionString: '',
    roundTrips: 0,
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    close: async () => {
      proxy.cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  const server = net.createServer((incoming) => {
    const outgoing = net.connect(targetOf(connectionString))
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket)
      // A socket that was cut says so; the ends see it as the loss of their connection.
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        incoming.destroy()
        outgoing.destroy()
      })
    }
    const count = countSyncs(() => proxy.roundTrips++)
    incoming.on('data', count)
    incoming.pipe(outgoing)
    outgoing.pipe(incoming)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(connectionString)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as net.AddressInfo).port)
  url.search = ''
  proxy.connectionString = url.toString()
  return proxy
}

/** Reads the frontend's messages (manual, 55.7): the first has no type, all others a type, a length and a body. */
function countSyncs(onRoundTrip: () => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0)
  let started = false
  return (chunk) => {
    pending = Buffer.concat([pending, chunk])
    for (;;) {
      const header = started ? 1 : 0
      if (pending.length < header + 4) return
      const length = header + pending.readInt32BE(header)
      if (pending.length < length) return
      const type = started ? String.fromCharCode(pending[0] ?? 0) : ''
      if (type === 'S' || type === 'Q') onRoundTrip()
      started = true
      pending = pending.subarray(length)
    }
  }
}
