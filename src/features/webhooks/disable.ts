/** Disables endpoints that are gone or have failed for days, and tells the people of the tenant. */
import { Type } from 'typebox'
import { administratorAddresses, postMail } from '#features/users/index.ts'
import { newUuid } from '#kernel/ids.ts'
import { nullable } from '#kernel/schemas.ts'
import type { MailMessage } from '#platform/mail/index.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { Services } from '#platform/operations/services.ts'
import * as store from './endpoint-store.ts'
import { webhookError } from './errors.ts'
import { pk, webhookUrl } from './schemas.ts'

export const webhookNoticeQueue = 'webhook-notice'
export type WebhookNoticeJob = { tenantId: string; webhookPk: number }

export const disableWebhook = defineOperation({
  name: 'webhook.disable',
  summary: 'Disables an endpoint that answered 410 Gone or has failed for five days, and tells of it.',
  level: 'account',
  permission: 'webhook:manage',
  effect: 'write',
  input: Type.Object({
    pk,
    reason: Type.Union([Type.Literal('gone'), Type.Literal('failing')]),
    /** gone: which URL said so. */
    url: nullable(webhookUrl),
  }),
  run: async (context, input) => {
    const { tx, tenantId, now, services } = context
    const disabled = await store.disableWebhook(tx, tenantId, input.pk, { ...input, now })
    if (!disabled) return { pk: input.pk, isDisabled: false }
    const data = { pk: input.pk, reason: input.reason }
    context.emit({ type: 'webhook.disabled', clientId: disabled.clientUid, data })
    const job: WebhookNoticeJob = { tenantId, webhookPk: input.pk }
    await services.jobs.enqueue(tx, webhookNoticeQueue, job)
    return { pk: input.pk, isDisabled: true }
  },
  audit: (input, { isDisabled }) =>
    isDisabled
      ? {
          category: 'configuration',
          severity: 'warning',
          description:
            input.reason === 'gone' ? 'Webhook disabled: it is gone' : 'Webhook disabled: it failed for five days',
          target: { type: 'webhook', id: String(input.pk) },
          context: { reason: input.reason },
        }
      : null,
})

export type DisableReason = { reason: 'gone'; url: string } | { reason: 'failing' }

/** As the platform itself, for an endpoint of this tenant. Without effect where somebody has looked after it meanwhile. */
export async function disableAsSystem(
  services: Services,
  tenantId: string,
  { endpointPk, ...why }: { endpointPk: number } & DisableReason,
): Promise<void> {
  const input = { pk: endpointPk, reason: why.reason, url: why.reason === 'gone' ? why.url : null }
  await runForResult(services, disableWebhook, input, callOf(tenantId, newUuid()))
}

function callOf(tenantId: string, requestId: string) {
  return {
    actor: { kind: 'system', tenantId, name: 'webhooks' } as const,
    origin: { requestId, ipAddress: null, userAgent: null, via: 'worker' },
  }
}

/** What the notice says, and to whom; what a URL holds beside its host may be a secret. */
export const describeDisabled = defineOperation({
  name: 'webhook.describe-disabled',
  summary: 'Gives what the people of the account are told of a disabled endpoint, and their addresses.',
  level: 'account',
  permission: 'webhook:manage',
  effect: 'read',
  input: Type.Object({ pk }),
  run: async ({ tx, tenantId }, input) => {
    const webhook = await store.findWebhook(tx, tenantId, input.pk)
    if (!webhook) throw webhookError('webhook_not_found')
    return {
      host: new URL(webhook.url).host,
      clientUid: webhook.clientUid,
      description: webhook.description,
      reason: webhook.disabledReason,
      addresses: await administratorAddresses(tx, tenantId),
    }
  },
})

/** The job: one message for each owner and administrator. Where no mail is configured, audit event and event must do. */
export async function sendWebhookNotice(services: Services, job: WebhookNoticeJob, jobId: string): Promise<void> {
  if (!services.settings.mail) return
  const notice = await runForResult(services, describeDisabled, { pk: job.webhookPk }, callOf(job.tenantId, jobId))
  // Enabled again, or deleted and made anew, before the job ran.
  if (notice.reason === null) return
  const outcomes = await Promise.allSettled(
    notice.addresses.map((to) => postMail(services, 'webhook_disabled', disabledMessage(to, job.webhookPk, notice))),
  )
  const refused = outcomes.find((one) => one.status === 'rejected')
  // Who has got the message must not get it again because somebody else's was refused.
  if (refused && outcomes.every((one) => one.status === 'rejected')) throw refused.reason
}

type Notice = { host: string; clientUid: string | null; description: string | null; reason: 'gone' | 'failing' | null }

function disabledMessage(to: string, webhookPk: number, notice: Notice): MailMessage {
  const { host, clientUid, description, reason } = notice
  const named = description === null ? '' : ` (${description})`
  const french = reason === 'gone' ? 'il a répondu 410 (Gone)' : 'il échoue depuis cinq jours'
  const english = reason === 'gone' ? 'it answered 410 (Gone)' : 'it has failed for five days'
  const whose = clientUid === null ? '' : `\nClient : ${clientUid}\n`
  return {
    to,
    subject: `Webhook ${webhookPk} désactivé / disabled`,
    text: `Bonjour,

Le webhook ${webhookPk}${named} vers ${host} est désactivé : ${french}. Rien ne lui est plus envoyé.
${whose}
Quand il répond de nouveau : POST /api/v1/webhooks/${webhookPk}/resume/, puis POST /api/v1/webhooks/${webhookPk}/replays/ pour ce qui a manqué.

---

Hello,

The webhook ${webhookPk}${named} to ${host} is disabled: ${english}. Nothing is sent to it any more.

Once it answers again: POST /api/v1/webhooks/${webhookPk}/resume/, then POST /api/v1/webhooks/${webhookPk}/replays/ for what it has missed.
`,
  }
}
