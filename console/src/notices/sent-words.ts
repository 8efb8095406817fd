import { useTranslation } from 'react-i18next'

/** Why a message was not sent, or what came of an attempt; a test compares them with the server's. */
export const sendingReasons = [
  'accepted',
  'rejected',
  'bounce',
  'complaint',
  'unsubscribe',
  'manual',
  'channel_disabled',
  'category_disabled',
  'no_endpoint',
  'mail_not_configured',
  'attachment_gone',
  'given_up',
  'nothing_to_say',
  'authentication_failed',
  'connection_failed',
  'address_not_allowed',
  'timeout',
  'tls_failed',
  'rate_limited',
  'provider_error',
  'secret_unreadable',
  'internal',
] as const

/** In the user's language; what is none of these stays as it is. */
export function useReasonText(): (reason: string | null) => string | null {
  const { t } = useTranslation()
  return (reason) => {
    const known = sendingReasons.find((one) => one === reason)
    return known ? t(`noticeDeliveries.why.${known}`) : reason
  }
}
