import { useTranslation } from 'react-i18next'
import { Problem } from '../api/problem.ts'
import type { FaultCode } from '../texts/texts.ts'
import { useFormat } from './format.ts'

const known = [
  'offline',
  'sign_in_refused',
  'mfa_code_refused',
  'mfa_sign_in_ended',
  'attempts_throttled',
  'mfa_setup_required',
  'permission_missing',
  'mail_not_configured',
  'client_name_already_exists',
  'mfa_demanded',
  'one_time_link_invalid',
] as const
type Known = (typeof known)[number]

const statuses = [0, 400, 403, 404, 409, 413, 422, 429, 500, 502, 503] as const

/** What a person reads of an error, in his language; the server's own words are English. */
export function useProblemText(): (error: unknown) => string {
  const { t, i18n } = useTranslation()
  const { language, number } = useFormat()
  return (error) => {
    if (!(error instanceof Problem)) return t('problem.status500')
    const wait = error.retryAfterSeconds
    const later = wait ? ` ${t('problem.retryAfter', { seconds: number(wait) })}` : ''
    const code = known.find((one) => one === error.code)
    if (code) return t(`problem.${code satisfies Known}`) + later
    const details = error.faults.map((one) => one.message).join(' ')
    // What may go wrong on some screens only comes with the texts of these screens.
    if (i18n.exists(`fault.${error.code}`)) {
      const told = t(`fault.${error.code as FaultCode}`)
      return (details ? `${told} (${details})` : told) + later
    }
    // The server explains itself in English; elsewhere its words stand behind ours.
    const own = details || error.message
    if (language === 'en' && error.status < 500 && own) return own + later
    const status = statuses.find((one) => one === error.status) ?? 500
    const general = t(`problem.status${status}`) + later
    return error.status >= 500 || status === 0 ? general : `${general} (${own})`
  }
}
