/** French or English: what the person chose, else what the client asked for, else what the browser prefers. */
import type { Language } from '../shared/accept-language.ts'
import { acceptedLanguage, firstKnownLanguage } from '../shared/accept-language.ts'

export type { Language } from '../shared/accept-language.ts'

export const languageCookie = 'clientele_language'

type Hints = { cookie: string | undefined; uiLocales?: unknown; acceptLanguage: string | undefined }

export function languageOf({ cookie, uiLocales, acceptLanguage }: Hints): Language {
  const chosen = new RegExp(`(?:^|;\\s*)${languageCookie}=(en|fr)(?:;|$)`).exec(cookie ?? '')?.[1]
  if (chosen === 'en' || chosen === 'fr') return chosen
  const wanted = typeof uiLocales === 'string' ? uiLocales.split(' ') : []
  return firstKnownLanguage(wanted) ?? acceptedLanguage(acceptLanguage) ?? 'en'
}
