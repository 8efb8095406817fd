/** Made-up borrowers, as a partner submits them. */
import { cities, families, slugOf } from './demo-names.ts'
import type { Random } from './demo-random.ts'

export type DemoProfile = {
  externalReference: string
  attributes: Record<string, unknown>
  isSubmitted: boolean
}

const firstNames = ['Camille', 'Élise', 'Hugo', 'Inès', 'Jules', 'Léa', 'Louis', 'Manon', 'Nathan', 'Zoé'] as const
const situations = [
  'étudiant',
  'cadre',
  'salarié',
  'fonction_publique',
  'indépendant_libéral',
  'recherche_emploi',
] as const
const housing = ['locataire', 'colocataire', 'propriétaire', 'accédant_propriété', 'hébergé_gratuit'] as const
const familySituations = ['célibataire', 'marié_pacsé', 'séparé_divorcé'] as const

export function demoProfiles(random: Random, count: number): DemoProfile[] {
  return Array.from({ length: count }, () => demoProfile(random))
}

function demoProfile(random: Random): DemoProfile {
  const lastname = random.pick(families)
  const firstname = random.pick(firstNames)
  const situation = random.pick(situations)
  const income = situation === 'étudiant' || situation === 'recherche_emploi' ? 500 : 1500
  const monthlyIncome = income + 50 * random.below(60)
  const job =
    situation === 'étudiant'
      ? { scholarship_student: random.chance(0.4) }
      : situation === 'recherche_emploi'
        ? {}
        : { years_in_current_job: random.below(25) }
  return {
    externalReference: `DOSSIER-${random.digits(6)}`,
    isSubmitted: random.chance(0.7),
    attributes: {
      lastname,
      firstname,
      email: `${slugOf(firstname)}.${slugOf(lastname)}@mail.example`,
      birth_date: `${1955 + random.below(50)}-0${1 + random.below(9)}-1${random.below(10)}`,
      // ARCEP keeps 06 39 98 xx xx for fiction: nobody has such a number.
      phone_number: `063998${random.digits(4)}`,
      birth_country: 'France',
      family_situation: random.pick(familySituations),
      children_number: random.below(4),
      billing_town: random.pick(cities),
      billing_country: 'France',
      housing_situation: random.pick(housing),
      professional_situation: situation,
      ...job,
      monthly_income: monthlyIncome,
      monthly_charges: Math.round(monthlyIncome * (0.1 + 0.05 * random.below(9))),
      ...(random.chance(0.5) ? { means_of_movement: ['marche', random.pick(['vélo', 'auto', 'moto'])] } : {}),
    },
  }
}
