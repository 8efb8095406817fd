/** What every user does with notifications of his own. */
import { Type } from 'typebox'
import { nullable } from '#kernel/schemas.ts'
import type { Actor, UserActor } from '#platform/operations/actor.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { notificationError } from './errors.ts'
import * as store from './inbox-store.ts'

/** Lists and preferences belong to a person at the account, not to a client or a program. @throws notification_user_required */
export function requireUser(actor: Actor): UserActor {
  if (actor.kind !== 'user' || actor.clientUid !== null) throw notificationError('notification_user_required')
  return actor
}

const id = Type.String({ maxLength: 64 })
const cursor = Type.String({ pattern: '^[0-9]{1,18}$' })

export const listNotifications = defineOperation({
  name: 'notification.list',
  summary: "Lists the caller's notifications, newest first, with how many are unread.",
  level: 'self',
  permission: null,
  effect: 'read',
  input: Type.Object({
    unreadOnly: Type.Boolean(),
    before: nullable(cursor),
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
  }),
  run: async ({ tx, tenantId, actor }, input) => {
    const { userId } = requireUser(actor)
    const [found, unreadCount] = await Promise.all([
      store.listInbox(tx, tenantId, userId, { ...input, limit: input.limit + 1 }),
      store.countUnread(tx, tenantId, userId),
    ])
    const notifications = found.slice(0, input.limit)
    return {
      notifications,
      unreadCount,
      next: found.length > input.limit ? (notifications.at(-1)?.position ?? null) : null,
    }
  },
})

export const countUnread = defineOperation({
  name: 'notification.count-unread',
  summary: "Tells how many of the caller's notifications are unread, counted up to 10,000.",
  level: 'self',
  permission: null,
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId, actor }) => ({
    unreadCount: await store.countUnread(tx, tenantId, requireUser(actor).userId),
  }),
})

export const watchNotifications = defineOperation({
  name: 'notification.watch',
  summary: "Streams the caller's notifications as they come (server-sent events).",
  level: 'self',
  permission: null,
  effect: 'read',
  input: Type.Object({
    /** The position of the last one that the caller has seen; null: only what comes from now on. */
    after: nullable(cursor),
  }),
  run: async ({ tx, tenantId, actor }, input) => {
    const { userId } = requireUser(actor)
    const [last, unreadCount] = await Promise.all([
      store.lastPosition(tx, tenantId, userId),
      store.countUnread(tx, tenantId, userId),
    ])
    return { tenantId, userId, after: input.after ?? last, unreadCount }
  },
})

export const readNotification = defineOperation({
  name: 'notification.read',
  summary: "Marks one of the caller's notifications as read.",
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({ id }),
  run: async ({ tx, tenantId, actor, now }, input) => {
    const read = await store.markRead(tx, tenantId, requireUser(actor).userId, { id: input.id, now })
    if (!read) throw notificationError('notification_not_found')
    return { id: input.id, readAt: read.readAt }
  },
  audit: (input) => ({
    category: 'data_modification',
    description: 'Notification marked as read',
    target: { type: 'notification', id: input.id },
  }),
})

export const readAllNotifications = defineOperation({
  name: 'notification.read-all',
  summary: "Marks all of the caller's notifications as read.",
  level: 'self',
  permission: null,
  effect: 'write',
  input: Type.Object({}),
  run: async ({ tx, tenantId, actor, now }) => ({
    marked: await store.markAllRead(tx, tenantId, requireUser(actor).userId, now),
  }),
  audit: (_input, { marked }) => ({ description: 'All notifications marked as read', context: { marked } }),
})
