/** The document's shapes: lists in strings separated by commas, JSON in strings, one envelope. */
import type { TSchema } from 'typebox'
import { Type } from 'typebox'
import type { RegisteredClient } from '#features/oauth/index.ts'
import { coreError } from '#kernel/errors.ts'
import { nullable } from '#kernel/schemas.ts'
import { valueFault } from '#kernel/value-faults.ts'
import type { WireAnswer } from '../shared/contract.ts'

const text = (maxLength: number) => Type.Optional(nullable(Type.String({ maxLength, pattern: '^[^\\u0000]*$' })))

const fields = {
  clientName: text(255),
  clientSecret: text(512),
  clientAuthenticationMethods: text(1000),
  authorizationGrantTypes: text(1000),
  redirectUris: text(20_000),
  postLogoutRedirectUris: text(20_000),
  scopes: text(5000),
  clientSettings: text(32_768),
  tokenSettings: text(32_768),
  clientSecretExpiresAt: Type.Optional(
    nullable(Type.Union([Type.String({ maxLength: 40 }), Type.Integer({ minimum: 0, maximum: 253_402_300_799_000 })])),
  ),
}

const uuidText = Type.String({ format: 'uuid' })

export const CreateClientRequest = Type.Object({
  id: Type.Optional(nullable(Type.Union([uuidText, Type.Literal('')]))),
  clientId: Type.String({ minLength: 1, maxLength: 100 }),
  ...fields,
})
export const UpdateClientRequest = Type.Object({
  id: uuidText,
  clientId: Type.Optional(nullable(Type.String({ minLength: 1, maxLength: 100 }))),
  ...fields,
})
export const idPath = Type.Object({ id: uuidText })
export const clientIdPath = Type.Object({ clientId: Type.String({ minLength: 1, maxLength: 100 }) })

export const ClientModel = Type.Object({
  id: uuidText,
  clientId: Type.String(),
  clientName: nullable(Type.String()),
  clientSecret: nullable(Type.String({ description: 'Never the secret: {encoder}********' })),
  clientAuthenticationMethods: Type.String(),
  authorizationGrantTypes: Type.String(),
  redirectUris: Type.String(),
  postLogoutRedirectUris: Type.String(),
  scopes: Type.String(),
  clientSettings: Type.String({ description: 'JSON' }),
  tokenSettings: Type.String({ description: 'JSON' }),
  clientIdIssuedAt: Type.String({ format: 'date-time' }),
  clientSecretExpiresAt: nullable(Type.String({ format: 'date-time' })),
})

export const envelope = (data: TSchema) =>
  Type.Object({ code: Type.Integer(), data, msg: Type.String(), identifier: Type.Boolean() })

export const rowsChanged = envelope(Type.Literal(1))

export function success(data: unknown): WireAnswer {
  return { status: 200, body: { code: 200, data, msg: '', identifier: true } }
}

export function toClient(client: RegisteredClient) {
  return {
    id: client.id,
    clientId: client.clientId,
    clientName: client.clientName,
    clientSecret: client.secretEncoder === null ? null : `{${client.secretEncoder}}********`,
    clientAuthenticationMethods: client.authenticationMethods.join(','),
    authorizationGrantTypes: client.grantTypes.join(','),
    redirectUris: client.redirectUris.join(','),
    postLogoutRedirectUris: client.postLogoutRedirectUris.join(','),
    scopes: client.scopes.join(','),
    clientSettings: client.clientSettings,
    tokenSettings: client.tokenSettings,
    clientIdIssuedAt: client.issuedAt.toISOString(),
    clientSecretExpiresAt: client.secretExpiresAt?.toISOString() ?? null,
  }
}

type FieldsOfWire = {
  clientName?: string | null
  clientSecret?: string | null
  clientAuthenticationMethods?: string | null
  authorizationGrantTypes?: string | null
  redirectUris?: string | null
  postLogoutRedirectUris?: string | null
  scopes?: string | null
  clientSettings?: string | null
  tokenSettings?: string | null
  clientSecretExpiresAt?: string | number | null
}

/** What the operations take; a field that is absent or null stays absent, but for name and expiry, which null empties. */
export function toFields(wire: FieldsOfWire) {
  const lists = {
    authenticationMethods: list(wire.clientAuthenticationMethods),
    grantTypes: list(wire.authorizationGrantTypes),
    redirectUris: list(wire.redirectUris),
    postLogoutRedirectUris: list(wire.postLogoutRedirectUris),
    scopes: list(wire.scopes),
    clientSettings: settings(wire.clientSettings),
    tokenSettings: settings(wire.tokenSettings),
  }
  return {
    ...withoutUndefined(lists),
    ...(wire.clientName === undefined ? {} : { clientName: wire.clientName?.trim() || null }),
    ...(wire.clientSecret === undefined ? {} : { clientSecret: wire.clientSecret }),
    ...(wire.clientSecretExpiresAt === undefined ? {} : { secretExpiresAt: moment(wire.clientSecretExpiresAt) }),
  }
}

function withoutUndefined<T extends object>(values: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

function list(value: string | null | undefined): string[] | undefined {
  if (value === undefined || value === null) return undefined
  return value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

function settings(value: string | null | undefined): string | undefined {
  return value === undefined || value === null || value.trim() === '' ? undefined : value
}

/** ISO 8601, without a zone it is UTC; or milliseconds since 1970, as Java's serializers write it. @throws validation_failed */
function moment(value: string | number | null): string | null {
  if (value === null || value === '') return null
  if (typeof value === 'number') return new Date(value).toISOString()
  const found = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(value.trim())
  const date = found ? new Date(`${found[1]}T${found[2] ?? '00:00:00'}${found[3] ?? 'Z'}`) : null
  if (date === null || Number.isNaN(date.getTime())) {
    const detail = { path: ['body', 'clientSecretExpiresAt'], ...valueFault('value_moment') }
    throw coreError('validation_failed', { details: [detail] })
  }
  return date.toISOString()
}
