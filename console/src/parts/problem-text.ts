import { useTranslation } from 'react-i18next'
import type { Fault } from '../api/problem.ts'
import { Problem } from '../api/problem.ts'
import type { FaultCode, ProblemCode } from '../texts/texts.ts'
import { useFormat } from './format.ts'

const statuses = [0, 400, 403, 404, 409, 413, 422, 429, 500, 502, 503] as const

type Told = Pick<Fault, 'code' | 'message' | 'parameters'>

/** What is wrong with one place, as exactly as the user's language allows; empty: nothing exact can be said. */
function useExactFault(): (fault: Told) => string {
  const { t, i18n } = useTranslation()
  const { language } = useFormat()
  const tellCode = useCodeText()
  // Each sentence has parameters of its own: a test sees that the server gives them.
  const say = t as (key: `fault.${FaultCode}`, parameters: Fault['parameters']) => string
  return ({ code, message, parameters }) =>
    // Values of a profile are refused by codes of errors.
    i18n.exists(`fault.${code}`)
      ? say(`fault.${code as FaultCode}`, parameters)
      : tellCode(code, language === 'en' ? message : '')
}

/** What is wrong with one place, in the user's language. */
export function useFaultText(): (fault: Told) => string {
  const { t } = useTranslation()
  const tell = useExactFault()
  return (fault) => tell(fault) || t('problem.field')
}

type RowFault = { message: string; code?: string | undefined; parameters?: Fault['parameters'] | undefined }

/** Why a row of a file is refused; without a code the contract's own sentence, which is French. */
export function useRowFaultText(): (fault: RowFault) => string {
  const tell = useExactFault()
  return ({ code = '', message, parameters = {} }) => tell({ code, message, parameters }) || message
}

/** Why something that ran by itself did not end well: by the code that was kept with it. */
export function useCodeText(): (code: string, otherwise: string) => string {
  const { t, i18n } = useTranslation()
  return (code, otherwise) => (i18n.exists(`problem.${code}`) ? t(`problem.${code as ProblemCode}`) : otherwise)
}

/** What a person reads of an error, in his language; the server's own words are English. */
export function useProblemText(): (error: unknown) => string {
  const { t } = useTranslation()
  const { number } = useFormat()
  const tellFault = useExactFault()
  const tellCode = useCodeText()
  return (error) => {
    if (!(error instanceof Problem)) return t('problem.page')
    const wait = error.retryAfterSeconds
    const later = wait ? ` ${t('problem.retryAfter', { seconds: number(wait) })}` : ''
    // Of its own failures the server has no more to say.
    const faults = error.status < 500 ? error.faults.map(tellFault) : []
    const details = [...new Set(faults)].filter((one) => one !== '').join(' ')
    const status = statuses.find((one) => one === error.status) ?? 500
    const told = tellCode(error.code, t(`problem.status${status}`))
    return (details ? `${told} ${details}` : told) + later
  }
}
