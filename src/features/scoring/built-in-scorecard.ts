/**
 * Version 1: what judges where a tenant has activated no scorecard of its own. Points add up to 100 for the best profile.
 * Over 35 % of debt the score stays below 50 whatever else is there: France's Haut Conseil de stabilité financière
 * (decision D-HCSF-2021-7) lets lenders exceed that ratio for a fifth of their loans only.
 */
import type { Band, Outcome, ScorecardDefinition } from './scorecard.ts'

export const builtInVersion = 1

const outcome = (points: number, fr: string, en: string, ceiling?: number): Outcome => ({
  points,
  reason: { fr, en },
  ...(ceiling === undefined ? {} : { ceiling }),
})
const band = (from: number | null, to: number | null, met: Outcome): Band => ({ from, to, ...met })
const option = (choices: string[], met: Outcome) => ({ choices, ...met })

export const builtInScorecard: ScorecardDefinition = {
  title: { fr: 'Grille de score standard', en: 'Standard scorecard' },
  base: 0,
  rules: [
    {
      id: 'debt_ratio',
      kind: 'figure',
      figure: 'debt_ratio',
      topic: 'budget',
      title: { fr: "Taux d'endettement", en: 'Debt ratio' },
      bands: [
        band(null, 0.1, outcome(30, 'Taux d’endettement très faible : {value}.', 'Very low debt ratio: {value}.')),
        band(0.1, 0.2, outcome(25, 'Taux d’endettement faible : {value}.', 'Low debt ratio: {value}.')),
        band(0.2, 0.3, outcome(18, 'Taux d’endettement maîtrisé : {value}.', 'Moderate debt ratio: {value}.')),
        band(
          0.3,
          0.35,
          outcome(
            10,
            'Taux d’endettement proche de la limite de 35 % : {value}.',
            'Debt ratio close to the limit of 35%: {value}.',
          ),
        ),
        band(
          0.35,
          0.5,
          outcome(-10, 'Taux d’endettement au-dessus de 35 % : {value}.', 'Debt ratio above 35%: {value}.', 49),
        ),
        band(
          0.5,
          null,
          outcome(
            -20,
            'Les charges dépassent la moitié du revenu : {value}.',
            'Charges exceed half of the income: {value}.',
            29,
          ),
        ),
      ],
      missing: outcome(
        -20,
        'Revenu ou charges non renseignés : taux d’endettement inconnu.',
        'Income or charges not told: the debt ratio is unknown.',
        29,
      ),
    },
    {
      id: 'left_to_live_on',
      kind: 'figure',
      figure: 'left_to_live_on_per_person',
      topic: 'budget',
      title: { fr: 'Reste à vivre par personne', en: 'Left to live on for each person' },
      bands: [
        band(
          null,
          0,
          outcome(-10, 'Les charges dépassent le revenu : {value}.', 'Charges exceed the income: {value}.'),
        ),
        band(
          0,
          400,
          outcome(
            0,
            'Reste à vivre insuffisant : {value} par personne.',
            'Too little left to live on: {value} for each person.',
          ),
        ),
        band(
          400,
          700,
          outcome(
            8,
            'Reste à vivre juste : {value} par personne.',
            'Just enough left to live on: {value} for each person.',
          ),
        ),
        band(
          700,
          1000,
          outcome(
            15,
            'Reste à vivre correct : {value} par personne.',
            'Fair amount left to live on: {value} for each person.',
          ),
        ),
        band(
          1000,
          1500,
          outcome(
            20,
            'Reste à vivre confortable : {value} par personne.',
            'Comfortable amount left to live on: {value} for each person.',
          ),
        ),
        band(
          1500,
          null,
          outcome(
            25,
            'Reste à vivre élevé : {value} par personne.',
            'High amount left to live on: {value} for each person.',
          ),
        ),
      ],
      missing: outcome(-10, 'Reste à vivre inconnu.', 'What is left to live on is unknown.'),
    },
    {
      id: 'professional_situation',
      kind: 'choice',
      attribute: 'professional_situation',
      topic: 'work',
      title: { fr: 'Situation professionnelle', en: 'Professional situation' },
      options: [
        option(['fonction_publique'], outcome(15, 'Emploi très stable : {value}.', 'Very stable work: {value}.')),
        option(['cadre', 'salarié'], outcome(13, 'Emploi stable : {value}.', 'Stable work: {value}.')),
        option(
          ['entrepreneur_chef_entreprise', 'indépendant_libéral'],
          outcome(9, 'Activité indépendante : {value}.', 'Independent work: {value}.'),
        ),
        option(['étudiant'], outcome(5, 'Situation en évolution : {value}.', 'Situation about to change: {value}.')),
        option(
          ['recherche_emploi'],
          outcome(0, 'Sans emploi actuellement : {value}.', 'Without work at present: {value}.'),
        ),
      ],
      otherwise: outcome(5, 'Autre situation professionnelle : {value}.', 'Other professional situation: {value}.'),
      missing: outcome(0, 'Situation professionnelle non renseignée.', 'Professional situation not told.'),
    },
    {
      id: 'years_in_current_job',
      kind: 'number',
      attribute: 'years_in_current_job',
      topic: 'work',
      title: { fr: 'Ancienneté', en: 'Time in the current job' },
      bands: [
        band(null, 1, outcome(0, 'Ancienneté de moins d’un an : {value}.', 'Less than a year in the job: {value}.')),
        band(1, 3, outcome(4, 'Ancienneté récente : {value}.', 'Recent job: {value}.')),
        band(3, 5, outcome(7, 'Ancienneté établie : {value}.', 'Established in the job: {value}.')),
        band(5, null, outcome(10, 'Ancienneté longue : {value}.', 'Long in the job: {value}.')),
      ],
      missing: outcome(0, 'Ancienneté non renseignée.', 'Time in the job not told.'),
    },
    {
      id: 'housing_situation',
      kind: 'choice',
      attribute: 'housing_situation',
      topic: 'housing',
      title: { fr: 'Logement', en: 'Housing' },
      options: [
        option(['propriétaire'], outcome(10, 'Logement très stable : {value}.', 'Very stable housing: {value}.')),
        option(['accédant_propriété'], outcome(8, 'Logement stable : {value}.', 'Stable housing: {value}.')),
        option(['locataire'], outcome(7, 'Logement stable : {value}.', 'Stable housing: {value}.')),
        option(
          ['colocataire', 'hébergé_gratuit'],
          outcome(5, 'Logement partagé ou hébergé : {value}.', 'Shared or free housing: {value}.'),
        ),
      ],
      otherwise: outcome(3, 'Autre situation de logement : {value}.', 'Other housing situation: {value}.'),
      missing: outcome(0, 'Situation de logement non renseignée.', 'Housing situation not told.'),
    },
    {
      id: 'documents',
      kind: 'documents',
      documents: ['bank_statement', 'proof_of_address'],
      topic: 'documents',
      title: { fr: 'Pièces justificatives', en: 'Documents' },
      complete: outcome(10, 'Pièces justificatives complètes : {value}.', 'All documents are there: {value}.'),
      partial: outcome(
        4,
        'Pièces justificatives incomplètes : {value}.',
        'Some documents are missing; there is: {value}.',
      ),
      none: outcome(0, 'Aucune pièce justificative.', 'No document.'),
    },
  ],
  grades: [
    { from: 0, label: { fr: 'Dossier fragile', en: 'Weak' } },
    { from: 30, label: { fr: 'Dossier à examiner', en: 'To be examined' } },
    { from: 50, label: { fr: 'Dossier correct', en: 'Fair' } },
    { from: 70, label: { fr: 'Dossier solide', en: 'Good' } },
    { from: 85, label: { fr: 'Dossier très solide', en: 'Very good' } },
  ],
}
