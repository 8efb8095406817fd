/** The tables of migrations/0011-ledger.ts. Amounts are decimal text; dates are written as text and read with `::text`. */
import type { ColumnType, Generated } from 'kysely'
import type { DefaultedMoment } from './column-types.ts'

type Day = ColumnType<Date, string, string>
type DayOrNull = ColumnType<Date | null, string | null | undefined, string | null>

export type LedgerTables = {
  companies: {
    tenant_id: string
    siren: string | null
    fiscal_year_end: string
    irregular_years: ColumnType<unknown, string, string>
    updated_at: DefaultedMoment
  }
  customers: {
    tenant_id: string
    id: string
    code: string
    name: string
    /** Generated: the name in small letters. */
    name_key: ColumnType<string, never, never>
    email: string | null
    phone: string | null
    siret: string | null
    vat_number: string | null
    address_line1: string | null
    address_line2: string | null
    postal_code: string | null
    city: string | null
    country_code: string | null
    is_active: Generated<boolean>
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  invoices: {
    tenant_id: string
    id: string
    number: string
    customer_id: string
    client_id: string | null
    invoice_date: Day
    due_date: DayOrNull
    currency: string
    status: string
    net_amount: string
    tax_amount: string
    total_amount: string
    note: string | null
    created_at: DefaultedMoment
    updated_at: DefaultedMoment
  }
  invoice_lines: {
    tenant_id: string
    invoice_id: string
    line_number: number
    description: string
    quantity: string
    unit_price: string
    vat_rate: string
    net_amount: string
  }
  accounting_entries: {
    tenant_id: string
    entry_id: string
    line_number: number
    fiscal_year: number
    journal_code: string
    journal_label: string
    entry_number: string | null
    number_prefix: string | null
    number_sequence: string | null
    entry_date: Day
    account_number: string
    account_label: string
    auxiliary_number: string | null
    auxiliary_label: string | null
    piece_ref: string
    piece_date: Day
    label: string
    debit: string
    credit: string
    lettering: string | null
    lettering_date: DayOrNull
    validated_on: DayOrNull
    currency: string | null
    amount_currency: string | null
    created_at: DefaultedMoment
  }
}
