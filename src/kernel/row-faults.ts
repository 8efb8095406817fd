/** Why a row of a file is refused, in French, as the contract of imports has it. */
import type { Told } from './faults.ts'
import { defineFaults } from './faults.ts'

export const rowFault = defineFaults({
  row_needed: 'Valeur obligatoire',
  row_empty: 'Valeur vide, sera ignorée',
  row_too_long: 'Valeur trop longue : {limit} caractères au plus',
  row_too_short: 'Valeur trop courte : {limit} caractères au moins',
  row_not_possible: "Valeur qui n'est pas parmi celles possibles",
  row_form: "Valeur qui n'a pas la forme attendue",
  row_whole_number: 'Nombre entier attendu',
  row_amount: 'Montant attendu, avec {decimals} décimales au plus, comme 1 234,56',
  row_date: 'Date attendue, comme 31/12/2024 ou 2024-12-31',
  row_yes_or_no: 'Oui ou non attendu',
  row_email: 'Adresse e-mail attendue',
  row_siret: 'SIRET attendu : 14 chiffres, avec une clé valide',
  row_siren: 'SIREN attendu : 9 chiffres, avec une clé valide',
  row_iban: 'IBAN attendu, avec une clé valide',
  row_one_of: 'Valeur attendue : {values}',
  row_cells: "La ligne a {cells} cellules, l'en-tête en a {columns}",
  row_object_large: "L'objet est trop grand",
  row_object_deep: "L'objet a plus de {levels} niveaux",
  row_no_object: "Ce n'est pas un objet JSON",
  row_no_json: "Ce n'est pas du JSON valide",
  row_exists: 'Existe déjà',
  row_amounts_large: 'Montants trop grands',
  row_customer_unknown: "Aucun client n'a ce code",
  row_customer_code_unknown: "Aucun client n'a le code {code}",
  row_other_line: "Une autre ligne de l'écriture a été refusée",
  row_one_date: "Les lignes d'une écriture ont une seule date",
  row_one_journal: "Les lignes d'une écriture ont un seul journal",
  row_one_validation: "Les lignes d'une écriture sont validées le même jour",
  row_unbalanced: "L'écriture n'est pas équilibrée",
  row_client_unknown: "Ce client n'existe pas, ou n'est pas actif",
  row_reference_long: 'Référence trop longue',
  row_attributes_changed: 'Les attributs ont été modifiés entre-temps : importez de nouveau cette ligne',
  // What lines of entries and values of profiles are refused for elsewhere too, by the same codes.
  line_amount_negative: 'Débit et crédit ne sont jamais négatifs',
  line_amount_sides: 'Une ligne a un débit ou un crédit, pas les deux',
  line_currency_incomplete: 'Un montant en devise va avec sa devise',
  line_auxiliary_incomplete: 'Un libellé de compte auxiliaire va avec son numéro',
  line_lettering_incomplete: 'Un lettrage va avec sa date',
  attribute_unknown: "Cet attribut n'existe pas",
  choice_unknown: "Ce choix n'existe pas",
  choice_not_unique: 'Un seul choix est possible',
  attribute_mismatch: "Valeur qui n'a pas la forme attendue",
  attribute_type: "Valeur qui n'est pas du genre attendu",
  attribute_value: "Valeur qui n'est pas possible",
})

/** What is wrong with a row, and in which of its fields; null: in none of them. */
export type RowFault = Told & { field: string | null }
/** As it was kept: those of before had no code. */
export type KeptRowFault = Pick<RowFault, 'field' | 'message'> & Partial<Told>

type SchemaProblem = { keyword: string; params: object }

/** What does not fit the shape of a row; undefined: it is not known. */
export function shapeFault(problem: SchemaProblem | undefined): Told {
  const { limit = 0 } = (problem?.params ?? {}) as { limit?: number }
  switch (problem?.keyword) {
    case 'required':
      return rowFault('row_needed')
    case 'maxLength':
      return rowFault('row_too_long', { limit })
    case 'minLength':
      return limit === 1 ? rowFault('row_needed') : rowFault('row_too_short', { limit })
    case 'enum':
    case 'const':
    case 'anyOf':
      return rowFault('row_not_possible')
    default:
      return rowFault('row_form')
  }
}
