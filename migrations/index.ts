import { sql as foundation } from './0001-foundation.ts'

export type Migration = { readonly id: string; readonly sql: string }

/** In order, forward only. One that has been released is never edited: its checksum is kept in the database. */
export const migrations: readonly Migration[] = [{ id: '0001-foundation', sql: foundation }]
