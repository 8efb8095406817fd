/** What every answer of the document has around it: {"data", "meta": {"timestamp", "request_id"}}. */
import type { TSchema } from 'typebox'
import { Type } from 'typebox'

export type Meta = { timestamp: string; request_id: string }

/** UTC without a zone, with six digits behind the second, as the document's `meta` has it. */
export function metaOf(requestId: string, now = new Date()): Meta {
  return { timestamp: `${now.toISOString().slice(0, -1)}000`, request_id: requestId }
}

/** A moment as the document's objects have it: UTC with six digits behind the second. */
export function moment(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000Z`
}

/** The end of a token, as the document has it: whole seconds of UTC, without a zone. */
export function secondsWithoutZone(date: Date): string {
  return date.toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)
}

export function wrap(body: unknown, requestId: string): unknown {
  return { data: body, meta: metaOf(requestId) }
}

/** For the API documents: a schema of `data` in its envelope. */
export const enveloped = (data: TSchema) =>
  Type.Object({ data, meta: Type.Object({ timestamp: Type.String(), request_id: Type.String({ format: 'uuid' }) }) })

export const messageOnly = enveloped(Type.Object({ message: Type.String() }))
