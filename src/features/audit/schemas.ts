import type { Static } from 'typebox'
import { Type } from 'typebox'

export const category = Type.Union([
  Type.Literal('authentication'),
  Type.Literal('authorization'),
  Type.Literal('data_access'),
  Type.Literal('data_modification'),
  Type.Literal('configuration'),
  Type.Literal('security'),
  Type.Literal('compliance'),
])
export const severity = Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')])
export const categories = category.anyOf.map((one) => one.const)
export type Category = Static<typeof category>

const shortText = Type.String({ minLength: 1, maxLength: 255 })
const moment = Type.String({ maxLength: 40 })

/** A span of time: from included, before not (ISO 8601). */
export const span = { from: Type.Optional(moment), before: Type.Optional(moment) }

/** What events must have, all of it. */
export const filters = Type.Object({
  category: Type.Optional(category),
  action: Type.Optional(shortText),
  severity: Type.Optional(severity),
  /** The acting user. */
  userId: Type.Optional(shortText),
  /** The client that acted or was acted on. */
  clientUid: Type.Optional(shortText),
  targetType: Type.Optional(shortText),
  targetId: Type.Optional(shortText),
  requestId: Type.Optional(shortText),
  ...span,
})
export type Filters = Static<typeof filters>

export type AuditEvent = {
  id: string
  /** ISO 8601, UTC, microseconds: as the event's hash has it. */
  timestamp: string
  category: string
  action: string
  description: string
  actor: Record<string, unknown>
  target: { type: string | null; id: string | null } | null
  context: Record<string, unknown>
  severity: string
  requestId: string | null
  /** Place in its chain, hash and link; null until it is sealed, about a second after it was written. */
  sealed: { sequence: number; eventHash: string; linkHash: string } | null
}
