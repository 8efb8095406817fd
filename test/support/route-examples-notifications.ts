/** AZALSCORE: notifications. */
import type { TestApp } from './app.ts'
import type { Example, ExampleOf } from './route-example.ts'

const nothing = (): Example => ({})

/** The document's own example, but for the recipient, who is a user of every tenant's tests. */
export const invoiceCreated = (recipient: string) => ({
  template_id: 'invoice_created',
  recipient,
  variables: { invoice_number: 'INV-2024-001', amount: '1500.00' },
  channels: ['email', 'in_app'],
})

export const preferences = () => ({
  enabled_channels: ['email', 'in_app'],
  quiet_hours: { start: 22, end: 8 },
  category_preferences: { marketing: false, security: true },
})

export const ownTemplate = () => ({
  name: 'Own template',
  category: 'general',
  channels: ['in_app'],
  variables: [{ name: 'who', example: 'Jeanne' }],
  texts: { fr: { title: 'Bonjour {{ who }}', body: 'Bonjour.' }, en: { title: 'Hello {{ who }}', body: 'Hello.' } },
})

type Asking = { app: TestApp; token: string }

async function asked<T>({ app, token }: Asking, method: string, ...[path, body]: [string, unknown?]): Promise<T> {
  const answer = await app.request(`/api/v1/notifications${path}`, { method, token, ...(body ? { body } : {}) })
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.body
}

async function deliveryId(asking: Asking, username: string): Promise<string> {
  await asked(asking, 'POST', '/send', invoiceCreated(username))
  const { deliveries } = await asked<{ deliveries: { id: string }[] }>(asking, 'GET', '/deliveries')
  return deliveries[0]?.id ?? ''
}

/** One row at least in every table of notifications. */
export async function useNotifications(app: TestApp, token: string, username: string): Promise<void> {
  const asking = { app, token }
  await asked(asking, 'POST', '/send', invoiceCreated(username))
  await asked(asking, 'PUT', '/preferences', preferences())
  await asked(asking, 'PUT', '/settings', { retention_days: 30 })
  await asked(asking, 'PUT', '/templates/own_template', ownTemplate())
  await asked(asking, 'POST', '/suppressions', { address: 'gone@example.com' })
  await asked(asking, 'POST', '/feedback-sources', { provider: 'postmark' })
  // Attempts are written by senders.
  await app.runtime.services.database.platformRead(`select * from take_notification_mails(100, 100, '{}', '', 120)`)
}

const template = { path: { template_id: 'own_template' } }
const prepareTemplate = async (asking: Asking) => {
  await asked(asking, 'PUT', '/templates/own_template', ownTemplate())
  return template
}

export const notificationExamples: Readonly<Record<string, ExampleOf>> = {
  sendNotification: { caller: 'account', request: ({ user }) => ({ body: invoiceCreated(user.username) }) },
  listNotifications: { caller: 'account', request: () => ({ query: { unread_only: 'true' } }) },
  countUnreadNotifications: { caller: 'account', request: nothing },
  readNotification: {
    caller: 'account',
    request: () => ({ path: { notification_id: 'notif_unknown' } }),
    prepare: async ({ app, subject, token }) => {
      const sent = await asked<{ notification_id: string }>(
        { app, token },
        'POST',
        '/send',
        invoiceCreated(subject.user.username),
      )
      return { path: { notification_id: sent.notification_id } }
    },
  },
  readAllNotifications: { caller: 'account', request: nothing },
  // It never ends.
  streamNotifications: {
    caller: 'account',
    request: nothing,
    succeedsIn: 'src/features/notifications/live.test.ts',
  },
  getNotificationPreferences: { caller: 'account', request: nothing },
  putNotificationPreferences: { caller: 'account', request: () => ({ body: preferences() }) },
  listNotificationTemplates: { caller: 'account', request: nothing },
  getNotificationTemplate: { caller: 'account', request: () => ({ path: { template_id: 'invoice_created' } }) },
  putNotificationTemplate: { caller: 'account', request: () => ({ ...template, body: ownTemplate() }) },
  activateNotificationTemplate: {
    caller: 'account',
    request: () => ({ ...template, body: { version: 1 } }),
    prepare: async (prepared) => ({ ...(await prepareTemplate(prepared)), body: { version: 1 } }),
  },
  deleteNotificationTemplate: { caller: 'account', request: () => template, prepare: prepareTemplate },
  previewNotificationTemplate: {
    caller: 'account',
    request: () => ({ path: { template_id: 'invoice_created' }, body: { language: 'en' } }),
  },
  listNotificationDeliveries: { caller: 'account', request: () => ({ query: { status: 'sent', limit: '10' } }) },
  getNotificationDelivery: {
    caller: 'account',
    request: () => ({ path: { delivery_id: '1' } }),
    prepare: async ({ app, subject, token }) => ({
      path: { delivery_id: await deliveryId({ app, token }, subject.user.username) },
    }),
  },
  getNotificationSettings: { caller: 'account', request: nothing },
  putNotificationSettings: { caller: 'account', request: () => ({ body: { daily_limit: 20_000 } }) },
  listNotificationSuppressions: { caller: 'account', request: nothing },
  addNotificationSuppression: { caller: 'account', request: () => ({ body: { address: 'never@example.com' } }) },
  deleteNotificationSuppression: {
    caller: 'account',
    request: () => ({ path: { address: 'away@example.com' } }),
    prepare: async (prepared) => {
      await asked(prepared, 'POST', '/suppressions', { address: 'away@example.com' })
      return { path: { address: 'away@example.com' } }
    },
  },
  listNotificationFeedbackSources: { caller: 'account', request: nothing },
  createNotificationFeedbackSource: { caller: 'account', request: () => ({ body: { provider: 'postmark' } }) },
  deleteNotificationFeedbackSource: {
    caller: 'account',
    request: () => ({ path: { source_id: 'fbk_unknown' } }),
    prepare: async (prepared) => {
      const { id } = await asked<{ id: string }>(prepared, 'POST', '/feedback-sources', { provider: 'postmark' })
      return { path: { source_id: id } }
    },
  },
}
