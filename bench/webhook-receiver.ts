/** Receives webhooks as a process of its own: counts them by path, and tells how long after their event they came. */
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'

export type Arrivals = {
  /** Different webhook-ids. */
  different: number
  all: number
  firstMs: number
  lastMs: number
  /** From the event's transaction to the arrival, in milliseconds. */
  delays: number[]
}

let ids = new Set<string>()
let all = 0
let firstMs = 0
let lastMs = 0
let delays: number[] = []

const receiver = createHttpServer((request, response) => {
  if (request.url === '/arrivals') {
    response.end(JSON.stringify({ different: ids.size, all, firstMs, lastMs, delays } satisfies Arrivals))
    return
  }
  if (request.url === '/reset') {
    ids = new Set()
    all = 0
    firstMs = 0
    delays = []
    response.end()
    return
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    lastMs = Date.now()
    firstMs ||= lastMs
    all++
    ids.add(`${request.url} ${String(request.headers['webhook-id'])}`)
    if (request.url?.startsWith('/timed')) {
      const { timestamp } = JSON.parse(Buffer.concat(chunks).toString()) as { timestamp: string }
      delays.push(lastMs - Date.parse(timestamp))
    }
    response.end('ok')
  })
})
receiver.keepAliveTimeout = 60_000
/** Takes connections and never answers. */
const silent = createTcpServer((socket) => {
  socket.on('error', () => {})
  socket.resume()
})
/** Nobody listens there any more. */
const closed = createTcpServer()

function listen(server: {
  listen(port: number, host: string, done: () => void): unknown
  address(): unknown
}): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

const ports = { receiver: await listen(receiver), silent: await listen(silent), closed: await listen(closed) }
closed.close()
process.stdout.write(`${JSON.stringify(ports)}\n`)
