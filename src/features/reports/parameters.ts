/** Parameters and columns that several builders have. */
import { Type } from 'typebox'
import type { DatasetColumn } from './schemas.ts'

export const commonParameters = {
  include_charts: Type.Optional(Type.Boolean({ description: 'Left out: true' })),
  time_zone: Type.Optional(Type.String({ maxLength: 64, description: 'Of days and weeks, such as Europe/Paris' })),
}
export const month = Type.Optional(
  Type.String({ pattern: '^([0-9]{4}-(0[1-9]|1[0-2])|last|current)$', description: 'YYYY-MM; left out: last' }),
)
export const week = Type.Optional(
  Type.String({
    pattern: '^([0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])|last|current)$',
    description: 'YYYY-Www (ISO 8601); left out: last',
  }),
)
const day = Type.Optional(Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' }))
/** Either both days, or a name. */
export const days = {
  from: day,
  to: day,
  period: Type.Optional(
    Type.Enum(['last_7_days', 'last_30_days', 'last_90_days', 'last_week', 'last_month', 'current_month']),
  ),
}
export const currency = Type.Optional(
  Type.String({ pattern: '^[A-Z]{3}$', description: 'Figures are of this currency; left out: EUR' }),
)
export const clientUid = Type.Optional(Type.String({ format: 'uuid', description: 'Only this client' }))

export const invoiceColumns: readonly DatasetColumn[] = [
  { id: 'number', kind: 'text', label: { fr: 'Numéro', en: 'Number' }, isShort: true },
  { id: 'date', kind: 'day', label: { fr: 'Date', en: 'Date' } },
  { id: 'due_date', kind: 'day', label: { fr: 'Échéance', en: 'Due' } },
  { id: 'customer_code', kind: 'text', label: { fr: 'Code client', en: 'Customer code' }, isShort: true },
  { id: 'customer', kind: 'text', label: { fr: 'Client', en: 'Customer' } },
  { id: 'status', kind: 'word', label: { fr: 'Statut', en: 'Status' } },
  { id: 'net', kind: 'money', label: { fr: 'HT', en: 'Before VAT' } },
  { id: 'tax', kind: 'money', label: { fr: 'TVA', en: 'VAT' } },
  { id: 'total', kind: 'money', label: { fr: 'TTC', en: 'VAT included' } },
]

/** Conditions on a moment, where $2 and $3 are the days of the period and $4 is their time zone. */
export const sinceStart = (column: string) => `${column} >= ($2::date::timestamp at time zone $4)`
export const untilEnd = (column: string) => `${column} < (($3::date + 1)::timestamp at time zone $4)`
/** The day of a moment there. */
export const dayThere = (column: string) => `(${column} at time zone $4)::date`
/** A moment as text: ISO 8601 in UTC. */
export const isoMoment = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
export const everyDay = `generate_series($2::date::timestamp, $3::date::timestamp, interval '1 day') d (day)`
