/** An answer that is a file of the store, as an attachment: never shown as a page of ours, whatever it holds. */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fileError } from '#features/files/index.ts'
import type { FileStore, StoredFile } from '#platform/files/index.ts'
import type { Services } from '#platform/operations/services.ts'
import { isKnown, isSameFile, rangeOf } from './byte-ranges.ts'

export type FileAnswer = {
  id: string
  tenantId: string
  /** Without an ending, which the content decides; with one where the type is given. */
  name: string
  /** Of files that the platform made itself and knows. */
  contentType?: string
}

/** Types that programs open by themselves without running what is in them; anything else is bytes. */
const endings: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'application/json': 'json',
  'application/zip': 'zip',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'image/avif': 'avif',
  'image/bmp': 'bmp',
  'image/gif': 'gif',
  'image/heic': 'heic',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/tiff': 'tif',
  'image/webp': 'webp',
  'text/csv': 'csv',
  'text/plain': 'txt',
}

/**
 * Ranges (206, 416), validators (ETag, If-Range, If-None-Match) and HEAD as RFC 9110 has them: a download that broke off goes
 * on where it stopped.
 * @throws file_gone, range_not_satisfiable
 */
export async function sendFile(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { files }: Services,
  answer: FileAnswer,
): Promise<FastifyReply> {
  const { range: asked, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = request.headers
  const span = asked === undefined ? null : await spanOf(files, answer, { asked, ifRange: header(ifRange), reply })
  const opened = await files.open(answer.tenantId, answer.id, span ?? undefined)
  if (!opened) throw fileError('file_gone')
  const { file, content } = opened
  const etag = etagOf(file)
  const known = endings[file.contentType]
  reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'content-type': answer.contentType ?? (known === undefined ? 'application/octet-stream' : file.contentType),
    'content-disposition': contentDisposition(answer.contentType ? answer.name : `${answer.name}.${known ?? 'bin'}`),
    // Should a browser show it after all: as a document without scripts, forms or an origin.
    'content-security-policy': "default-src 'none'; sandbox",
    'repr-digest': `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`,
  })
  const nothing = () => {
    content.destroy()
    return reply.send(Readable.from([]))
  }
  if (isKnown(ifNoneMatch, etag)) {
    reply.code(304)
    return nothing()
  }
  if (span) reply.code(206).header('content-range', `bytes ${span.first}-${span.last}/${file.size}`)
  reply.header('content-length', String(span ? span.last - span.first + 1 : file.size))
  return request.method === 'HEAD' ? nothing() : reply.send(content)
}

const etagOf = (file: StoredFile) => `"${file.sha256}"`
const header = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value)

type AskedSpan = { asked: string; ifRange: string | undefined; reply: FastifyReply }

async function spanOf(files: FileStore, { tenantId, id }: FileAnswer, { asked, ifRange, reply }: AskedSpan) {
  const file = await files.describe(tenantId, id)
  if (!file) throw fileError('file_gone')
  const span = isSameFile(ifRange, etagOf(file)) ? rangeOf(asked, file.size) : null
  if (span !== 'unsatisfiable') return span
  reply.header('content-range', `bytes */${file.size}`)
  throw fileError('range_not_satisfiable')
}

/** RFC 6266: a name of ASCII for everybody, and the whole one (RFC 8187) for who reads it. */
export function contentDisposition(name: string): string {
  const ascii = name.replace(/[^\w .()-]/g, '_')
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return ascii === name
    ? `attachment; filename="${ascii}"`
    : `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
