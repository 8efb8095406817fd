/** What can be exported: for each entity its columns and filters, and what they are in the database. */
import { invoiceStatus } from '#features/ledger/index.ts'
import { literal } from '#platform/db/snapshot.ts'
import type { CheckedRequest, ColumnKind, EntityType, FilterKind } from './schemas.ts'

export type Column = { readonly kind: ColumnKind; readonly sql: string }
/** `sql` is compared with the values; a day is a bound of it. */
export type Filter = { readonly kind: FilterKind; readonly sql: string; readonly compared?: '>=' | '<=' }
export type Entity = {
  /** What the caller needs beside the permission to export. */
  readonly permission: string
  readonly from: string
  /** Alias of the table that the rows are of. */
  readonly row: string
  readonly columns: Readonly<Record<string, Column>>
  readonly filters: Readonly<Record<string, Filter>>
  /** Behind the order that was asked for, so that equal rows come the same every time. */
  readonly key: string
}

const text = (sql: string): Column => ({ kind: 'text', sql })
const word = (sql: string): Column => ({ kind: 'word', sql })
const integer = (sql: string): Column => ({ kind: 'integer', sql })
const decimal = (sql: string): Column => ({ kind: 'decimal', sql })
const day = (sql: string): Column => ({ kind: 'day', sql })
const moment = (sql: string): Column => ({ kind: 'moment', sql })
const flag = (sql: string): Column => ({ kind: 'boolean', sql })

const from = (sql: string): Filter => ({ kind: 'day', sql, compared: '>=' })
const upTo = (sql: string): Filter => ({ kind: 'day', sql, compared: '<=' })
/** Days of moments are those of UTC, the last one included. */
const createdIn = (row: string) => ({
  created_from: from(`(${row}.created_at at time zone 'UTC')::date`),
  created_to: upTo(`(${row}.created_at at time zone 'UTC')::date`),
})
const isText = (sql: string): Filter => ({ kind: 'text', sql })

const times = (row: string) => ({
  created_at: moment(`${row}.created_at`),
  updated_at: moment(`${row}.updated_at`),
})

export const entities: Readonly<Record<EntityType, Entity>> = {
  clients: {
    permission: 'client:view',
    from: 'clients c',
    row: 'c',
    columns: {
      uid: word('c.id'),
      name: text('c.name'),
      description: text('c.description'),
      siret: word('c.siret'),
      is_active: flag('c.is_active'),
      ...times('c'),
    },
    filters: {
      is_active: { kind: 'boolean', sql: 'c.is_active' },
      siret: isText('c.siret'),
      name: isText('c.name'),
      ...createdIn('c'),
    },
    key: 'c.tenant_id, c.id',
  },
  customers: {
    permission: 'customer:view',
    from: 'customers c',
    row: 'c',
    columns: {
      id: word('c.id'),
      code: text('c.code'),
      name: text('c.name'),
      email: text('c.email'),
      phone: text('c.phone'),
      siret: text('c.siret'),
      vat_number: text('c.vat_number'),
      address_line1: text('c.address_line1'),
      address_line2: text('c.address_line2'),
      postal_code: text('c.postal_code'),
      city: text('c.city'),
      country_code: text('c.country_code'),
      is_active: flag('c.is_active'),
      ...times('c'),
    },
    filters: {
      code: isText('c.code'),
      siret: isText('c.siret'),
      city: isText('c.city'),
      postal_code: isText('c.postal_code'),
      country_code: isText('c.country_code'),
      is_active: { kind: 'boolean', sql: 'c.is_active' },
      ...createdIn('c'),
    },
    key: 'c.tenant_id, c.id',
  },
  invoices: {
    permission: 'invoice:view',
    from: 'invoices i left join customers c on c.tenant_id = i.tenant_id and c.id = i.customer_id',
    row: 'i',
    columns: {
      id: word('i.id'),
      number: text('i.number'),
      date: day('i.invoice_date'),
      due_date: day('i.due_date'),
      client: text('c.name'),
      customer_code: text('c.code'),
      customer_id: word('i.customer_id'),
      client_uid: word('i.client_id'),
      status: word('i.status'),
      currency: word('i.currency'),
      net_amount: decimal('i.net_amount'),
      tax_amount: decimal('i.tax_amount'),
      amount: decimal('i.total_amount'),
      note: text('i.note'),
      ...times('i'),
    },
    filters: {
      date_from: from('i.invoice_date'),
      date_to: upTo('i.invoice_date'),
      due_from: from('i.due_date'),
      due_to: upTo('i.due_date'),
      status: { kind: invoiceStatus.enum, sql: 'i.status' },
      number: isText('i.number'),
      currency: isText('i.currency'),
      customer_id: { kind: 'uuid', sql: 'i.customer_id' },
      customer_code: isText('c.code'),
      client_uid: { kind: 'uuid', sql: 'i.client_id' },
    },
    key: 'i.tenant_id, i.id',
  },
  accounting_entries: {
    permission: 'entry:view',
    from: 'accounting_entries e',
    row: 'e',
    columns: {
      entry_id: word('e.entry_id'),
      line_number: integer('e.line_number'),
      fiscal_year: integer('e.fiscal_year'),
      journal_code: text('e.journal_code'),
      journal_label: text('e.journal_label'),
      number: text('e.entry_number'),
      date: day('e.entry_date'),
      account_number: text('e.account_number'),
      account_label: text('e.account_label'),
      auxiliary_number: text('e.auxiliary_number'),
      auxiliary_label: text('e.auxiliary_label'),
      piece_ref: text('e.piece_ref'),
      piece_date: day('e.piece_date'),
      label: text('e.label'),
      debit: decimal('e.debit'),
      credit: decimal('e.credit'),
      lettering: text('e.lettering'),
      lettering_date: day('e.lettering_date'),
      validated_on: day('e.validated_on'),
      currency: word('e.currency'),
      amount_currency: decimal('e.amount_currency'),
      created_at: moment('e.created_at'),
    },
    filters: {
      fiscal_year: { kind: 'integer', sql: 'e.fiscal_year' },
      date_from: from('e.entry_date'),
      date_to: upTo('e.entry_date'),
      journal_code: isText('e.journal_code'),
      account_number: isText('e.account_number'),
      auxiliary_number: isText('e.auxiliary_number'),
      piece_ref: isText('e.piece_ref'),
      status: {
        kind: ['draft', 'validated'],
        sql: `case when e.validated_on is null then 'draft' else 'validated' end`,
      },
    },
    key: 'e.tenant_id, e.entry_id, e.line_number',
  },
  profiles: {
    permission: 'profile:view',
    from: 'profiles p join clients c on c.tenant_id = p.tenant_id and c.id = p.client_id',
    row: 'p',
    columns: {
      id: integer('p.pk'),
      client_uid: word('p.client_id'),
      client: text('c.name'),
      status: word('p.status'),
      external_reference: text('p.external_reference'),
      // The sensitive ones stand there without a value.
      attributes: {
        kind: 'json',
        sql: `(select coalesce(jsonb_agg(a order by n), '[]') from jsonb_array_elements(p.attributes) with ordinality l (a, n) where a ? 'value')`,
      },
      submitted_at: moment('p.submitted_at'),
      ...times('p'),
    },
    filters: {
      client_uid: { kind: 'uuid', sql: 'p.client_id' },
      status: { kind: ['draft', 'complete'], sql: 'p.status' },
      external_reference: isText('p.external_reference'),
      ...createdIn('p'),
    },
    key: 'p.tenant_id, p.pk',
  },
}

/** The part of a query behind its columns. COPY takes no parameters: values are literals. */
export function rowsOf(tenantId: string, request: CheckedRequest): { from: string; orderBy: string } {
  const entity = entities[request.entityType]
  const conditions = request.filters.map(({ name, values }) => {
    const { kind, sql, compared } = entity.filters[name] as Filter
    const typed = values.map((value) => (kind === 'text' || Array.isArray(kind) ? literal(value) : cast(value, kind)))
    return compared ? `${sql} ${compared} ${typed[0]}` : `${sql} in (${typed.join(', ')})`
  })
  const where = [`${entity.row}.tenant_id = ${literal(tenantId)}`, ...conditions].join(' and ')
  const order = request.order.map(({ column, direction }) => `${entity.columns[column]?.sql} ${direction} nulls last`)
  // Without one: as the rows stand in the table, which is how they came in. Sorting a million costs as much as writing them.
  const orderBy = order.length === 0 ? '' : `order by ${[...order, entity.key].join(', ')}`
  return { from: `from ${entity.from} where ${where}`, orderBy }
}

const types: Readonly<Record<string, string>> = { uuid: 'uuid', day: 'date', boolean: 'boolean', integer: 'integer' }

function cast(value: string, kind: FilterKind): string {
  return `${literal(value)}::${types[kind as string]}`
}
