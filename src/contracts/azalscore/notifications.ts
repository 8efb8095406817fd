/** Notifications: sending, the user's own list, and the same list as it grows. */

import { Type } from 'typebox'
import type { InboxLine, Sent } from '#features/notifications/index.ts'
import {
  channelList,
  countUnread,
  dedupeKey,
  listNotifications,
  liveNotifications,
  notificationCategory,
  notificationFault,
  notificationLanguage,
  readAllNotifications,
  readNotification,
  sendNotification,
  templateId,
  watchNotifications,
} from '#features/notifications/index.ts'
import { coreError } from '#kernel/errors.ts'
import { nullable, uuid } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { given } from './given.ts'

const moment = Type.String({ format: 'date-time' })

const Notification = Type.Object({
  id: Type.String(),
  title: Type.String(),
  body: Type.String(),
  channel: Type.Literal('in_app'),
  read: Type.Boolean(),
  created_at: moment,
  category: Type.String(),
  action_url: nullable(Type.String()),
})

const presentLine = (line: Omit<InboxLine, 'readAt' | 'position'> & { readAt: Date | null }) => ({
  id: line.id,
  title: line.title,
  body: line.body,
  channel: 'in_app',
  read: line.readAt !== null,
  created_at: line.createdAt.toISOString(),
  category: line.category,
  action_url: line.actionUrl,
})

const who = Type.String({ minLength: 1, maxLength: 254, description: 'An e-mail address, a user id, or role:<name>' })

const Send = Type.Object({
  template_id: templateId,
  recipient: Type.Optional(who),
  recipients: Type.Optional(Type.Array(who, { minItems: 1, maxItems: 1000 })),
  variables: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  channels: Type.Optional(channelList),
  category: Type.Optional(notificationCategory),
  language: Type.Optional(notificationLanguage),
  dedupe_key: Type.Optional(dedupeKey),
  client_uid: Type.Optional(uuid),
})

const SentAnswer = Type.Object({
  notification_id: Type.String({ description: "The first recipient's" }),
  status: Type.Literal('queued'),
  notifications: Type.Array(
    Type.Object({
      id: Type.String(),
      user_id: nullable(Type.String()),
      recipient: nullable(Type.String({ description: 'The address of somebody who is no user' })),
      duplicate: Type.Boolean({ description: 'There was one with this dedupe_key already' }),
      deliveries: Type.Array(
        Type.Object({
          channel: Type.String(),
          status: Type.String(),
          reason: nullable(Type.String()),
          due_at: nullable(moment),
        }),
      ),
    }),
  ),
})

const presentSent = (sent: readonly Sent[]) => ({
  notification_id: sent[0]?.id ?? '',
  status: 'queued' as const,
  notifications: sent.map((one) => ({
    id: one.id,
    user_id: one.userId,
    recipient: one.address,
    duplicate: one.isDuplicate,
    deliveries: one.deliveries.map(({ channel, status, reason, dueAt }) => ({
      channel,
      status,
      reason,
      due_at: dueAt?.toISOString() ?? null,
    })),
  })),
})

function toRecipient(text: string) {
  if (text.includes('@')) return { email: text }
  return text.startsWith('role:') ? { role: text.slice(5) } : { userId: text }
}

/** @throws validation_failed */
function recipientsOf({ recipient, recipients = [] }: Type.Static<typeof Send>) {
  const all = recipient === undefined ? recipients : [recipient, ...recipients]
  if (all.length === 0) {
    const details = [{ path: ['body', 'recipient'], ...notificationFault('notice_recipient_needed'), type: 'missing' }]
    throw coreError('validation_failed', { details })
  }
  return all.map(toRecipient)
}

export function notificationRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/notifications/send',
    operationId: 'sendNotification',
    operation: sendNotification,
    request: { body: Send },
    input: ({ body }) => ({
      recipients: recipientsOf(body),
      template: body.template_id,
      variables: body.variables ?? {},
      ...given({
        channels: body.channels,
        category: body.category,
        language: body.language,
        dedupeKey: body.dedupe_key,
        clientUid: body.client_uid,
      }),
    }),
    present: ({ sent }) => ({ status: 202, body: presentSent(sent) }),
    success: { status: 202, description: 'Written down; it is sent in a moment', schema: SentAnswer },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/notifications',
    operationId: 'listNotifications',
    operation: listNotifications,
    request: {
      query: Type.Object({
        unread_only: Type.Optional(Type.Boolean()),
        cursor: Type.Optional(Type.String({ maxLength: 18, description: 'next_cursor of the page before' })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
      }),
    },
    input: ({ query }) => ({
      unreadOnly: query.unread_only ?? false,
      before: query.cursor ?? null,
      limit: query.limit ?? 50,
    }),
    present: ({ notifications, unreadCount, next }) => ({
      status: 200,
      body: { notifications: notifications.map(presentLine), unread_count: unreadCount, next_cursor: next },
    }),
    success: {
      status: 200,
      description: "The caller's notifications, newest first",
      schema: Type.Object({
        notifications: Type.Array(Notification),
        unread_count: Type.Integer({ description: 'Counted up to 10,000' }),
        next_cursor: nullable(Type.String()),
      }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/notifications/unread-count',
    operationId: 'countUnreadNotifications',
    operation: countUnread,
    input: () => ({}),
    present: ({ unreadCount }) => ({ status: 200, body: { unread_count: unreadCount } }),
    success: {
      status: 200,
      description: 'How many are unread, counted up to 10,000',
      schema: Type.Object({ unread_count: Type.Integer() }),
    },
  })

  routes.add({
    method: 'PATCH',
    url: '/api/v1/notifications/:notification_id/read',
    operationId: 'readNotification',
    operation: readNotification,
    request: { path: Type.Object({ notification_id: Type.String({ maxLength: 64 }) }) },
    input: ({ path }) => ({ id: path.notification_id }),
    present: ({ id, readAt }) => ({ status: 200, body: { id, read: true, read_at: readAt.toISOString() } }),
    success: {
      status: 200,
      description: 'It is read',
      schema: Type.Object({ id: Type.String(), read: Type.Boolean(), read_at: moment }),
    },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/notifications/read-all',
    operationId: 'readAllNotifications',
    operation: readAllNotifications,
    input: () => ({}),
    present: ({ marked }) => ({ status: 200, body: { marked, unread_count: 0 } }),
    success: {
      status: 200,
      description: 'All are read',
      schema: Type.Object({ marked: Type.Integer(), unread_count: Type.Integer() }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/notifications/stream',
    operationId: 'streamNotifications',
    operation: watchNotifications,
    request: {
      header: Type.Object({
        accept: Type.String({ pattern: 'text/event-stream', description: 'text/event-stream' }),
        'last-event-id': Type.Optional(Type.String({ maxLength: 18, description: 'As browsers send it' })),
      }),
    },
    input: ({ header }) => ({ after: header['last-event-id'] ?? null }),
    present: ({ unreadCount, ...watched }) => ({
      status: 200,
      body: null,
      events: (services, tell) => {
        tell({ event: 'unread', data: { unread_count: unreadCount } })
        return liveNotifications(services).watch(watched, (line) =>
          tell({ id: line.position, event: 'notification', data: presentLine({ ...line, readAt: null }) }),
        )
      },
    }),
    success: {
      status: 200,
      description:
        'text/event-stream: "unread" with unread_count first, then "notification" for each one as it comes; goes on after Last-Event-ID',
    },
  })
}
