/**
 * What no scorecard may judge. Article 225-1 of the French criminal code lists the grounds of discrimination; the
 * contract names gender, birth country and family situation. Refused with them is what could stand in for them: who may
 * not ask where somebody was born must not ask for the town, the document or the name either.
 */

type Ground = { ground: string; because: string }

const of = (ground: string, because: string): Ground => ({ ground, because })

const origin = 'origin and nationality'
const residence = 'place of residence'
const family = 'family situation'
const identity = 'it identifies a person and says nothing of the ability to pay'

const forbidden: ReadonlyMap<string, Ground> = new Map([
  ['gender', of('sex and gender identity', 'forbidden itself')],
  ['birth_country', of(origin, 'forbidden itself')],
  ['family_situation', of(family, 'forbidden itself')],
  ['birth_town', of(origin, 'a town stands for its country')],
  ['lastname', of(origin, 'a name stands for origin (the family name is a ground of its own)')],
  ['firstname', of('sex and origin', 'a first name stands for both')],
  ['birth_date', of('age', 'forbidden itself')],
  ['identity_document_type', of(origin, 'a residence permit stands for another nationality')],
  ['identity_document_number', of(origin, `its form tells the country, and ${identity}`)],
  ['email', of(origin, `it holds the name, and ${identity}`)],
  ['phone_number', of(origin, `its prefix tells the country, and ${identity}`)],
  // Only its share in what is left to live on for each person counts (figures.ts).
  ['children_number', of(family, 'it may only divide what is left to live on')],
  ['other_housing_situation', of(residence, 'free text may hold anything')],
  ...['billing', 'delivery'].flatMap((kind) =>
    ['address1', 'address2', 'zip_code', 'town', 'country'].map(
      (part) => [`${kind}_${part}`, of(residence, 'an address stands for origin and for the neighbourhood')] as const,
    ),
  ),
])

/** Beginnings of words, without accents, in names of attributes that a tenant has added: French and English. */
const suspicious: readonly { ground: string; words: readonly string[] }[] = [
  { ground: 'sex and gender identity', words: ['sex', 'gender', 'genre', 'trans'] },
  {
    ground: origin,
    words: [
      'birth',
      'naissance',
      'origin',
      'national',
      'citizen',
      'citoyen',
      'ethni',
      'rac',
      'migra',
      'visa',
      'sejour',
    ],
  },
  { ground: 'language', words: ['lang', 'accent'] },
  { ground: 'name', words: ['name', 'lastname', 'firstname', 'surname', 'nom', 'prenom', 'patronym'] },
  {
    ground: family,
    words: [
      'family',
      'famil',
      'marital',
      'matrimon',
      'married',
      'mari',
      'pacs',
      'spouse',
      'conjoint',
      'divorc',
      'child',
      'enfant',
      'pregnan',
      'grossesse',
      'enceinte',
    ],
  },
  { ground: 'age', words: ['age', 'retire', 'retrait'] },
  {
    ground: 'health and disability',
    words: ['health', 'sante', 'disab', 'handicap', 'illness', 'malad', 'medic', 'genet'],
  },
  { ground: 'religion', words: ['relig', 'faith', 'croyance', 'church', 'mosque', 'confession'] },
  { ground: 'opinions and unions', words: ['politi', 'opinion', 'union', 'syndic', 'vote'] },
  { ground: 'sexual orientation and manners', words: ['orientation', 'moeurs'] },
  {
    ground: residence,
    words: [
      'address',
      'adresse',
      'zip',
      'postal',
      'postcode',
      'town',
      'city',
      'ville',
      'commune',
      'country',
      'pays',
      'region',
      'departement',
      'quartier',
      'neighbo',
      'street',
      'rue',
    ],
  },
  { ground: 'domicile of the bank account', words: ['iban', 'bic', 'domiciliation'] },
  {
    ground: 'identity',
    words: [
      'email',
      'mail',
      'phone',
      'telephone',
      'mobile',
      'identity',
      'identite',
      'passport',
      'passeport',
      'ssn',
      'nir',
    ],
  },
]

/** Short beginnings would catch innocent words ("age" of "agency"): these must be the whole word. */
const wholeWords = new Set([
  'age',
  'rac',
  'rue',
  'nom',
  'name',
  'bic',
  'nir',
  'ssn',
  'mari',
  'lang',
  'mail',
  'zip',
  'city',
  'trans',
  'vote',
  'visa',
  'union',
  'mobile',
])
/** What those look like in the plural, and other forms of them. */
const otherForms: Readonly<Record<string, string>> = {
  ages: 'age',
  aged: 'age',
  race: 'rac',
  races: 'rac',
  racial: 'rac',
  noms: 'nom',
  names: 'name',
  language: 'lang',
  languages: 'lang',
  langue: 'lang',
  langues: 'lang',
  transgender: 'trans',
  transgenre: 'trans',
  cities: 'city',
  marie: 'mari',
  mariee: 'mari',
  maries: 'mari',
  unions: 'union',
  votes: 'vote',
  visas: 'visa',
}

/** The words of a name: birth_country, birthCountry, "Pays de naissance", without accents and in lower case. */
function wordsOf(text: string): string[] {
  return text
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
}

function matches(word: string, beginning: string): boolean {
  if (wholeWords.has(beginning)) return (otherForms[word] ?? word) === beginning
  return word.startsWith(beginning)
}

/**
 * Whether the law, or caution, forbids to judge the attribute.
 * @returns null, or the ground and why, in a sentence's end
 */
export function forbiddenGround(attribute: string, displayedName = ''): Ground | null {
  const known = forbidden.get(attribute)
  if (known) return known
  if (allowedAttributes.has(attribute)) return null
  const words = [...wordsOf(attribute), ...wordsOf(displayedName)]
  for (const { ground, words: beginnings } of suspicious) {
    const found = words.find((word) => beginnings.some((beginning) => matches(word, beginning)))
    if (found !== undefined) return of(ground, `"${found}" in its name`)
  }
  return null
}

/** What is left of the built-in catalogue. */
const allowedAttributes: ReadonlySet<string> = new Set([
  'monthly_income',
  'monthly_charges',
  'professional_situation',
  'years_in_current_job',
  'housing_situation',
  'product_usage',
  'scholarship_student',
  'means_of_movement',
  'bank_statement',
  'proof_of_address',
])

export const forbiddenAttributes: readonly string[] = [...forbidden.keys()]
