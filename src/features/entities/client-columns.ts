/** Columns of the platform's clients and of profiles. */
import type { EntityColumn } from './schemas.ts'
import { both, moments, needed, shown, siret } from './shared-columns.ts'

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
  siret,
  {
    name: 'is_active',
    field: 'isActive',
    type: 'boolean',
    label: { fr: 'Actif', en: 'Active' },
    synonyms: [],
    ...shown,
  },
  ...moments,
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
  ...moments,
  {
    name: 'submitted_at',
    field: 'submittedAt',
    type: 'date',
    label: { fr: 'Soumis le', en: 'Submitted at' },
    synonyms: [],
    ...shown,
  },
]
