export { watchBacklog } from './backlog.ts'
export {
  listDeliveries,
  replayDelivery,
  replayFailed,
  testWebhook,
  viewAttempt,
  viewDelivery,
  viewReplay,
} from './delivery-operations.ts'
export type { DeliveryWorkerOptions } from './delivery-worker.ts'
export { DeliveryWorker } from './delivery-worker.ts'
export { describeDisabled, disableWebhook } from './disable.ts'
export { serverKey } from './endpoint-keys.ts'
export {
  createWebhook,
  deleteWebhook,
  listWebhooks,
  pauseWebhook,
  resumeWebhook,
  rotateWebhookSecret,
  updateWebhook,
  viewWebhook,
} from './endpoint-operations.ts'
export type { WebhookErrorCode } from './errors.ts'
export { webhookJobs } from './jobs.ts'
export { endpointKey, secretPrefix, standardHeaders } from './message.ts'
export { deleteSecret, generateSecret, viewSecretStatus } from './operations.ts'
export { eventPattern } from './rules.ts'
export type { AttemptDetail, AttemptSummary, Delivery, Replay, Webhook } from './schemas.ts'
export { deliveryStatuses, webhookStatuses } from './schemas.ts'
export { deleteExpired as deleteExpiredWebhooks } from './sender-store.ts'
