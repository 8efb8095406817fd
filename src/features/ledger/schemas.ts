/** Shapes that customers, invoices and entries share. Amounts are canonical decimals (kernel/decimal.ts), days ISO text. */
import { Type } from 'typebox'
import type { RowFault } from '#kernel/row-faults.ts'

/** Thirteen digits and two decimals at most: what numeric(15,2) holds. */
export const amount = Type.String({ pattern: '^-?[0-9]{1,13}\\.[0-9]{2}$' })
export const day = Type.String({ format: 'date' })
/** ISO 4217, three letters. */
export const currency = Type.String({ pattern: '^[A-Z]{3}$' })

/** What becomes a field of the FEC, where a tab ends the field and nothing can be quoted: no control characters. */
export const code = (maxLength: number) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: '^[^\\s\\u0000-\\u001F\\u007F](?:[^\\u0000-\\u001F\\u007F]*[^\\s\\u0000-\\u001F\\u007F])?$',
  })

/** Of every list: the number of a page, or the place after which to go on; never both. */
export const pageRequest = {
  limit: Type.Integer({ minimum: 1, maximum: 500 }),
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000_000 })),
  after: Type.Optional(Type.String({ maxLength: 2000 })),
  order: Type.Optional(Type.Union([Type.Literal('asc'), Type.Literal('desc')])),
}
export type PageRequest = { limit: number; page?: number; after?: string; order?: 'asc' | 'desc' }

export type Listed<Row> = {
  rows: Row[]
  /** Of everything without filters; null of a filtered list, which would have to be counted row by row. */
  total: number | null
  /** What to send as `after` for the next page; null on the last. */
  next: string | null
}

/** What became of one row of a bulk insert. */
export type RowOutcome =
  | { outcome: 'inserted' | 'updated' | 'exists' }
  /** `field` is the row's own, where one is at fault. */
  | ({ outcome: 'refused' } & RowFault)
