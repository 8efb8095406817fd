/** An analysis as blocks of text, ready for a page, in French or English. Plain text: whoever prints it escapes it. Pure. */
import type { AnalysisDetails, Reason } from './details.ts'
import type { Language, Topic } from './scorecard.ts'
import { topics } from './scorecard.ts'
import { figureText, pointsText } from './wording.ts'

export type Block =
  | { type: 'heading'; text: string }
  | { type: 'paragraph'; text: string }
  | { type: 'list'; items: { title: string; text: string; points: number; pointsText: string; maximum: number }[] }

export type Explanation = { language: Language; title: string; score: number; grade: string; blocks: Block[] }

const headings: Readonly<Record<Topic, Record<Language, string>>> = {
  budget: { fr: 'Budget', en: 'Budget' },
  work: { fr: 'Stabilité professionnelle', en: 'Stability of work' },
  housing: { fr: 'Stabilité du logement', en: 'Stability of housing' },
  documents: { fr: 'Pièces justificatives', en: 'Documents' },
  other: { fr: 'Autres éléments', en: 'Other' },
}

export function explain(
  { score, version, details }: { score: number; version: number; details: AnalysisDetails },
  language: Language,
): Explanation {
  const grade = details.grade[language]
  const say = (fr: string, en: string): Block => ({ type: 'paragraph', text: language === 'fr' ? fr : en })
  const blocks: Block[] = [
    say(`Le score est de ${score} sur 100 : ${grade}.`, `The score is ${score} of 100: ${grade}.`),
  ]
  for (const reason of details.reasons) {
    if (reason.ceiling === null || reason.ceiling >= 100) continue
    blocks.push(
      say(
        `Quel que soit le reste, le score ne dépasse pas ${reason.ceiling} : ${reason.text.fr}`,
        `Whatever else there is, the score does not exceed ${reason.ceiling}: ${reason.text.en}`,
      ),
    )
  }
  if (details.base !== 0) {
    const base = pointsText(details.base, language)
    blocks.push(say(`Chaque profil part de ${base}.`, `Every profile starts with ${base}.`))
  }
  for (const topic of topics) {
    const reasons = details.reasons.filter((reason) => reason.topic === topic)
    if (reasons.length === 0) continue
    blocks.push({ type: 'heading', text: headings[topic][language] })
    if (topic === 'budget') blocks.push(...budget(details, language))
    blocks.push({ type: 'list', items: reasons.map((reason) => itemOf(reason, language)) })
  }
  blocks.push(
    say(
      'Aucun critère interdit par la loi (sexe, origine, âge, situation familiale, lieu de résidence…) n’entre dans ce score.',
      'Nothing that the law forbids to judge (sex, origin, age, family situation, place of residence…) is part of this score.',
    ),
    say(`Grille de score : version ${version}.`, `Scorecard: version ${version}.`),
  )
  const title = language === 'fr' ? 'Explication du score' : 'Explanation of the score'
  return { language, title, score, grade, blocks }
}

function budget(details: AnalysisDetails, language: Language): Block[] {
  const { debtRatio, debtRatioLimit, leftToLiveOn } = details
  const limit = figureText('ratio', debtRatioLimit, language)
  const blocks: Block[] = []
  if (debtRatio !== null) {
    const ratio = figureText('ratio', debtRatio, language)
    blocks.push({
      type: 'paragraph',
      text:
        language === 'fr'
          ? `Taux d’endettement : ${ratio} (limite du régulateur français : ${limit}).`
          : `Debt ratio: ${ratio} (limit of the French regulator: ${limit}).`,
    })
  }
  if (leftToLiveOn !== null) {
    const left = figureText('euros', leftToLiveOn, language)
    blocks.push({
      type: 'paragraph',
      text: language === 'fr' ? `Reste à vivre : ${left} par mois.` : `Left to live on: ${left} a month.`,
    })
  }
  return blocks
}

function itemOf(reason: Reason, language: Language) {
  return {
    title: reason.title[language],
    text: reason.text[language],
    points: reason.points,
    pointsText: pointsText(reason.points, language),
    maximum: reason.maximum,
  }
}
