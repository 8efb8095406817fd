/** What columns of several entities have in common, and columns that are the same in several. */
import type { EntityColumn } from './schemas.ts'

export const both = { imported: 'optional' } as const
export const needed = { imported: 'required' } as const
export const shown = { imported: 'never' } as const

export const id: EntityColumn = {
  name: 'id',
  field: 'id',
  type: 'string',
  label: { fr: 'Identifiant', en: 'Id' },
  synonyms: [],
  ...shown,
}

export const siret: EntityColumn = {
  name: 'siret',
  field: 'siret',
  type: 'siret',
  label: { fr: 'SIRET', en: 'SIRET' },
  synonyms: ['n siret', 'no siret', 'numero siret', 'num siret'],
  ...both,
}

/** When the row was made, and last changed. */
export const moments: readonly EntityColumn[] = [
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
