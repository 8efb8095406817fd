import { Type } from 'typebox'
import { lineOfText, uuid } from '#kernel/schemas.ts'

/** pdp: the client's e-invoicing platform (plateforme de dématérialisation); chorus: Chorus Pro of the French State. */
export const credentialKind = Type.Union([Type.Literal('pdp'), Type.Literal('chorus')])
export type CredentialKind = Type.Static<typeof credentialKind>

export const encryptionMode = Type.Union([Type.Literal('fernet'), Type.Literal('double')])

/** The client's own key as it came; whether it is base64 of 32 bytes is a rule (rules.ts). Never stored, logged or shown. */
export const clientKey = Type.String()

export const credentialOf = Type.Object({ clientUid: uuid, kind: credentialKind })

export const credentialFields = Type.Object({
  flowServiceUrl: Type.String({ minLength: 1, maxLength: 2048 }),
  tokenUrl: Type.String({ minLength: 1, maxLength: 2048 }),
  oauthClientId: lineOfText(512),
  clientSecret: Type.String({ minLength: 1, maxLength: 4096 }),
  isActive: Type.Boolean(),
  modeSandbox: Type.Boolean(),
  encryptionMode,
})

/** Without the secret; times in UTC. */
export type Credential = {
  id: number
  isActive: boolean
  modeSandbox: boolean
  flowServiceUrl: string
  tokenUrl: string
  oauthClientId: string
  encryptionMode: 'fernet' | 'double'
  lastTestAt: Date | null
  lastTestSuccess: boolean | null
  lastTestError: string | null
  createdAt: Date
  updatedAt: Date
}
