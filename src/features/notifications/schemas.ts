/** The shapes of notifications, templates, preferences and deliveries. */
import { Type } from 'typebox'
import { lineOfText, textOf, uuid } from '#kernel/schemas.ts'

export const channels = ['email', 'in_app', 'webhook'] as const
export type Channel = (typeof channels)[number]
export const channel = Type.Enum(channels)
export const channelList = Type.Array(channel, { minItems: 1, maxItems: 3, uniqueItems: true })

export const languages = ['fr', 'en'] as const
export type Language = (typeof languages)[number]
export const language = Type.Enum(languages)

export const category = Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' })
/** Sent at any hour, on e-mail and in the list at least, and nobody can unsubscribe from it. */
export const securityCategory = 'security'

export const templateId = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,63}$' })
export const variables = Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: 100 })
export const dedupeKey = Type.String({ minLength: 1, maxLength: 200, pattern: '^[\\x21-\\x7e]+$' })

const source = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]*$' })
export const templateText = Type.Object(
  {
    /** One line: the subject of the e-mail, the headline of the list. */
    title: source(500),
    /** Plain text: the e-mail for who reads no HTML, and the text of the list. */
    body: source(10_000),
    /** The e-mail's own, inside the frame; without it the body's paragraphs. */
    html: Type.Optional(source(50_000)),
    action: Type.Optional(Type.Object({ label: source(200), url: source(1_000) }, { additionalProperties: false })),
  },
  { additionalProperties: false },
)
export type TemplateText = Type.Static<typeof templateText>

export const templateVariable = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' }),
    required: Type.Optional(Type.Boolean()),
    description: Type.Optional(textOf(200)),
    example: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
)

export const templateContent = Type.Object(
  {
    name: lineOfText(100),
    category,
    channels: channelList,
    variables: Type.Array(templateVariable, { maxItems: 50 }),
    texts: Type.Object(
      { fr: Type.Optional(templateText), en: Type.Optional(templateText) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
)
export type TemplateContent = Type.Static<typeof templateContent>

export type Template = {
  id: string
  /** 0: the platform's own. */
  version: number
  content: TemplateContent
  updatedAt: Date | null
}

/** Whom to tell. A role: every active user who has it. An address of a user is the user. */
export const recipient = Type.Union([
  Type.Object({ userId: Type.String({ maxLength: 64 }) }, { additionalProperties: false }),
  Type.Object({ email: Type.String({ format: 'email', maxLength: 254 }) }, { additionalProperties: false }),
  Type.Object({ role: Type.String({ maxLength: 64 }) }, { additionalProperties: false }),
])
export type Recipient = Type.Static<typeof recipient>

export const sendInput = Type.Object({
  recipients: Type.Array(recipient, { minItems: 1, maxItems: 1000 }),
  template: templateId,
  variables,
  /** Instead of the template's. */
  channels: Type.Optional(channelList),
  category: Type.Optional(category),
  dedupeKey: Type.Optional(dedupeKey),
  language: Type.Optional(language),
  /** The client whose mail provider sends it, if it has one. */
  clientUid: Type.Optional(uuid),
})

export const deliveryStatuses = [
  'queued',
  'digest',
  'collecting',
  'sending',
  'retrying',
  'sent',
  'failed',
  'suppressed',
  'bounced',
  'complained',
] as const
export type DeliveryStatus = (typeof deliveryStatuses)[number]

/** What became of a notification on one channel, at the moment it was made. */
export type PlannedDelivery = { channel: Channel; status: DeliveryStatus; reason: string | null; dueAt: Date | null }

export type Sent = {
  id: string
  /** The user, or else the address. */
  userId: string | null
  address: string | null
  /** There was one with this key already, and this is it. */
  isDuplicate: boolean
  deliveries: PlannedDelivery[]
}

export type Preferences = {
  enabledChannels: Channel[]
  categories: Record<string, boolean>
  quietHours: { startMinute: number; endMinute: number } | null
  timeZone: string
  language: Language
  digest: 'off' | 'daily' | 'weekly'
  digestHour: number
  digestWeekday: number
}

export type Settings = { dailyLimit: number; retentionDays: number; language: Language; timeZone: string }
export const defaultSettings: Settings = {
  dailyLimit: 20_000,
  retentionDays: 90,
  language: 'fr',
  timeZone: 'Europe/Paris',
}

export function defaultPreferences(settings: Settings): Preferences {
  return {
    enabledChannels: [...channels],
    categories: {},
    quietHours: null,
    timeZone: settings.timeZone,
    language: settings.language,
    digest: 'off',
    digestHour: 8,
    digestWeekday: 1,
  }
}
