import nodemailer from 'nodemailer'
import type { OutboundHttp } from '../outbound-http/index.ts'
import { OutboundError, tlsFailureReason } from '../outbound-http/index.ts'
import type { MailErrorCode } from './mail-error.ts'
import { MailError } from './mail-error.ts'
import type { Redact } from './redact.ts'
import type { SmtpPool } from './smtp-pool.ts'
import { transportOptions } from './smtp-transport.ts'
import type { Acceptance, MailMessage, SmtpConfig } from './types.ts'

export type SmtpSending = {
  outbound: OutboundHttp
  config: SmtpConfig
  message: MailMessage
  timeoutMs: number
  tlsCa: string | undefined
  redact: Redact
  /** Keeps connections; absent: one for this message. */
  pool?: SmtpPool | undefined
}

/**
 * One SMTP session (RFC 5321) over a guarded connection: TLS from the start on port 465, STARTTLS that must succeed
 * with `use_tls`, plain otherwise. Where a user name is set, nothing is sent unless the server takes it.
 *
 * @throws MailError, OutboundError
 */
export async function sendOverSmtp(sending: SmtpSending): Promise<Acceptance> {
  const { config, message, timeoutMs, pool } = sending
  const transport = pool ? pool.transportOf(sending) : nodemailer.createTransport(transportOptions(sending))
  try {
    const info = await transport.sendMail({
      from: { name: config.from_name ?? '', address: config.from_email },
      to: { name: '', address: message.to },
      ...(message.replyTo === undefined ? {} : { replyTo: { name: '', address: message.replyTo } }),
      subject: message.subject,
      text: message.text,
      ...(message.html === undefined ? {} : { html: message.html }),
      headers: message.headers ?? {},
      attachments: (message.attachments ?? []).map(({ name, contentType, content }) => ({
        filename: name,
        contentType,
        content,
      })),
      ...(message.messageId === undefined ? {} : { messageId: message.messageId }),
      xMailer: false,
      signal: AbortSignal.timeout(timeoutMs), // over all steps; those above are per step
    })
    return { providerMessageId: info.messageId, response: sending.redact(info.response) }
  } catch (error) {
    throw smtpFailure(error, sending)
  } finally {
    if (!pool) transport.close()
  }
}

type SmtpError = { code: string; originalCode: string; responseCode: number; response: string | null; text: string }

function smtpFailure(error: unknown, { config, redact }: SmtpSending): Error {
  if (error instanceof OutboundError) return error
  const details = readSmtpError(error, redact)
  const tlsReason = tlsFailureReason(details.originalCode)
  const { code, retryable } = tlsReason === null ? judgeSmtpError(details) : tlsRefusal
  const missingStartTls = code === 'tls_failed' && details.response !== null
  return new MailError({
    code,
    retryable,
    provider: 'smtp',
    response: details.response,
    ...(tlsReason === null ? {} : { message: `No secure connection to "${config.host}": ${tlsReason}` }),
    ...(missingStartTls ? { message: `"${config.host}" does not offer STARTTLS, and use_tls demands it` } : {}),
    // The error itself may quote what was sent, so the log gets its text without secrets.
    cause: new Error(`${details.code} ${details.originalCode} ${details.text}`),
  })
}

const tlsRefusal: { code: MailErrorCode; retryable: boolean } = { code: 'tls_failed', retryable: false }

function judgeSmtpError({ code, responseCode, response }: SmtpError): { code: MailErrorCode; retryable: boolean } {
  const transient = responseCode >= 400 && responseCode < 500
  if (code === 'ETLS') return { code: 'tls_failed', retryable: false }
  if (code === 'ETIMEDOUT' || code === 'EABORT') return { code: 'timeout', retryable: true }
  if (transient && /throttl|rate limit|too many/i.test(response ?? '')) return { code: 'rate_limited', retryable: true }
  // RFC 4954, section 6: 530, 534, 535, 538.
  if (code === 'EAUTH' || code === 'ENOAUTH' || [530, 534, 535, 538].includes(responseCode)) {
    return { code: 'authentication_failed', retryable: transient }
  }
  if (transient) return { code: 'provider_error', retryable: true }
  if (responseCode >= 500 || code === 'EMESSAGE' || code === 'EENVELOPE') return { code: 'rejected', retryable: false }
  if (code === 'EPROTOCOL') return { code: 'provider_error', retryable: true }
  return { code: 'connection_failed', retryable: true }
}

/** The members that nodemailer sets on its errors. */
function readSmtpError(error: unknown, redact: Redact): SmtpError {
  const members: Record<string, unknown> = typeof error === 'object' && error !== null ? { ...error } : {}
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return {
    code: text(members.code),
    originalCode: text(members.originalCode),
    responseCode: typeof members.responseCode === 'number' ? members.responseCode : 0,
    response: typeof members.response === 'string' && members.response !== '' ? redact(members.response) : null,
    text: redact(error instanceof Error ? error.message : String(error)),
  }
}
