/** An answer that is a file of the store, as an attachment: never shown as a page of ours, whatever it holds. */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { fileError } from '#features/files/index.ts'
import type { Services } from '#platform/operations/services.ts'

export type FileAnswer = {
  id: string
  tenantId: string
  /** Without an ending, which the content decides. */
  name: string
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

/** @throws file_gone */
export async function sendFile(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { files }: Services,
  answer: FileAnswer,
): Promise<FastifyReply> {
  const opened = await files.open(answer.tenantId, answer.id)
  if (!opened) throw fileError('file_gone')
  const { file, content } = opened
  const ending = endings[file.contentType]
  reply.headers({
    'content-type': ending === undefined ? 'application/octet-stream' : file.contentType,
    'content-length': String(file.size),
    'content-disposition': contentDisposition(`${answer.name}.${ending ?? 'bin'}`),
    // Should a browser show it after all: as a document without scripts, forms or an origin.
    'content-security-policy': "default-src 'none'; sandbox",
    'repr-digest': `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`,
  })
  if (request.method !== 'HEAD') return reply.send(content)
  content.destroy()
  return reply.send(Readable.from([]))
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
