/** Shapes that many features share. */
import { Type } from 'typebox'

/** One line for people to read: no control characters, not blank. PostgreSQL cannot store U+0000 in any text. */
export const lineOfText = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: '^(?=.*\\S)[^\\u0000-\\u001F\\u007F]+$' })

/** Several lines for people to read. */
export const textOf = (maxLength: number) => Type.String({ maxLength, pattern: '^[^\\u0000]*$' })

export const uuid = Type.String({ format: 'uuid' })

export const nullable = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])
