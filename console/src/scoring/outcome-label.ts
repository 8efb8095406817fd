import { useTranslation } from 'react-i18next'
import { useFormat } from '../parts/format.ts'
import type { Placed, Rule } from './definition.ts'

/** What an outcome is for: a range of numbers, choices, or that something is not there. */
export function useOutcomeLabel(): (rule: Rule, placed: Placed) => string {
  const { t } = useTranslation()
  const { number, list } = useFormat()
  return (rule, { place, band, choices }) => {
    if (choices) return list(choices)
    if (band) {
      const isRatio = rule.kind === 'figure' && rule.figure === 'debt_ratio'
      const shown = (value: number) =>
        isRatio ? number(value, { style: 'percent', maximumFractionDigits: 1 }) : number(value)
      if (band.from === null)
        return band.to === null ? t('scorecards.any') : t('scorecards.below', { to: shown(band.to) })
      if (band.to === null) return t('scorecards.above', { from: shown(band.from) })
      return t('scorecards.between', { from: shown(band.from), to: shown(band.to) })
    }
    const names = {
      missing: t('scorecards.missing'),
      otherwise: t('scorecards.otherwise'),
      complete: t('scorecards.complete'),
      partial: t('scorecards.partial'),
      none: t('scorecards.none_there'),
    }
    return names[place as keyof typeof names] ?? place
  }
}
