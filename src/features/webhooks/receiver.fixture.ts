/** A webhook receiver on loopback that checks both signatures of what it gets, as real receivers do. */
import { createHmac } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'

export type Received = {
  path: string
  headers: Record<string, string>
  raw: string
  body: { id: string; type: string; event_type: string; sequence: number; data: Record<string, unknown> } & Record<
    string,
    unknown
  >
  at: number
}

export type Receiver = {
  /** Without a slash at the end. */
  url: string
  received: Received[]
  /** What it does with a request; 200 by default. */
  answer: (response: ServerResponse, request: IncomingMessage, received: Received) => void
  /** Resolves when so many requests have come. @throws after so long without */
  waitFor(count: number, timeoutMs?: number): Promise<Received[]>
  close(): Promise<void>
}

export async function startReceiver(t?: TestContext): Promise<Receiver> {
  const sockets = new Set<Socket>()
  let wake: () => void = () => {}
  const receiver: Receiver = {
    url: '',
    received: [],
    answer: (response) => response.end('ok'),
    waitFor: async (count, timeoutMs = 30_000) => {
      const deadline = Date.now() + timeoutMs
      while (receiver.received.length < count) {
        if (Date.now() > deadline) throw new Error(`${receiver.received.length} of ${count} webhooks came`)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 200)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      return receiver.received
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  const server = createServer((request, response) => void receive(request, response))
  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {})
    const raw = Buffer.concat(await request.toArray().catch(() => [])).toString()
    const one: Received = {
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      raw,
      body: JSON.parse(raw),
      at: Date.now(),
    }
    receiver.received.push(one)
    receiver.answer(response, request, one)
    wake()
  }
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t?.after(() => receiver.close())
  return receiver
}

/** FactPulse's way: HMAC-SHA256 of the raw body, the secret taken as text. */
export function verifiesAsFactPulse({ headers, raw }: Received, secret: string): boolean {
  return headers['x-webhook-signature'] === `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`
}
