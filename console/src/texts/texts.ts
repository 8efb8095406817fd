/** The console's words. English is the measure: another language that lacks one does not compile. */
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { enAccess } from './en-access.ts'
import type { enActions } from './en-actions.ts'
import type { enData } from './en-data.ts'
import type { enExports } from './en-exports.ts'
import type { enLedger } from './en-ledger.ts'
import type { enNotices } from './en-notices.ts'
import type { enPersons } from './en-persons.ts'
import type { enProblems } from './en-problems.ts'
import type { enReports } from './en-reports.ts'
import type { enScoring } from './en-scoring.ts'
import type { enStart } from './en-start.ts'
import type { enWorkflows } from './en-workflows.ts'

export type Language = 'en' | 'fr'
/** Texts that are loaded together: the first load's, and those of some screens. */
export type Area =
  | 'start'
  | 'access'
  | 'actions'
  | 'data'
  | 'exports'
  | 'ledger'
  | 'notices'
  | 'persons'
  | 'problems'
  | 'reports'
  | 'scoring'
  | 'workflows'

type English = typeof enStart &
  typeof enAccess &
  typeof enActions &
  typeof enData &
  typeof enExports &
  typeof enLedger &
  typeof enNotices &
  typeof enPersons &
  typeof enProblems &
  typeof enReports &
  typeof enScoring &
  typeof enWorkflows
/** Errors, and faults within what was sent, that are told in words. */
export type ProblemCode = keyof English['problem']
export type FaultCode = keyof English['fault']

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: English }
  }
}

const storedUnder = 'clientele-language'
const loaders: Record<Language, Record<Area, () => Promise<object>>> = {
  en: {
    start: async () => (await import('./en-start.ts')).enStart,
    access: async () => (await import('./en-access.ts')).enAccess,
    actions: async () => (await import('./en-actions.ts')).enActions,
    data: async () => (await import('./en-data.ts')).enData,
    exports: async () => (await import('./en-exports.ts')).enExports,
    ledger: async () => (await import('./en-ledger.ts')).enLedger,
    notices: async () => (await import('./en-notices.ts')).enNotices,
    persons: async () => (await import('./en-persons.ts')).enPersons,
    problems: async () => (await import('./en-problems.ts')).enProblems,
    reports: async () => (await import('./en-reports.ts')).enReports,
    scoring: async () => (await import('./en-scoring.ts')).enScoring,
    workflows: async () => (await import('./en-workflows.ts')).enWorkflows,
  },
  fr: {
    start: async () => (await import('./fr-start.ts')).frStart,
    access: async () => (await import('./fr-access.ts')).frAccess,
    actions: async () => (await import('./fr-actions.ts')).frActions,
    data: async () => (await import('./fr-data.ts')).frData,
    exports: async () => (await import('./fr-exports.ts')).frExports,
    ledger: async () => (await import('./fr-ledger.ts')).frLedger,
    notices: async () => (await import('./fr-notices.ts')).frNotices,
    persons: async () => (await import('./fr-persons.ts')).frPersons,
    problems: async () => (await import('./fr-problems.ts')).frProblems,
    reports: async () => (await import('./fr-reports.ts')).frReports,
    scoring: async () => (await import('./fr-scoring.ts')).frScoring,
    workflows: async () => (await import('./fr-workflows.ts')).frWorkflows,
  },
}
const needed = new Set<Area>(['start'])
const loaded = new Set<string>()

/** What was chosen here, else the browser's first language that we speak. */
function preferred(): Language {
  const stored = localStorage.getItem(storedUnder)
  if (stored === 'en' || stored === 'fr') return stored
  const found = navigator.languages.map((one) => one.slice(0, 2)).find((one) => one === 'fr' || one === 'en')
  return found === 'fr' ? 'fr' : 'en'
}

async function load(language: Language): Promise<void> {
  const missing = [...needed].filter((area) => !loaded.has(`${language} ${area}`))
  await Promise.all(
    missing.map(async (area) => {
      i18next.addResourceBundle(language, 'translation', await loaders[language][area](), true)
      loaded.add(`${language} ${area}`)
    }),
  )
}

/** A screen's texts, before it is shown. */
export async function loadTexts(areas: readonly Area[]): Promise<void> {
  for (const area of areas) needed.add(area)
  await load(i18next.language === 'fr' ? 'fr' : 'en')
}

export async function startTexts(): Promise<void> {
  const language = preferred()
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: {},
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  await load(language)
  document.documentElement.lang = language
}

export async function chooseLanguage(language: Language): Promise<void> {
  await load(language)
  localStorage.setItem(storedUnder, language)
  document.documentElement.lang = language
  await i18next.changeLanguage(language)
}
