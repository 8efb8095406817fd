/** Why a row of a file is refused, in French, as the contract of imports has it. */
type SchemaProblem = { keyword: string; params: object }

/** What does not fit the shape of a row; undefined: it is not known. */
export function shapeReason(problem: SchemaProblem | undefined): string {
  const { limit } = (problem?.params ?? {}) as { limit?: number }
  switch (problem?.keyword) {
    case 'required':
      return 'Valeur obligatoire'
    case 'maxLength':
      return `Valeur trop longue : ${limit} caractères au plus`
    case 'minLength':
      return limit === 1 ? 'Valeur obligatoire' : `Valeur trop courte : ${limit} caractères au moins`
    case 'enum':
    case 'const':
    case 'anyOf':
      return "Valeur qui n'est pas parmi celles possibles"
    default:
      return "Valeur qui n'a pas la forme attendue"
  }
}

export const rowReasons = {
  siret: 'SIRET attendu : 14 chiffres, avec une clé valide',
  amounts: 'Montants trop grands',
  noCustomer: "Aucun client n'a ce code",
  otherLine: "Une autre ligne de l'écriture a été refusée",
  oneDate: "Les lignes d'une écriture ont une seule date",
  oneJournal: "Les lignes d'une écriture ont un seul journal",
  oneValidation: "Les lignes d'une écriture sont validées le même jour",
  unbalanced: "L'écriture n'est pas équilibrée",
  line_amount_negative: 'Débit et crédit ne sont jamais négatifs',
  line_amount_sides: 'Une ligne a un débit ou un crédit, pas les deux',
  line_currency_incomplete: 'Un montant en devise va avec sa devise',
  line_auxiliary_incomplete: 'Un libellé de compte auxiliaire va avec son numéro',
  line_lettering_incomplete: 'Un lettrage va avec sa date',
  noClient: "Ce client n'existe pas, ou n'est pas actif",
  longReference: 'Référence trop longue',
  needed: 'Valeur obligatoire',
  attributesChanged: 'Les attributs ont été modifiés entre-temps : importez de nouveau cette ligne',
  attribute_unknown: "Cet attribut n'existe pas",
  choice_unknown: "Ce choix n'existe pas",
  choice_not_unique: 'Un seul choix est possible',
  attribute_mismatch: "Valeur qui n'a pas la forme attendue",
  attribute_type: "Valeur qui n'est pas du genre attendu",
  attribute_value: "Valeur qui n'est pas possible",
} as const
