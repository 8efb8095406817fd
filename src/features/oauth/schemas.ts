import { Type } from 'typebox'
import { lineOfText, nullable, uuid } from '#kernel/schemas.ts'

const list = Type.Array(Type.String({ maxLength: 2048 }), { maxItems: 100 })
/** JSON in a string, as the document has it. */
const settings = Type.String({ maxLength: 32_768 })

/** Absent: the default at creation, as it was at an update. */
const fields = {
  clientName: Type.Optional(nullable(lineOfText(255))),
  /** Plain, {noop}plain, {bcrypt}hash, or what reading shows ({argon2id}********: as it was). */
  clientSecret: Type.Optional(nullable(Type.String({ maxLength: 512 }))),
  authenticationMethods: Type.Optional(list),
  grantTypes: Type.Optional(list),
  redirectUris: Type.Optional(list),
  postLogoutRedirectUris: Type.Optional(list),
  scopes: Type.Optional(list),
  clientSettings: Type.Optional(settings),
  tokenSettings: Type.Optional(settings),
  /** ISO 8601 with zone; null = never. */
  secretExpiresAt: Type.Optional(nullable(Type.String({ format: 'date-time' }))),
}

const clientId = Type.String({ maxLength: 200 })

export const newClient = Type.Object({ id: Type.Optional(uuid), clientId, ...fields })
export const clientChange = Type.Object({ id: uuid, clientId: Type.Optional(clientId), ...fields })
export const oneById = Type.Object({ id: uuid })
export const oneByClientId = Type.Object({ clientId: Type.String({ maxLength: 200 }) })
export const clientPage = Type.Object({
  page: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  size: Type.Integer({ minimum: 1, maximum: 100 }),
  keyword: Type.Optional(Type.String({ maxLength: 255, pattern: '^[^\\u0000]*$' })),
})

/** What an administrator decides about a registered client. */
export type ClientRegistration = {
  clientId: string
  clientName: string | null
  authenticationMethods: string[]
  grantTypes: string[]
  redirectUris: string[]
  postLogoutRedirectUris: string[]
  scopes: string[]
  /** JSON, as it came. */
  clientSettings: string
  tokenSettings: string
  secretExpiresAt: Date | null
}

/** As it is shown: of the secret only how it is kept. */
export type RegisteredClient = ClientRegistration & {
  id: string
  secretEncoder: string | null
  issuedAt: Date
}
