/** The document's models in its envelope {"data", "status": "success"}. snake_case. */
import type { TSchema } from 'typebox'
import { Type } from 'typebox'
import type { ApiKey } from '#features/api-keys/index.ts'
import type { Client, EmailSettings } from '#features/clients/index.ts'
import { clientDescription, clientName } from '#features/clients/index.ts'
import { nullable, uuid } from '#kernel/schemas.ts'

const success = Type.Literal('success')
export const dataEnvelope = (data: TSchema) => Type.Object({ data, status: success })
export const messageEnvelope = Type.Object({ message: Type.String(), status: success })

export const ClientBody = Type.Object({
  name: clientName,
  description: Type.Optional(nullable(clientDescription)),
})

export const EmailConfig = Type.Object({
  provider: Type.String({ description: 'smtp, mailgun, sendgrid, postmark or ses' }),
  config: Type.Record(Type.String(), Type.Unknown()),
})

/** Fields of `config` depend on the provider; the operation checks each and answers INVALID_EMAIL_CONFIG. */
export const EmailConfigBody = Type.Object({
  provider: Type.String({ maxLength: 32 }),
  config: Type.Record(Type.String(), Type.Unknown(), { maxProperties: 64 }),
})

const moment = Type.String({ format: 'date-time' })
export const ClientModel = Type.Object({
  id: uuid,
  name: Type.String(),
  description: nullable(Type.String()),
  api_key: Type.Optional(Type.String({ description: 'At creation only' })),
  is_active: Type.Boolean(),
  created_at: moment,
  updated_at: moment,
  email_config: nullable(EmailConfig),
})

export const ApiKeyModel = Type.Object({
  id: Type.String(),
  name: Type.String(),
  hint: Type.String({ description: 'Beginning and end of the key, to recognize it' }),
  is_primary: Type.Boolean(),
  scopes: nullable(Type.Array(Type.String())),
  created_at: moment,
  expires_at: nullable(moment),
  api_key: Type.Optional(Type.String({ description: 'At creation only' })),
})

export const ApiKeyBody = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  scopes: Type.Optional(nullable(Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 64 }))),
  expires_at: Type.Optional(nullable(moment)),
})

export const EmailTestModel = Type.Object({
  success: Type.Boolean(),
  provider_message_id: nullable(Type.String()),
  provider_response: nullable(Type.String()),
  duration_ms: Type.Integer(),
  error: nullable(Type.Object({ code: Type.String(), message: Type.String() })),
})

export function toClient(
  client: Client,
  email: EmailSettings | null,
  apiKey?: string,
): Type.Static<typeof ClientModel> {
  return {
    id: client.uid,
    name: client.name,
    description: client.description,
    ...(apiKey === undefined ? {} : { api_key: apiKey }),
    is_active: client.isActive,
    created_at: client.createdAt.toISOString(),
    updated_at: client.updatedAt.toISOString(),
    email_config: email,
  }
}

export function toApiKey(key: ApiKey): Type.Static<typeof ApiKeyModel> {
  return {
    id: key.id,
    name: key.name,
    hint: key.hint,
    is_primary: key.isPrimary,
    scopes: key.scopes,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
  }
}
