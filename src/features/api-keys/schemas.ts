import { Type } from 'typebox'
import { lineOfText, nullable, uuid } from '#kernel/schemas.ts'

export const keysOfClient = Type.Object({ clientUid: uuid })
export const keyOfClient = Type.Object({ clientUid: uuid, id: Type.String({ maxLength: 64 }) })
export const newNamedKey = Type.Object({
  clientUid: uuid,
  name: lineOfText(100),
  /** Permissions; absent or null = everything a client may do. */
  scopes: Type.Optional(
    nullable(Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 64, uniqueItems: true })),
  ),
  /** ISO 8601 with zone; absent or null = never. */
  expiresAt: Type.Optional(nullable(Type.String({ format: 'date-time' }))),
})

/** As lists show it; the key itself is shown once, at creation. */
export type ApiKey = {
  id: string
  name: string
  hint: string
  isPrimary: boolean
  scopes: string[] | null
  createdAt: Date
  expiresAt: Date | null
}

export type IssuedApiKey = ApiKey & { key: string }
