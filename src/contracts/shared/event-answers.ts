/** An answer that goes on: server-sent events (WHATWG HTML, 9.2), for as long as the credential holds and somebody listens. */
import { PassThrough } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DomainError } from '#kernel/errors.ts'
import { StaleActorError } from '#platform/operations/database-errors.ts'
import type { Services } from '#platform/operations/services.ts'

export type ServerSentEvent = { id?: string; event: string; data: unknown }

/** Begins to tell what happens; what it returns ends that. */
export type EventAnswer = (services: Services, tell: (event: ServerSentEvent) => void) => () => void

export type EventStreamOptions = {
  services: Services
  answer: EventAnswer
  /** Throws when the caller's credential has ended. */
  confirm: () => Promise<void>
}

/** Proxies end connections on which nothing moves, often after a minute. */
const heartbeatMs = 15_000
/** A browser that takes nothing any more must not fill our memory: it connects again and says what it has seen. */
const mostWaitingBytes = 1024 * 1024

const streams = new WeakMap<FastifyInstance, Set<PassThrough>>()

/** A server that closes ends its streams; browsers connect again, to another one. */
export function endStreamsWith(app: FastifyInstance): void {
  const open = new Set<PassThrough>()
  streams.set(app, open)
  app.addHook('preClose', async () => {
    for (const stream of open) stream.end()
  })
}

export function sendEvents(
  app: FastifyInstance,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { services, answer, confirm }: EventStreamOptions,
): FastifyReply {
  reply.headers({ 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
  if (request.method === 'HEAD') return reply.send('')
  const stream = new PassThrough()
  const open = streams.get(app)
  open?.add(stream)
  const write = (text: string): void => {
    if (stream.writableEnded || stream.destroyed) return
    if (stream.writableLength > mostWaitingBytes) stream.destroy()
    else stream.write(text)
  }
  write('retry: 3000\n\n')
  const end = answer(services, (event) => write(printEvent(event)))
  const heartbeat = setInterval(() => {
    write(': \n\n')
    confirm().catch((error: unknown) => {
      // A database that does not answer for a moment says nothing about the credential.
      if (error instanceof DomainError ? error.kind !== 'unavailable' : error instanceof StaleActorError) stream.end()
    })
  }, heartbeatMs)
  stream.once('close', () => {
    clearInterval(heartbeat)
    open?.delete(stream)
    end()
  })
  return reply.send(stream)
}

/** JSON has no line breaks of its own, so every event is one line of data. */
export function printEvent({ id, event, data }: ServerSentEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
