import type { OutboundHttp } from '../outbound-http/index.ts'
import { OutboundError } from '../outbound-http/index.ts'
import { validateMailConfig } from './config.ts'
import { sendOverHttp } from './http-provider.ts'
import { MailError, outboundMailError } from './mail-error.ts'
import { mailgun } from './mailgun.ts'
import { findMessageProblem } from './message-check.ts'
import { postmark } from './postmark.ts'
import { createRedact } from './redact.ts'
import { sendgrid } from './sendgrid.ts'
import { ses } from './ses.ts'
import { sendOverSmtp } from './smtp.ts'
import type { SmtpPool } from './smtp-pool.ts'
import type { Acceptance, MailEndpoints, MailMessage, MailProviderConfig } from './types.ts'

export type SendMailOptions = {
  /** From connecting to the provider's answer. Default 30,000. */
  timeoutMs?: number
  endpoints?: MailEndpoints
  /** Certificate authorities (PEM) that an SMTP server's certificate is checked against, instead of the usual ones. */
  tlsCa?: string
  /** Keeps connections to SMTP servers open between messages. Absent: one for each message. */
  pool?: SmtpPool
}

export type SentMail = {
  accepted: true
  /** The provider's id of the message; for SMTP the Message-ID header. */
  providerMessageId: string | null
  /** What the provider answered, trimmed, secrets removed. */
  response: string
  durationMs: number
}

type MailDelivery = [message: MailMessage, options?: SendMailOptions]

const defaultTimeoutMs = 30_000

/**
 * `sendMail(outbound, provider, message, options?)`: hands one message to a provider. Accepted means the provider
 * took it, not that it arrived. After a timeout, the provider may have taken it nevertheless.
 *
 * @throws MailError
 */
export async function sendMail(
  outbound: OutboundHttp,
  provider: MailProviderConfig,
  ...[message, options = {}]: MailDelivery
): Promise<SentMail> {
  const startedAt = performance.now()
  const refuse = (text: string) =>
    new MailError({ code: 'rejected', provider: provider.provider, retryable: false, message: text })
  const check = validateMailConfig(provider.provider, provider.config)
  if (!check.ok) throw refuse(`${check.summary}: ${check.field}: ${check.fault.message}`)
  const problem = findMessageProblem(message)
  if (problem !== null) throw refuse(problem)
  try {
    const acceptance = await handOver(outbound, check.value, { message, options })
    return { accepted: true, ...acceptance, durationMs: Math.round(performance.now() - startedAt) }
  } catch (error) {
    throw error instanceof OutboundError ? outboundMailError(provider.provider, error) : error
  }
}

function handOver(
  outbound: OutboundHttp,
  chosen: MailProviderConfig,
  { message, options }: { message: MailMessage; options: SendMailOptions },
): Promise<Acceptance> {
  const { timeoutMs = defaultTimeoutMs, endpoints = {}, tlsCa, pool } = options
  const shared = { outbound, message, timeoutMs, endpoints, redact: createRedact(chosen) }
  switch (chosen.provider) {
    case 'smtp':
      return sendOverSmtp({ ...shared, config: chosen.config, tlsCa, pool })
    case 'mailgun':
      return sendOverHttp(mailgun, { ...shared, config: chosen.config })
    case 'sendgrid':
      return sendOverHttp(sendgrid, { ...shared, config: chosen.config })
    case 'postmark':
      return sendOverHttp(postmark, { ...shared, config: chosen.config })
    case 'ses':
      return sendOverHttp(ses, { ...shared, config: chosen.config })
  }
}
