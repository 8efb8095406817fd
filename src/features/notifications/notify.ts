/** Tells somebody something, in the transaction of what it is about: both happen, or neither. */

import { emailKey } from '#features/users/index.ts'
import { newId, newUuid } from '#kernel/ids.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { Attachment } from './attachment.ts'
import { builtInTemplates } from './built-in-templates.ts'
import { notificationError } from './errors.ts'
import { notificationFault } from './faults.ts'
import type { DeliveryRow, KnownUser, NotificationRow } from './notify-store.ts'
import * as store from './notify-store.ts'
import type { Planned } from './planning.ts'
import { planDeliveries } from './planning.ts'
import { findSettings } from './preference-store.ts'
import type { Rendered } from './rendering.ts'
import { renderTemplate } from './rendering.ts'
import type { Channel, Language, Recipient, Sent, Template } from './schemas.ts'
import { findActiveTemplate } from './template-store.ts'

export type NotifyInput = {
  tenantId: string
  recipients: readonly Recipient[]
  template: string
  variables: Record<string, unknown>
  /** Instead of the template's. */
  category?: string
  channels?: readonly Channel[]
  /** One recipient gets one notification of a key, however often it is asked for. */
  dedupeKey?: string
  /** Of those who have not chosen one. */
  language?: Language
  /** The client whose mail provider sends it, where it has one; else the platform's. */
  clientUid?: string
  /** Goes along with the e-mail itself; not with a digest, whose reader follows the link. */
  attachment?: Attachment
  /** What quiet hours, retention and the day's limit count from. */
  now: Date
}

type Person = {
  recipient: string
  user: KnownUser | null
  address: string
  addressKey: string
  suppressed: string | null
}

const dayMs = 86_400_000

/** The tenant's template of this name, or the platform's. @throws notification_template_unknown */
export async function requireTemplate(tx: Tx, tenantId: string, id: string): Promise<Template> {
  const own = await findActiveTemplate(tx, tenantId, id)
  if (own) return own
  const content = Object.hasOwn(builtInTemplates, id) ? builtInTemplates[id] : undefined
  if (!content) throw notificationError('notification_template_unknown')
  return { id, version: 0, content, updatedAt: null }
}

/**
 * Writes down what is said to each recipient and queues its deliveries. Nothing is sent before the transaction is committed.
 * @throws notification_template_unknown, notification_variables_invalid, notification_template_invalid,
 * notification_recipient_unknown, notification_client_unknown, notification_limit_reached
 */
export async function notify(tx: Tx, input: NotifyInput): Promise<Sent[]> {
  const { tenantId } = input
  const { now } = input
  const [template, settings, isClient] = await Promise.all([
    requireTemplate(tx, tenantId, input.template),
    findSettings(tx, tenantId),
    input.clientUid === undefined ? true : store.clientExists(tx, tenantId, input.clientUid),
  ])
  if (!isClient) throw notificationError('notification_client_unknown')
  const category = input.category ?? template.content.category
  const channels = input.channels ?? template.content.channels
  const people = await findPeople(tx, input, { category, settings })
  const listens = !channels.includes('webhook') || (await store.hasWebhooks(tx, tenantId))

  const texts = new Map<Language, Rendered>()
  const textIn = (language: Language): Rendered => {
    const known = texts.get(language)
    if (known) return known
    const made = renderTemplate(template.content, language, {
      variables: input.variables,
      tenantName: settings.tenantName,
    })
    texts.set(language, made)
    return made
  }
  const fallback = input.language ?? settings.language
  // Somebody may want nothing of it: the template's faults are told all the same.
  textIn(fallback)
  const planned = people.map((person) => ({
    person,
    id: newId('notif'),
    text: textIn(person.user?.preferences.language ?? fallback),
    plans: planDeliveries({
      category,
      channels,
      now,
      preferences: person.user?.preferences ?? null,
      suppressed: person.suppressed,
    }).map((plan) => (plan.channel === 'webhook' && !listens ? withoutEndpoint(plan) : plan)),
  }))
  const digests = await store.openDigests(tx, tenantId, planned.flatMap(digestOf))
  const events = new Map<string, string>()
  const deliveries = planned.flatMap((one) =>
    one.plans.map((plan) => {
      if (plan.channel === 'webhook' && plan.status === 'sent') events.set(one.id, newUuid())
      return deliveryRow(one, plan, { digests, eventId: events.get(one.id) ?? null })
    }),
  )
  const { inserted, usedToday } = await store.insertNotifications(
    tx,
    tenantId,
    {
      category,
      templateId: template.id,
      templateVersion: template.version,
      dedupeKey: input.dedupeKey ?? null,
      clientUid: input.clientUid ?? null,
      attachment: input.attachment ?? null,
      expiresAt: new Date(now.getTime() + settings.retentionDays * dayMs),
    },
    { notifications: planned.map(notificationRow), deliveries },
  )
  if (usedToday > settings.dailyLimit) {
    throw notificationError('notification_limit_reached', { retryAfterSeconds: secondsUntilMidnight(now) })
  }
  await store.insertEvents(
    tx,
    tenantId,
    planned
      .filter(({ id }) => inserted.has(id) && events.has(id))
      .map(({ id, person, text }) => ({
        type: 'notification.sent',
        clientId: input.clientUid ?? null,
        data: {
          notification_id: id,
          category,
          template_id: template.id,
          user_id: person.user?.id ?? null,
          title: text.title,
          body: text.body,
        },
      })),
  )
  const missing = planned.filter(({ id }) => !inserted.has(id))
  const known =
    missing.length > 0 && input.dedupeKey !== undefined
      ? await store.findDuplicates(
          tx,
          tenantId,
          missing.map(({ person }) => person.recipient),
          input.dedupeKey,
        )
      : new Map<string, string>()
  return planned.map(({ id, person, plans }) => {
    const isDuplicate = !inserted.has(id)
    return {
      id: isDuplicate ? (known.get(person.recipient) ?? id) : id,
      userId: person.user?.id ?? null,
      address: person.user ? null : person.address,
      isDuplicate,
      deliveries: isDuplicate ? [] : plans.map(({ inDigest: _, ...plan }) => plan),
    }
  })
}

type PlannedFor = { person: Person; id: string; text: Rendered; plans: Planned[] }

function withoutEndpoint(plan: Planned): Planned {
  return { ...plan, status: 'suppressed', reason: plan.reason ?? 'no_endpoint' }
}

function digestOf({ person, plans }: PlannedFor) {
  const plan = plans.find((one) => one.inDigest)
  if (!plan?.dueAt || !person.user) return []
  const { id, address, addressKey, preferences } = person.user
  return [{ user_id: id, address, address_key: addressKey, language: preferences.language, due_at: plan.dueAt }]
}

function notificationRow({ person, id, text, plans }: PlannedFor): NotificationRow {
  return {
    id,
    recipient: person.recipient,
    user_id: person.user?.id ?? null,
    language: text.language,
    title: text.title,
    body: text.body,
    html: text.html,
    action_url: text.actionUrl,
    action_label: text.actionLabel,
    shown: plans.some((plan) => plan.channel === 'in_app' && plan.status === 'sent'),
  }
}

function deliveryRow(
  { person, id, text }: PlannedFor,
  plan: Planned,
  extra: { digests: Map<string, string>; eventId: string | null },
): DeliveryRow {
  const isMail = plan.channel === 'email'
  return {
    notification_id: id,
    channel: plan.channel,
    status: plan.status,
    reason: plan.reason,
    user_id: person.user?.id ?? null,
    address: isMail ? person.address : null,
    address_key: isMail ? person.addressKey : null,
    language: text.language,
    digest_id: plan.inDigest ? (extra.digests.get(person.user?.id ?? '') ?? null) : null,
    // What goes along with a digest has no time of its own.
    due_at: plan.inDigest ? null : plan.dueAt,
    provider_message_id: plan.channel === 'webhook' ? extra.eventId : null,
  }
}

/** @throws notification_recipient_unknown */
async function findPeople(
  tx: Tx,
  input: NotifyInput,
  { category, settings }: { category: string; settings: Awaited<ReturnType<typeof findSettings>> },
): Promise<Person[]> {
  const ids = input.recipients.flatMap((one) => ('userId' in one ? [one.userId] : []))
  const roles = input.recipients.flatMap((one) => ('role' in one ? [one.role] : []))
  const addresses = new Map(
    input.recipients.flatMap((one) => ('email' in one ? [[emailKey(one.email), one.email.trim()] as const] : [])),
  )
  const wanted = { ids, roles, keys: [...addresses.keys()], category }
  const users = await store.findRecipients(tx, input.tenantId, wanted, settings)
  const found = new Set(users.map((user) => user.id))
  const unknown = ids.filter((id) => !found.has(id))
  if (unknown.length > 0) {
    throw notificationError('notification_recipient_unknown', {
      details: unknown.map((id) => ({
        path: ['body', 'recipients'],
        ...notificationFault('notice_user_unknown', { user: id }),
      })),
    })
  }
  for (const user of users) addresses.delete(user.addressKey)
  const suppressed = await store.findSuppressed(tx, input.tenantId, [...addresses.keys()], category)
  const people = [
    ...users.map((user) => ({ recipient: `user:${user.id}`, user, ...user })),
    ...[...addresses].map(([addressKey, address]) => ({
      recipient: `mail:${addressKey}`,
      user: null,
      address,
      addressKey,
      suppressed: suppressed.get(addressKey) ?? null,
    })),
  ]
  if (people.length === 0) {
    throw notificationError('notification_recipient_unknown', {
      details: [
        { path: ['body', 'recipients'], ...notificationFault('notice_role_empty', { roles: roles.join(', ') }) },
      ],
    })
  }
  return people
}

function secondsUntilMidnight(now: Date): number {
  return Math.ceil((dayMs - (now.getTime() % dayMs)) / 1000)
}
