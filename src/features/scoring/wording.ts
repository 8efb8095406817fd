/** Numbers in the words of each language; written here, since what Intl writes changes with the version of Node. Pure. */
import type { Unit } from './figures.ts'
import { shownFigure } from './figures.ts'
import type { Language } from './scorecard.ts'

const noBreak = '\u00a0'

/** 1234.5 is "1 234,5" in French (no-break space) and "1,234.5" in English. */
export function decimalText(value: number, language: Language): string {
  const [whole = '', fraction] = plain(Math.abs(value)).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, language === 'fr' ? noBreak : ',')
  const sign = value < 0 ? '-' : ''
  return `${sign}${grouped}${fraction === undefined ? '' : `${language === 'fr' ? ',' : '.'}${fraction}`}`
}

/** Without an exponent; JavaScript writes one from 1e21 on. */
function plain(value: number): string {
  return value >= 1e21 ? BigInt(value).toString() : String(value)
}

/** @param value Infinity for a ratio to no income */
export function figureText(unit: Unit, value: number, language: Language): string {
  const shown = shownFigure(unit, value)
  if (shown === null) return language === 'fr' ? 'aucun revenu' : 'no income'
  switch (unit) {
    case 'ratio': {
      const percent = decimalText(Math.round(shown * 10_000) / 100, language)
      return language === 'fr' ? `${percent}${noBreak}%` : `${percent}%`
    }
    case 'euros':
      return language === 'fr' ? `${decimalText(shown, 'fr')}${noBreak}€` : `€${decimalText(shown, 'en')}`
    case 'years': {
      const years = decimalText(shown, language)
      if (language === 'fr') return `${years}${noBreak}${Math.abs(shown) < 2 ? 'an' : 'ans'}`
      return `${years} ${shown === 1 ? 'year' : 'years'}`
    }
    case 'number':
      return decimalText(shown, language)
  }
}

/** What the documents of the built-in catalogue are called; a tenant names its own, in one language. */
const builtInDocuments: Readonly<Record<string, { catalogue: string } & Record<Language, string>>> = {
  bank_statement: { catalogue: 'Relevé bancaire', fr: 'relevé bancaire', en: 'bank statement' },
  proof_of_address: { catalogue: 'Justificatif de domicile', fr: 'justificatif de domicile', en: 'proof of address' },
}

/** @param named what the tenant's catalogue calls attributes; who has renamed a built-in document reads the new name */
export function documentName(attribute: string, language: Language, named: ReadonlyMap<string, string>): string {
  const own = named.get(attribute)
  const builtIn = builtInDocuments[attribute]
  if (builtIn && (own === undefined || own === builtIn.catalogue)) return builtIn[language]
  return own || attribute.replaceAll('_', ' ')
}

/** A gain or loss: "+1 point", "-3 points". */
export function pointsText(points: number, language: Language): string {
  const isPlural = language === 'fr' ? Math.abs(points) > 1 : Math.abs(points) !== 1
  return `${points > 0 ? '+' : ''}${points}${noBreak}${isPlural ? 'points' : 'point'}`
}
