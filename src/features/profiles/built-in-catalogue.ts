/** The 33 attributes of the PartnerB2B document in its order and with its ids, and the notes' conditional requirements. */
import { countriesInFrench } from './countries.ts'
import type { Attribute, CatalogueDefinition, Requirement } from './schemas.ts'
import { plainAttribute } from './schemas.ts'

type Given = Pick<Attribute, 'pk' | 'name' | 'displayedName' | 'type'> & Partial<Attribute>

const emailPattern =
  "[A-Za-z0-9.!#$%&'*+/=?^_{|}~`-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59})"
/** Ten digits from 0, or nine behind +33 or 0033 (or an overseas code), with or without separators. */
const frenchPhonePattern =
  '(?:(?:\\+|00)(?:33|262|508|590|594|596|681|687|689)[ .-]?(?:\\(0\\)[ .-]?)?|0)[1-9](?:[ .-]?[0-9]{2}){4}'

const file = { type: 'file', sensitiveData: true, acceptedFormat: 'pdf', maxSize: null } as const
const unique = { type: 'choice', validation: 'unique choice' } as const
const country = { ...unique, choices: [...countriesInFrench] }
const text = { type: 'string' } as const

const categories: Readonly<Record<string, readonly Given[]>> = {
  'family situation': [
    {
      pk: 91,
      name: 'family_situation',
      displayedName: 'Situation familiale',
      type: 'choice',
      choices: ['célibataire', 'marié_pacsé', 'séparé_divorcé'],
    },
  ],
  documents: [
    { pk: 100, name: 'bank_statement', displayedName: 'Relevé bancaire', ...file },
    { pk: 101, name: 'proof_of_address', displayedName: 'Justificatif de domicile', ...file },
  ],
  address: [
    { pk: 79, name: 'billing_address1', displayedName: 'Adresse de facturation 1', ...text },
    { pk: 80, name: 'billing_address2', displayedName: 'Adresse de facturation 2', ...text },
    { pk: 81, name: 'billing_zip_code', displayedName: 'Code postal de facturation', ...text },
    { pk: 82, name: 'billing_town', displayedName: 'Ville de facturation', ...text },
    { pk: 83, name: 'billing_country', displayedName: 'Pays de facturation', ...country },
    { pk: 84, name: 'delivery_address1', displayedName: 'Adresse de livraison1', ...text },
    { pk: 85, name: 'delivery_address2', displayedName: 'Adresse de livraison2', ...text },
    { pk: 86, name: 'delivery_zip_code', displayedName: 'Code postal de livraison', ...text },
    { pk: 87, name: 'delivery_town', displayedName: 'Ville de livraison', ...text },
    { pk: 88, name: 'delivery_country', displayedName: 'Pays de livraison', ...country },
  ],
  diverse: [
    { pk: 97, name: 'scholarship_student', displayedName: 'étudiant boursier', type: 'boolean' },
    { pk: 98, name: 'years_in_current_job', displayedName: 'Années de poste actuel', type: 'integer' },
    {
      pk: 99,
      name: 'means_of_movement',
      displayedName: 'Moyen de déplacement',
      type: 'choice',
      validation: 'multiple choice',
      choices: ['marche', 'vélo', 'auto', 'moto'],
    },
  ],
  'housing situation': [
    {
      pk: 89,
      name: 'housing_situation',
      displayedName: 'Situation de logement',
      ...unique,
      choices: [
        'locataire',
        'colocataire',
        'propriétaire',
        'accédant_propriété',
        'hébergé_gratuit',
        "autre situation d'habilitation",
      ],
    },
    { pk: 90, name: 'other_housing_situation', displayedName: 'Situation de logement autre', ...text },
  ],
  'professional situation': [
    {
      pk: 93,
      name: 'professional_situation',
      displayedName: 'Situation professionnelle',
      ...unique,
      choices: [
        'étudiant',
        'cadre',
        'entrepreneur_chef_entreprise',
        'indépendant_libéral',
        'fonction_publique',
        'salarié',
        'recherche_emploi',
        'autre situation professionnelle',
      ],
    },
  ],
  children: [
    {
      pk: 92,
      name: 'children_number',
      displayedName: "Nombre d'enfants",
      type: 'integer',
      validation: 'min/max value',
      minValue: 0,
    },
  ],
  'identity document': [
    {
      pk: 77,
      name: 'identity_document_type',
      displayedName: "Type de pièce d'identité",
      type: 'choice',
      choices: ['CI', 'passeport', 'carte_sejour'],
    },
    { pk: 78, name: 'identity_document_number', displayedName: "Numéro de pièce d'identité", ...text },
  ],
  'personal data': [
    { pk: 69, name: 'lastname', displayedName: 'Nom', ...text, isRequired: true },
    { pk: 70, name: 'firstname', displayedName: 'Prénom', ...text, isRequired: true },
    { pk: 71, name: 'gender', displayedName: 'Genre', ...unique, choices: ['M', 'F', 'autre genre'] },
    {
      pk: 72,
      name: 'email',
      displayedName: 'Email',
      ...text,
      isRequired: true,
      validation: 'regex',
      pattern: emailPattern,
    },
    { pk: 74, name: 'birth_date', displayedName: 'Date de naissance', type: 'date', isRequired: true },
    { pk: 75, name: 'birth_country', displayedName: 'Pays de naissance', ...country },
    { pk: 76, name: 'birth_town', displayedName: 'Ville de naissance', ...text },
    {
      pk: 73,
      name: 'phone_number',
      displayedName: 'Numéro de téléphone',
      ...text,
      isRequired: true,
      validation: 'regex',
      pattern: frenchPhonePattern,
    },
  ],
  'product usage': [
    {
      pk: 94,
      name: 'product_usage',
      displayedName: 'Usage du produit',
      ...unique,
      choices: ['études', 'loisir', 'professionnel'],
    },
  ],
  'income and expenses': [
    { pk: 95, name: 'monthly_income', displayedName: 'Revenu mensuel', type: 'integer', isRequired: true },
    { pk: 96, name: 'monthly_charges', displayedName: 'Charges mensuel', type: 'integer', isRequired: true },
  ],
}

const inAJob = [
  'cadre',
  'entrepreneur_chef_entreprise',
  'indépendant_libéral',
  'fonction_publique',
  'salarié',
  'autre situation professionnelle',
]
const requirements: Requirement[] = [
  { attribute: 'professional_situation', choice: 'étudiant', requires: 'scholarship_student' },
  ...inAJob.map((choice) => ({ attribute: 'professional_situation', choice, requires: 'years_in_current_job' })),
  { attribute: 'housing_situation', choice: "autre situation d'habilitation", requires: 'other_housing_situation' },
]

/** The catalogue of every tenant that has changed nothing: version 0. */
export const builtInDefinition: CatalogueDefinition = {
  attributes: Object.entries(categories).flatMap(([category, given]) =>
    given.map((one) => ({ ...plainAttribute, category, ...one })),
  ),
  requirements,
}
