/**
 * Routes that take a file: multipart/form-data (RFC 7578) with one file part and a few fields, in any order. The file goes
 * into the store as it comes; whether it is wanted is judged when everything has been read. One that is refused, or that
 * nothing has come to own by the end of the request, is removed.
 */

import type { IncomingMessage } from 'node:http'
import type { Multipart, MultipartFile } from '@fastify/multipart'
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import type { UploadedFile } from '#features/files/index.ts'
import type { DomainError } from '#kernel/errors.ts'
import { coreError } from '#kernel/errors.ts'
import { defineFaults } from '#kernel/faults.ts'
import type { FileStore, StoredFile } from '#platform/files/index.ts'
import { InfectedFileError } from '#platform/files/index.ts'
import type { Services } from '#platform/operations/services.ts'
import { giveTime } from './silent-clients.ts'

export type UploadDefinition = {
  /** Name of the part that holds the file. */
  part: string
  description: string
  /** Instead of the platform's limit of a file. */
  maxBytes?: (services: Services) => number
}

export type Upload = {
  tenantId: string
  /** The fields beside the file; judged by the route's schema of the body. */
  fields: Record<string, unknown>
  file: UploadedFile
  stored: StoredFile | null
}

declare module 'fastify' {
  interface FastifyRequest {
    upload: Upload | null
  }
}

/** What boundaries, part headers and fields may add to the file. */
const formOverheadBytes = 64 * 1024
const mostFields = 20
const mostFieldBytes = 8 * 1024

/** How much of a refused body is read on, so that its sender gets to read the answer, and for how long. */
const lingerMs = 10_000

/** Adds the route in a scope of its own: only there is multipart/form-data a body. */
export function addUploadRoute(
  app: FastifyInstance,
  services: Services,
  { upload: definition, ...route }: RouteOptions & { upload: UploadDefinition },
): void {
  const maxBytes = mostBytesOf(services, definition)
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    await scope.register(multipart)
    const { onRequest, handler } = route
    scope.route({
      ...route,
      // Behind the credential, before the body.
      onRequest: [...[onRequest ?? []].flat(), async (request) => refuseByHeaders(request, maxBytes)],
      handler: async function (request, reply) {
        let isAnswered = false
        const hurry = giveTime(request.raw, maxBytes + formOverheadBytes)
        try {
          const answer: unknown = await handler.call(this, request, reply)
          isAnswered = true
          return answer
        } finally {
          hurry()
          lingerOn(request.raw, maxBytes + formOverheadBytes)
          // With a key the answer may be that of an earlier request, whose file is the one that is owned.
          const mayBeUnowned = !isAnswered || request.headers['idempotency-key'] !== undefined
          const { upload } = request
          if (upload?.stored && mayBeUnowned) await services.files.discard(upload.tenantId, upload.stored.id)
        }
      },
    })
  })
}

function mostBytesOf(services: Services, { maxBytes }: UploadDefinition): number {
  return maxBytes?.(services) ?? services.files.maxBytes
}

function refuseByHeaders(request: FastifyRequest, maxBytes: number): void {
  if (!/^multipart\/form-data\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
    lingerOn(request.raw, maxBytes + formOverheadBytes)
    throw coreError('unsupported_media_type', { message: 'Send the body as multipart/form-data.' })
  }
  if (Number(request.headers['content-length']) > maxBytes + formOverheadBytes) {
    lingerOn(request.raw, maxBytes + formOverheadBytes)
    throw tooLarge(maxBytes)
  }
}

function tooLarge(maxBytes: number): DomainError {
  return coreError('body_too_large', { message: `The file is larger than ${maxBytes} bytes.` })
}

/**
 * A body that nobody reads any more: read on for a while, because a connection that is closed with unread bytes takes the
 * answer with it (RFC 9112, 9.6); then the connection ends.
 */
function lingerOn(request: IncomingMessage, mostBytes: number): void {
  if (request.readableEnded || request.destroyed) return
  request.unpipe()
  let left = mostBytes
  const end = () => request.socket.destroy()
  const timer = setTimeout(end, lingerMs).unref()
  request.on('data', (bytes: Buffer) => {
    left -= bytes.length
    if (left < 0) end()
  })
  request.once('end', () => clearTimeout(timer))
  request.once('close', () => clearTimeout(timer))
  request.resume()
}

/**
 * Reads the form and stores its file.
 * @throws bad_request for what is no form, validation_failed without the file, body_too_large, unavailable
 */
export async function receiveUpload(
  request: FastifyRequest,
  services: Services,
  definition: UploadDefinition,
): Promise<Upload> {
  const { actor } = request
  if (!actor || actor.kind === 'anonymous') throw coreError('unauthenticated')
  const { tenantId } = actor
  const { files } = services
  const { part: wanted } = definition
  const place = { tenantId, maxBytes: mostBytesOf(services, definition) }
  const fields: Record<string, unknown> = {}
  let received: Pick<Upload, 'file' | 'stored'> | null = null
  const parts = request.parts({ limits })
  try {
    for (;;) {
      const { value: part, done } = await readable(parts.next())
      if (done) break
      if (part.type === 'field') addField(fields, part)
      else if (part.fieldname === wanted) received = await store(files, place, part)
      else throw unknownFile(part.fieldname, wanted)
    }
    if (!received) throw missingFile(wanted)
    return { tenantId, fields, ...received }
  } catch (error) {
    if (received?.stored) await files.discard(tenantId, received.stored.id)
    throw error
  }
}

async function store(
  files: FileStore,
  { tenantId, maxBytes }: { tenantId: string; maxBytes: number },
  part: MultipartFile,
): Promise<Pick<Upload, 'file' | 'stored'>> {
  try {
    const stored = await files.write(tenantId, bytesOf(part), { maxBytes })
    return { file: { id: stored.id }, stored }
  } catch (error) {
    if (!(error instanceof InfectedFileError)) throw error
    return { file: { infectedWith: error.signature }, stored: null }
  }
}

const limits = {
  files: 1,
  fields: mostFields,
  parts: mostFields + 1,
  fieldSize: mostFieldBytes,
  fieldNameSize: 100,
  // The store has its own limit and says so in its own words.
  fileSize: Number.MAX_SAFE_INTEGER,
  headerPairs: 20,
}

type Field = Extract<Multipart, { type: 'field' }>

function addField(fields: Record<string, unknown>, { fieldname, value, valueTruncated }: Field): void {
  if (typeof fieldname !== 'string') throw coreError('bad_request', { message: 'A part of the form has no name.' })
  if (Object.hasOwn(fields, fieldname))
    throw coreError('bad_request', { message: 'A field of the form is there twice.' })
  if (valueTruncated) throw coreError('bad_request', { message: `A field has more than ${mostFieldBytes} bytes.` })
  fields[fieldname] = value
}

async function* bytesOf(part: MultipartFile): AsyncGenerator<Buffer> {
  const bytes = part.file[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  try {
    for (;;) {
      const { value, done } = await readable(bytes.next())
      if (done) return
      yield value
    }
  } finally {
    // Refused in the middle: the rest is not read any more.
    part.file.destroy()
  }
}

/** What the parser makes of a body that is no form, or ends too early, is the sender's fault. */
async function readable<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (cause) {
    const { code } = cause as { code?: unknown }
    const message =
      typeof code === 'string' && code.endsWith('_LIMIT')
        ? `The form has too many parts: send one file and at most ${mostFields} fields.`
        : 'The body cannot be read as multipart/form-data, or ended too early.'
    throw coreError('bad_request', { message, cause })
  }
}

export const uploadFault = defineFaults({
  upload_needed: 'Field required',
  upload_elsewhere: 'The file belongs into "{part}"',
})

function missingFile(wanted: string): DomainError {
  const details = [{ path: ['body', wanted], ...uploadFault('upload_needed'), type: 'missing' }]
  return coreError('validation_failed', { message: `Send the file as the part "${wanted}" of the form.`, details })
}

function unknownFile(name: unknown, wanted: string): DomainError {
  const details = [{ path: ['body', String(name).slice(0, 64)], ...uploadFault('upload_elsewhere', { part: wanted }) }]
  return coreError('validation_failed', { message: `Send the file as the part "${wanted}" of the form.`, details })
}

/** By what an idempotent request is recognized. */
export function textOf({ fields, file, stored }: Upload): string {
  return JSON.stringify([fields, stored ? [stored.sha256, stored.size] : file])
}
