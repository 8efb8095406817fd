import { Type } from 'typebox'
import { lineOfText, nullable, textOf, uuid } from '#kernel/schemas.ts'

export const clientName = lineOfText(255)
export const clientDescription = textOf(2000)
/** 14 digits; the check digit is a rule (rules.ts). */
export const siret = Type.String({ pattern: '^[0-9]{14}$' })

export const clientUid = Type.Object({ clientUid: uuid })

export const newClient = Type.Object({
  name: clientName,
  description: Type.Optional(nullable(clientDescription)),
  siret: Type.Optional(nullable(siret)),
})
export type NewClient = Type.Static<typeof newClient>

/** Absent = unchanged; null clears. */
export const clientChanges = Type.Object({
  name: Type.Optional(clientName),
  description: Type.Optional(nullable(clientDescription)),
  siret: Type.Optional(nullable(siret)),
})
export type ClientChanges = Type.Static<typeof clientChanges>

export type Client = {
  uid: string
  name: string
  description: string | null
  siret: string | null
  isActive: boolean
  createdAt: Date
  updatedAt: Date
}

/** A client with what it has entrusted to us, as lists and details show it. */
export type ClientOverview = Client & {
  hasPdpConfig: boolean
  pdpIsActive: boolean | null
  /** The PDP works in its sandbox. */
  pdpIsSandbox: boolean | null
  hasChorusConfig: boolean
}

/** Settings without secrets. */
export type EmailSettings = { provider: string; config: Record<string, unknown> }
