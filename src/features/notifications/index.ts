export type { Attachment as NotificationAttachment } from './attachment.ts'
export type { Attempt as MailAttempt, Delivery as NotificationDelivery, Suppression } from './delivery-store.ts'
export type { NotificationErrorCode } from './errors.ts'
export { notificationFault } from './faults.ts'
export {
  createFeedbackSource,
  deleteFeedbackSource,
  listFeedbackSources,
  receiveFeedback,
} from './feedback-operations.ts'
export type { FeedbackSource } from './feedback-store.ts'
export {
  countUnread,
  listNotifications,
  readAllNotifications,
  readNotification,
  watchNotifications,
} from './inbox-operations.ts'
export type { InboxLine } from './inbox-store.ts'
export { linkKey } from './link-key.ts'
export { liveNotifications } from './live.ts'
export type { LiveLine } from './live-store.ts'
export { notify } from './notify.ts'
export type { SettingsInForce } from './operations.ts'
export {
  addSuppression,
  configureNotifications,
  listNotificationDeliveries,
  listSuppressions,
  removeSuppression,
  sendNotification,
  viewNotificationDelivery,
  viewNotificationSettings,
} from './operations.ts'
export type { PreferencesInForce } from './preference-operations.ts'
export { updatePreferences, viewPreferences } from './preference-operations.ts'
export type { Rendered } from './rendering.ts'
export type { Sent, Template } from './schemas.ts'
export {
  category as notificationCategory,
  channelList,
  dedupeKey,
  deliveryStatuses,
  language as notificationLanguage,
  templateContent,
  templateId,
} from './schemas.ts'
export { NotificationSender } from './sender.ts'
export {
  activateTemplate,
  deleteTemplate,
  listTemplates,
  previewTemplate,
  saveTemplate,
  viewTemplate,
} from './template-operations.ts'
export type { VersionLine } from './template-store.ts'
export { unsubscribe } from './unsubscribe.ts'
