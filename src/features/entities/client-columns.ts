/** Columns of the platform's clients and of profiles. */
import type { EntityColumn } from './schemas.ts'

const both = { imported: 'optional' } as const
const needed = { imported: 'required' } as const
const shown = { imported: 'never' } as const

export const clientColumns: readonly EntityColumn[] = [
  {
    name: 'uid',
    field: 'uid',
    type: 'string',
    label: { fr: 'Identifiant', en: 'Id' },
    synonyms: [],
    aliases: ['id'],
    ...shown,
  },
  {
    name: 'name',
    field: 'name',
    type: 'string',
    label: { fr: 'Nom', en: 'Name' },
    synonyms: [
      'nom client',
      'raison sociale',
      'societe',
      'denomination',
      'client',
      'client name',
      'company',
      'company name',
    ],
    aliases: ['client_name'],
    ...needed,
  },
  {
    name: 'description',
    field: 'description',
    type: 'string',
    label: { fr: 'Description', en: 'Description' },
    synonyms: ['commentaire', 'note', 'notes', 'remarque'],
    ...both,
  },
  {
    name: 'siret',
    field: 'siret',
    type: 'siret',
    label: { fr: 'SIRET', en: 'SIRET' },
    synonyms: ['n siret', 'no siret', 'numero siret', 'num siret'],
    ...both,
  },
  {
    name: 'is_active',
    field: 'isActive',
    type: 'boolean',
    label: { fr: 'Actif', en: 'Active' },
    synonyms: [],
    ...shown,
  },
  {
    name: 'created_at',
    field: 'createdAt',
    type: 'date',
    label: { fr: 'Créé le', en: 'Created at' },
    synonyms: [],
    ...shown,
  },
  {
    name: 'updated_at',
    field: 'updatedAt',
    type: 'date',
    label: { fr: 'Modifié le', en: 'Updated at' },
    synonyms: [],
    ...shown,
  },
]

/** Beside these, every attribute of the tenant's catalogue is a column by its name. */
export const profileColumns: readonly EntityColumn[] = [
  {
    name: 'pk',
    field: 'pk',
    type: 'integer',
    label: { fr: 'Numéro', en: 'Number' },
    synonyms: [],
    aliases: ['id'],
    ...shown,
  },
  {
    name: 'client_uid',
    field: 'clientUid',
    type: 'string',
    label: { fr: 'Client', en: 'Client' },
    synonyms: ['client id', 'uid client', 'identifiant client', 'partner'],
    aliases: ['client'],
    ...needed,
  },
  {
    name: 'external_reference',
    field: 'externalReference',
    type: 'string',
    label: { fr: 'Référence externe', en: 'External reference' },
    synonyms: ['reference', 'ref', 'reference dossier', 'dossier'],
    ...both,
  },
  {
    name: 'status',
    field: 'status',
    type: 'enum',
    values: ['draft', 'complete'],
    label: { fr: 'Statut', en: 'Status' },
    synonyms: [],
    ...shown,
  },
  {
    name: 'created_at',
    field: 'createdAt',
    type: 'date',
    label: { fr: 'Créé le', en: 'Created at' },
    synonyms: [],
    ...shown,
  },
  {
    name: 'updated_at',
    field: 'updatedAt',
    type: 'date',
    label: { fr: 'Modifié le', en: 'Updated at' },
    synonyms: [],
    ...shown,
  },
  {
    name: 'submitted_at',
    field: 'submittedAt',
    type: 'date',
    label: { fr: 'Soumis le', en: 'Submitted at' },
    synonyms: [],
    ...shown,
  },
]
