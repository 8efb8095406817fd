/** The console's words. English is the measure: another language that lacks one does not compile. */
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { en } from './en.ts'

type Words<Shape> = { [Key in keyof Shape]: Shape[Key] extends string ? string : Words<Shape[Key]> }
export type Texts = Words<typeof en>
export type Language = 'en' | 'fr'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof en }
  }
}

const storedUnder = 'clientele-language'
const loaders = {
  en: async (): Promise<Texts> => (await import('./en.ts')).en,
  fr: async (): Promise<Texts> => (await import('./fr.ts')).fr,
}

/** What was chosen here, else the browser's first language that we speak. */
function preferred(): Language {
  const stored = localStorage.getItem(storedUnder)
  if (stored === 'en' || stored === 'fr') return stored
  const found = navigator.languages.map((one) => one.slice(0, 2)).find((one) => one === 'fr' || one === 'en')
  return found === 'fr' ? 'fr' : 'en'
}

export async function startTexts(): Promise<void> {
  const language = preferred()
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { [language]: { translation: await loaders[language]() } },
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  document.documentElement.lang = language
}

export async function chooseLanguage(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'translation')) {
    i18next.addResourceBundle(language, 'translation', await loaders[language]())
  }
  localStorage.setItem(storedUnder, language)
  document.documentElement.lang = language
  await i18next.changeLanguage(language)
}
