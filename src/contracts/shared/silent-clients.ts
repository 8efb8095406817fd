/**
 * Clients that connect and fall silent: before a request, in the middle of it, or in the middle of its answer. Whoever says nothing
 * for so long loses the connection; who is kept waiting by us does not. What Node does by itself beside that: headers that do not
 * come to an end, bodies that come too slowly, idle connections, and TCP's own question whether anybody is there.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'

/** A line that sends a megabit a second. */
const slowestBytesPerMs = 125
const requestMs = 60_000
/** Nothing is sent on an idle connection, so nothing else would tell that the client's machine is gone. */
const askAfterMs = 30_000
const mostBetweenChecksMs = 5_000

/** How long a request of this size may take to come. */
const timeFor = (bytes: number): number => requestMs + Math.ceil(bytes / slowestBytesPerMs)

export const usualClientSilenceMs = 60_000

type Patience = Pick<FastifyServerOptions, 'connectionTimeout' | 'requestTimeout' | 'keepAliveTimeout'> & {
  http: object
}

export function patienceWithClients(silenceMs: number, bodyLimitBytes: number): Patience {
  return {
    connectionTimeout: silenceMs,
    requestTimeout: timeFor(bodyLimitBytes),
    // Longer than load balancers keep theirs, as a rule: a request must not meet a connection that is being closed.
    keepAliveTimeout: silenceMs + Math.min(silenceMs, 5_000),
    http: {
      headersTimeout: silenceMs,
      connectionsCheckingInterval: Math.min(mostBetweenChecksMs, Math.ceil(silenceMs / 4)),
      keepAlive: true,
      keepAliveInitialDelay: askAfterMs,
    },
  }
}

/** The one under way, or the last one, of each connection. */
const exchanges = new WeakMap<Socket, ServerResponse<IncomingMessage>>()
/** Connections with a request that may take longer than others to come. */
const unhurried = new WeakSet<Socket>()

export function endSilentConnections(
  app: FastifyInstance,
  silenceMs: number,
  /** Says that it took too long, and ends the connection. */
  refuse: (socket: Socket) => void,
): void {
  app.addHook('onRequest', (request, reply, done) => {
    exchanges.set(request.raw.socket, reply.raw)
    done()
  })
  // Node asks us instead of ending the connection.
  app.server.on('timeout', (socket: Socket) => {
    const exchange = exchanges.get(socket)
    switch (exchange === undefined ? 'nothing said' : stateOf(exchange, socket)) {
      case 'working':
        socket.setTimeout(silenceMs)
        break
      case 'nothing said':
      case 'half said':
        refuse(socket)
        break
      default:
        socket.destroy()
    }
  })
}

type State = 'working' | 'nothing said' | 'half said' | 'half answered' | 'idle'

function stateOf(response: ServerResponse<IncomingMessage>, socket: Socket): State {
  const { req: request } = response
  if (response.writableFinished) return 'idle'
  if (socket.writableLength > 0) return 'half answered'
  // What has come and was not read yet is ours to read.
  if (request.complete || request.readableLength > 0) return 'working'
  return response.headersSent ? 'half answered' : 'half said'
}

/** A body of this size may come as slowly as lines are; at the end of that time the connection ends. @returns ends that */
export function giveTime(request: IncomingMessage, bytes: number): () => void {
  const { socket } = request
  unhurried.add(socket)
  const end = () => {
    if (!request.complete) socket.destroy()
  }
  const timer = setTimeout(end, timeFor(bytes)).unref()
  return () => {
    clearTimeout(timer)
    unhurried.delete(socket)
  }
}

/** Whether Node's limit for requests is not this one's. */
export function isUnhurried(error: { code?: string }, socket: Socket): boolean {
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && unhurried.has(socket)
}
