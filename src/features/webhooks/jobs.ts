import { worked } from '#platform/jobs/worked-queue.ts'
import type { WebhookNoticeJob } from './disable.ts'
import { sendWebhookNotice, webhookNoticeQueue } from './disable.ts'

export const webhookJobs = [
  worked<WebhookNoticeJob>({
    queue: webhookNoticeQueue,
    lookSeconds: 2,
    run: (services, data, { id }) => sendWebhookNotice(services, data, id),
  }),
]
