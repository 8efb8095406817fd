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

/** A gain or loss: "+1 point", "-3 points". */
export function pointsText(points: number, language: Language): string {
  const isPlural = language === 'fr' ? Math.abs(points) > 1 : Math.abs(points) !== 1
  return `${points > 0 ? '+' : ''}${points}${noBreak}${isPlural ? 'points' : 'point'}`
}
