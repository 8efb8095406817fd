import type { MailMessage } from '#platform/mail/index.ts'
import { MailError, sendMail } from '#platform/mail/index.ts'
import type { Services } from '#platform/operations/services.ts'
import { userError } from './errors.ts'
import { userFault } from './faults.ts'

/**
 * Hands a message to the platform's own mail provider. The log says that and why one was not sent, never what it said.
 * @throws mail_not_configured, mail_not_accepted with the provider's answer, which has no secrets (MailError)
 */
export async function post(
  { settings, outbound, logger }: Services,
  kind: string,
  message: MailMessage,
): Promise<void> {
  if (!settings.mail) {
    logger.warn({ mail: kind }, 'e-mail not sent: CLIENTELE_MAIL is not set')
    throw userError('mail_not_configured')
  }
  try {
    await sendMail(outbound, settings.mail, message, {
      endpoints: settings.mailEndpoints,
      ...(settings.smtpCertificateAuthority ? { tlsCa: settings.smtpCertificateAuthority } : {}),
    })
  } catch (error) {
    if (!(error instanceof MailError)) throw error
    logger.warn({ mail: kind, code: error.code, provider: error.provider }, 'e-mail not sent')
    const { response: answer } = error
    const details = answer === null ? [] : [{ path: [], ...userFault('mail_provider_answer', { answer }) }]
    throw userError('mail_not_accepted', { cause: error, details })
  }
}

/** A page of the console. The token stands behind the #: browsers do not send it, so it is in no server's log. */
export function linkTo({ settings }: Services, page: string, token: string): string {
  return `${settings.publicUrl}/console/${page}#token=${token}`
}
