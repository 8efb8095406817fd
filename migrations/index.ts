import { sql as foundation } from './0001-foundation.ts'
import { sql as identity } from './0002-identity.ts'

export type Migration = { readonly id: string; readonly sql: string }

/** In order, forward only. One that has been released is never edited: its checksum is kept in the database. */
export const migrations: readonly Migration[] = [
  { id: '0001-foundation', sql: foundation },
  { id: '0002-identity', sql: identity },
]
