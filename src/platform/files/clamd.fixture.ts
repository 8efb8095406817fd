/** A server on loopback that speaks clamd's INSTREAM as clamd(8) describes it, and knows one signature: the EICAR test file. */
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'

/** Every scanner reports it, and it harms nobody (eicar.org). In two parts, so that scanners leave this file alone. */
export const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-', 'ANTIVIRUS-TEST-FILE!$H+H*'].join('')

export type TestScanner = {
  address: { host: string; port: number }
  /** What was sent to be scanned, one entry a content. */
  scanned: Buffer[]
  stop(): Promise<void>
}

type Behaviour = {
  /** clamd's StreamMaxLength: more is answered with an error and the end of the connection. */
  mostBytes?: number
  /** Instead of a verdict; null: nothing at all. */
  answer?: string | null
  /** Closes the connection after so many bytes of content. */
  closesAfterBytes?: number
}

/** The contents of the chunks that have wholly come, whether the last one has, and what is left. */
function chunksIn(received: Buffer): { chunks: Buffer[]; ended: boolean; rest: Buffer } {
  const chunks: Buffer[] = []
  let rest = received
  while (rest.length >= 4) {
    const size = rest.readUInt32BE(0)
    if (size === 0) return { chunks, ended: true, rest }
    if (rest.length < 4 + size) break
    chunks.push(rest.subarray(4, 4 + size))
    rest = rest.subarray(4 + size)
  }
  return { chunks, ended: false, rest }
}

const command = 'zINSTREAM\0'

async function serve(socket: Socket, behaviour: Behaviour, scanned: Buffer[]): Promise<void> {
  const { mostBytes = Number.POSITIVE_INFINITY, closesAfterBytes = Number.POSITIVE_INFINITY } = behaviour
  let received = Buffer.alloc(0)
  let content = Buffer.alloc(0)
  let hasCommand = false
  for await (const bytes of socket) {
    received = Buffer.concat([received, bytes as Buffer])
    if (!hasCommand && received.length < command.length) continue
    if (!hasCommand) {
      if (received.subarray(0, command.length).toString('latin1') !== command) break
      received = received.subarray(command.length)
      hasCommand = true
    }
    const { chunks, ended, rest } = chunksIn(received)
    received = Buffer.from(rest)
    content = Buffer.concat([content, ...chunks])
    if (content.length > closesAfterBytes) break
    if (content.length > mostBytes) {
      socket.end('INSTREAM size limit exceeded. ERROR\0')
      return
    }
    if (!ended) continue
    scanned.push(content)
    const verdict = content.includes(eicar) ? 'stream: Eicar-Test-Signature FOUND' : 'stream: OK'
    if (behaviour.answer !== null) socket.end(`${behaviour.answer ?? verdict}\0`)
  }
  socket.destroy()
}

export async function startTestScanner(behaviour: Behaviour = {}): Promise<TestScanner> {
  const scanned: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // Who scans may go away at any moment.
    serve(socket, behaviour, scanned).catch(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    scanned,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
