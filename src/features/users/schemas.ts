import { Type } from 'typebox'
import { lineOfText } from '#kernel/schemas.ts'

export const email = Type.String({ format: 'email', maxLength: 254 })
export const displayName = lineOfText(255)
/** Longer than any policy: the rule gives the better message. */
export const password = Type.String({ maxLength: 4096 })
export const roleNames = Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 16, uniqueItems: true })
/** Of a one-time link. */
export const linkToken = Type.String({ minLength: 1, maxLength: 256 })
export const userStatus = Type.Enum(['active', 'deactivated'])
