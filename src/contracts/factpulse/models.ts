/** The document's models, and what the domain looks like in them. camelCase, no envelope. */
import { Type } from 'typebox'
import type { ClientOverview } from '#features/clients/index.ts'
import { clientDescription, clientName, siret } from '#features/clients/index.ts'
import type { Credential } from '#features/credentials/index.ts'
import { clientKey, credentialFields } from '#features/credentials/index.ts'
import { nullable, uuid } from '#kernel/schemas.ts'

export const uidPath = Type.Object({ uid: uuid })
export const encryptionKeyHeader = Type.Object({ 'x-encryption-key': Type.Optional(clientKey) })
const moment = Type.String({ format: 'date-time' })

export const ClientCreateRequest = Type.Object(
  {
    name: clientName,
    description: Type.Optional(nullable(clientDescription)),
    siret: Type.Optional(nullable(siret)),
  },
  { title: 'ClientCreateRequest' },
)

/** null clears description and siret; a client always has a name, so null leaves it as it is. */
export const ClientUpdateRequest = Type.Object(
  {
    name: Type.Optional(nullable(clientName)),
    description: Type.Optional(nullable(clientDescription)),
    siret: Type.Optional(nullable(siret)),
  },
  { title: 'ClientUpdateRequest' },
)

const clientFields = {
  uid: uuid,
  name: Type.String(),
  siret: nullable(Type.String()),
  description: nullable(Type.String()),
  isActive: Type.Boolean(),
  hasConfigPdp: Type.Boolean(),
  pdpIsActive: nullable(Type.Boolean()),
  pdpIsMock: nullable(Type.Boolean()),
  hasConfigChorus: Type.Boolean(),
  createdAt: moment,
  updatedAt: moment,
}
export const ClientDetail = Type.Object(clientFields, { title: 'ClientDetail' })
export const ClientSummary = Type.Object(clientFields, { title: 'ClientSummary' })

export const ClientListResponse = Type.Object(
  {
    results: Type.Array(ClientSummary),
    total: Type.Integer(),
    page: Type.Integer(),
    pageSize: Type.Integer(),
  },
  { title: 'ClientListResponse' },
)

export const ClientActivateResponse = Type.Object(
  { uid: uuid, isActive: Type.Boolean(), message: Type.String() },
  { title: 'ClientActivateResponse' },
)

export const PDPConfigUpdateRequest = Type.Object(
  {
    flowServiceUrl: credentialFields.properties.flowServiceUrl,
    tokenUrl: credentialFields.properties.tokenUrl,
    oauthClientId: credentialFields.properties.oauthClientId,
    clientSecret: credentialFields.properties.clientSecret,
    isActive: Type.Optional(Type.Boolean({ default: true })),
    modeSandbox: Type.Optional(Type.Boolean({ default: false })),
    encryptionMode: Type.Optional(credentialFields.properties.encryptionMode),
  },
  { title: 'PDPConfigUpdateRequest' },
)

export const SecretStatus = Type.Object(
  {
    status: Type.String(),
    message: Type.String(),
    encryptionMode: Type.Optional(nullable(Type.String())),
    requiresClientKey: Type.Optional(nullable(Type.Boolean())),
  },
  { title: 'SecretStatus' },
)

export const PDPConfigResponse = Type.Object(
  {
    isConfigured: Type.Boolean(),
    id: Type.Optional(nullable(Type.Integer())),
    isActive: Type.Optional(nullable(Type.Boolean())),
    modeSandbox: Type.Optional(nullable(Type.Boolean())),
    flowServiceUrl: Type.Optional(nullable(Type.String())),
    tokenUrl: Type.Optional(nullable(Type.String())),
    oauthClientId: Type.Optional(nullable(Type.String())),
    encryptionMode: Type.Optional(nullable(Type.String())),
    secretStatus: Type.Optional(nullable(SecretStatus)),
    lastTestAt: Type.Optional(nullable(moment)),
    lastTestSuccess: Type.Optional(nullable(Type.Boolean())),
    lastTestError: Type.Optional(nullable(Type.String())),
    createdAt: Type.Optional(nullable(moment)),
    updatedAt: Type.Optional(nullable(moment)),
    message: Type.Optional(nullable(Type.String())),
  },
  { title: 'PDPConfigResponse' },
)

export const KeyRotationRequest = Type.Object({ oldKey: clientKey, newKey: clientKey }, { title: 'KeyRotationRequest' })
export const KeyRotationResponse = Type.Object(
  {
    success: Type.Boolean(),
    message: Type.String(),
    rotatedCount: Type.Integer(),
    partialErrors: Type.Optional(nullable(Type.Array(Type.String()))),
  },
  { title: 'KeyRotationResponse' },
)

export const WebhookSecretGenerateResponse = Type.Object(
  {
    success: Type.Boolean(),
    webhookSecret: Type.String(),
    message: Type.String(),
    createdAt: moment,
  },
  { title: 'WebhookSecretGenerateResponse' },
)
export const WebhookSecretStatusResponse = Type.Object(
  {
    hasSecret: Type.Boolean(),
    createdAt: Type.Optional(nullable(moment)),
  },
  { title: 'WebhookSecretStatusResponse' },
)
export const WebhookSecretDeleteResponse = Type.Object(
  { success: Type.Boolean(), message: Type.String() },
  { title: 'WebhookSecretDeleteResponse' },
)

export const TokenRequest = Type.Object(
  {
    username: Type.String({ maxLength: 254 }),
    password: Type.String({ maxLength: 1024 }),
    client_uid: Type.Optional(nullable(uuid)),
    tenant_id: Type.Optional(nullable(Type.String({ maxLength: 64 }))),
    mfa_code: Type.Optional(nullable(Type.String({ maxLength: 64 }))),
  },
  { title: 'TokenRequest' },
)
export const TokenResponse = Type.Object({ access: Type.String(), refresh: Type.String() }, { title: 'TokenResponse' })

export function toClientDetail(client: ClientOverview): Type.Static<typeof ClientDetail> {
  return {
    uid: client.uid,
    name: client.name,
    siret: client.siret,
    description: client.description,
    isActive: client.isActive,
    hasConfigPdp: client.hasPdpConfig,
    pdpIsActive: client.pdpIsActive,
    pdpIsMock: client.pdpIsSandbox,
    hasConfigChorus: client.hasChorusConfig,
    createdAt: client.createdAt.toISOString(),
    updatedAt: client.updatedAt.toISOString(),
  }
}

export function toConfigResponse(
  credential: Credential | null,
  names: { what: string; message?: string },
): Type.Static<typeof PDPConfigResponse> {
  if (!credential) {
    return { isConfigured: false, message: names.message ?? `No ${names.what} configuration for this client.` }
  }
  const isDouble = credential.encryptionMode === 'double'
  return {
    isConfigured: true,
    id: credential.id,
    isActive: credential.isActive,
    modeSandbox: credential.modeSandbox,
    flowServiceUrl: credential.flowServiceUrl,
    tokenUrl: credential.tokenUrl,
    oauthClientId: credential.oauthClientId,
    encryptionMode: credential.encryptionMode,
    secretStatus: {
      status: 'active',
      message: isDouble
        ? 'A secret is stored, encrypted with your key and ours: using it needs the header X-Encryption-Key.'
        : 'A secret is stored, encrypted.',
      encryptionMode: credential.encryptionMode,
      requiresClientKey: isDouble,
    },
    lastTestAt: credential.lastTestAt?.toISOString() ?? null,
    lastTestSuccess: credential.lastTestSuccess,
    lastTestError: credential.lastTestError,
    createdAt: credential.createdAt.toISOString(),
    updatedAt: credential.updatedAt.toISOString(),
    message: names.message ?? null,
  }
}
