/** What columns give and take. */
import type { ColumnType } from 'kysely'

export type Json = ColumnType<unknown, unknown, unknown>
export type Moment = ColumnType<Date, Date, Date>
export type MomentOrNull = ColumnType<Date | null, Date | null | undefined, Date | null>
/** The database knows one where none is given. */
export type DefaultedMoment = ColumnType<Date, Date | undefined, Date>
