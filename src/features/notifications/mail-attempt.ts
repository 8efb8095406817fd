/** One attempt to hand a message over to the mail provider, and what its outcome means. Nothing is written here. */
import { randomInt } from 'node:crypto'
import type { MailMessage, MailProviderConfig, SmtpPool } from '#platform/mail/index.ts'
import { joinMailSecrets, MailError, sendMail } from '#platform/mail/index.ts'
import type { Services } from '#platform/operations/services.ts'
import { isContentLost } from '#platform/secrets/secret-box.ts'
import { readAttachment } from './attachment.ts'
import { digestMail, notificationMail } from './mail-message.ts'
import { retryDelayMs } from './planning.ts'
import { securityCategory } from './schemas.ts'
import type { ClaimedMail, MailOutcome } from './sender-store.ts'
import { signUnsubscribe } from './unsubscribe-link.ts'

export type MailSending = { services: Services; pool: SmtpPool; linkKey: string; timeoutMs: number }

/** RFC 3463: bad destination mailbox or system address, mailbox moved, syntax; what no further attempt changes. */
const badAddress = /\b5\.1\.(1|2|3|6|10)\b/

/** More than the schedule of retries has: some of them were lost with their process. */
const mostAttempts = 15

export async function attemptMail(mail: ClaimedMail, sending: MailSending): Promise<MailOutcome> {
  const unsent = withoutAttempt(mail)
  if (unsent) return unsent
  const provider = providerOf(mail, sending.services)
  if (provider === 'unreadable')
    return failed(mail, { code: 'secret_unreadable', response: null, provider: mail.provider })
  if (provider === null) return ended(mail, 'failed', 'mail_not_configured')
  const { services, pool, timeoutMs } = sending
  const attached = mail.attachment ? await readAttachment(services, mail.tenant_id, mail.attachment) : undefined
  if (attached === null) return ended(mail, 'failed', 'attachment_gone')
  // Lost; or servers are being given a new key in turn, and the next attempt finds it.
  if (attached === 'closed') return failed(mail, { code: 'attachment_gone', response: null, provider: null })
  const { mailEndpoints: endpoints, smtpCertificateAuthority: tlsCa } = services.settings
  try {
    const message = { ...messageOf(mail, sending, provider), ...(attached ? { attachments: [attached] } : {}) }
    const sent = await sendMail(services.outbound, provider, message, {
      endpoints,
      pool,
      timeoutMs,
      ...(tlsCa ? { tlsCa } : {}),
    })
    return {
      ...ended(mail, 'sent', null),
      outcome: 'accepted',
      response: sent.response,
      provider: provider.provider,
      provider_message_id: sent.providerMessageId?.replace(/^<|>$/g, '') ?? null,
    }
  } catch (error) {
    if (!(error instanceof MailError)) throw error
    const response = error.response ?? error.message
    if (error.code === 'rejected') {
      const bounced = badAddress.test(response)
      const reason = bounced ? 'bounce' : 'rejected'
      return { ...ended(mail, 'failed', reason), outcome: 'rejected', response, provider: provider.provider, bounced }
    }
    return failed(mail, { code: error.code, response, provider: provider.provider })
  }
}

/** What is not to be sent at all. */
function withoutAttempt(mail: ClaimedMail): MailOutcome | null {
  // Whoever takes it dies: it is not handed on for ever.
  if (mail.attempt > mostAttempts) return ended(mail, 'failed', 'given_up')
  if (mail.suppressed !== null) return ended(mail, 'suppressed', mail.suppressed)
  const isEmptyDigest = mail.notification_id === null && (mail.items ?? []).length === 0
  return isEmptyDigest ? ended(mail, 'suppressed', 'nothing_to_say') : null
}

/** A fault of ours: it is tried again like one of the provider's. */
export function lostMail(mail: ClaimedMail): MailOutcome {
  return failed(mail, { code: 'internal', response: null, provider: null })
}

/** Everything but a refusal of the message itself may be over later: also a wrong password, once somebody corrects it. */
function failed(
  mail: ClaimedMail,
  { code, response, provider }: { code: string; response: string | null; provider: string | null },
): MailOutcome {
  const delay = retryDelayMs(mail.attempt, randomInt(1_000) / 1_000)
  const base = ended(mail, delay === null ? 'failed' : 'retrying', code)
  return { ...base, outcome: code, response, provider, retry_ms: delay }
}

function ended(mail: ClaimedMail, status: MailOutcome['status'], reason: string | null): MailOutcome {
  return {
    tenant_id: mail.tenant_id,
    id: mail.id,
    number: mail.attempt,
    status,
    reason,
    outcome: reason ?? status,
    response: null,
    provider: null,
    provider_message_id: null,
    retry_ms: null,
    bounced: false,
  }
}

/** The client's, where the message is about one that has its own; else the platform's. */
function providerOf(mail: ClaimedMail, { secrets, settings }: Services): MailProviderConfig | 'unreadable' | null {
  if (mail.provider === null || mail.provider_secret === null) return settings.mail
  try {
    const secret: Record<string, string> = JSON.parse(secrets.decrypt(mail.provider_secret).toString('utf8'))
    return joinMailSecrets({ provider: mail.provider, config: mail.provider_settings ?? {} }, secret)
  } catch (error) {
    if (!isContentLost(error)) throw error
    return 'unreadable'
  }
}

function messageOf(mail: ClaimedMail, { services, linkKey }: MailSending, provider: MailProviderConfig): MailMessage {
  const { tenant_id: tenantId, address, category } = mail
  const isDigest = mail.notification_id === null
  const claim = { tenantId, addressKey: address.normalize('NFC').toLowerCase(), category: category ?? 'digest' }
  const domain = provider.config.from_email.slice(provider.config.from_email.lastIndexOf('@') + 1)
  const envelope = {
    to: address,
    language: mail.language,
    tenantName: mail.tenant_name,
    unsubscribeUrl:
      category === securityCategory
        ? null
        : `${services.settings.publicUrl}/unsubscribe/${signUnsubscribe(linkKey, claim)}`,
    messageId: `<${mail.notification_id ?? `digest-${tenantId}`}.${mail.id}@${domain}>`,
  }
  if (isDigest) return digestMail(mail.items ?? [], envelope)
  const { title, body, html, action_url: actionUrl, action_label: actionLabel } = mail
  return notificationMail({ title: title ?? '', body: body ?? '', html, actionUrl, actionLabel }, envelope)
}
