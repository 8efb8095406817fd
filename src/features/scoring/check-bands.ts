/** Whether the bands of a number cover it once, and whether more of what is better never costs points. Pure. */
import { directionOf, highestScore } from './evaluate.ts'
import { figureKnowledge, numberKnowledge } from './figures.ts'
import type { Band, BandRule, Outcome } from './scorecard.ts'

/** One fault of a scorecard: where in it, a stable code, and what to do. */
export type Problem = { path: readonly string[]; code: string; message: string }

type Report = (code: string, path: readonly (string | number)[], message: string) => void

export function reporter(problems: Problem[], prefix: readonly string[] = []): Report {
  return (code, path, message) => {
    problems.push({ code, path: [...prefix, ...path.map(String)], message })
  }
}

/** A ceiling that is not there stops nothing. */
export function ceilingOf(outcome: Outcome): number {
  return outcome.ceiling ?? highestScore
}

export function checkBands(rule: BandRule, report: Report): void {
  checkCover(rule, report)
  checkMonotony(rule, report)
}

function checkCover(rule: BandRule, report: Report): void {
  const { bands } = rule
  bands.forEach((band, i) => {
    checkStart(band, { i, previous: bands[i - 1] }, report)
    const isLast = i === bands.length - 1
    if (isLast && band.to !== null) {
      report('bands_open', ['bands', i, 'to'], 'The last band must have no upper limit: null.')
    }
    if (!isLast && band.to === null) {
      report('bands_overlap', ['bands', i, 'to'], 'Only the last band may be without an upper limit.')
    }
    if (band.from !== null && band.to !== null && band.from >= band.to) {
      report('band_empty', ['bands', i], 'The upper limit must be above the lower one.')
    }
  })
  checkReach(rule, report)
}

function checkStart(band: Band, { i, previous }: { i: number; previous: Band | undefined }, report: Report): void {
  const start = previous ? previous.to : null
  if (band.from === start) return
  const [code, what] = gapOrOverlap(start, band)
  const expected = previous ? String(start) : 'null (no lower limit) in the first band'
  report(code, ['bands', i, 'from'], `${what}: it must be ${expected}.`)
}

function checkReach(rule: BandRule, report: Report): void {
  const knowledge = rule.kind === 'figure' ? figureKnowledge[rule.figure] : numberKnowledge.get(rule.attribute)
  const minimum = knowledge?.minimum ?? null
  if (minimum === null) return
  // The limit itself belongs to the lower band of what falls, to the upper one of what rises.
  const falling = directionOf(rule) === 'falling'
  rule.bands.forEach(({ to }, i) => {
    if (to === null || to > minimum || (falling && to === minimum)) return
    report('band_unreachable', ['bands', i], `No value is below ${minimum}: this band is never met.`)
  })
}

function gapOrOverlap(start: number | null, band: Band): [string, string] {
  if (start === null) return ['bands_gap', 'Values below this limit have no band']
  if (band.from === null || band.from < start) return ['bands_overlap', 'The band overlaps the one before']
  return ['bands_gap', 'There is a gap after the band before']
}

function checkMonotony(rule: BandRule, report: Report): void {
  const direction = directionOf(rule)
  if (direction === 'free') return
  const subject = rule.kind === 'figure' ? rule.figure : rule.attribute
  const law =
    direction === 'rising' ? `more ${subject} must never lower the score` : `more ${subject} must never raise the score`
  rule.bands.forEach((band, i) => {
    const previous = rule.bands[i - 1]
    if (!previous) return
    const [worse, better] = direction === 'rising' ? [previous, band] : [band, previous]
    if (better.points < worse.points) {
      report('bands_not_monotone', ['bands', i, 'points'], `Of this rule, ${law}.`)
    }
    if (ceilingOf(better) < ceilingOf(worse)) {
      report('bands_not_monotone', ['bands', i, 'ceiling'], `Ceilings included, ${law}.`)
    }
  })
}
