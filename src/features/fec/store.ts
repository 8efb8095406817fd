import type { Database } from '#platform/db/database.ts'
import { readByCursor } from '#platform/db/row-cursor.ts'
import type { Statement } from '#platform/db/statement-batch.ts'
import type { FecLine } from './schemas.ts'

// The names are those of FecLine: the rows are its lines as they come. Ordered by validation, as BOI-CF-IOR-60-40-20
// demands; the lines of an entry stay together.
const ledger = `
  select entry_id as "entryId", journal_code as "journalCode", journal_label as "journalLabel",
         entry_number as "entryNumber", entry_date::text as "entryDate", account_number as "accountNumber",
         account_label as "accountLabel", auxiliary_number as "auxiliaryNumber", auxiliary_label as "auxiliaryLabel",
         piece_ref as "pieceRef", piece_date::text as "pieceDate", label, debit, credit, lettering,
         lettering_date::text as "letteringDate", validated_on::text as "validatedOn",
         amount_currency as "amountCurrency", currency
    from accounting_entries
   where tenant_id = $1 and fiscal_year = $2
   order by validated_on nulls last, journal_code, number_prefix, number_sequence, entry_id, line_number`

/** The ledger of a fiscal year as it is at one moment, drafts last, a group of lines at a time. */
export function readLedger(
  database: Database,
  { tenantId, fiscalYear, entrance }: { tenantId: string; fiscalYear: number; entrance: Statement },
): AsyncGenerator<FecLine[], void, undefined> {
  return readByCursor<FecLine>(database, { entrance, query: { text: ledger, values: [tenantId, fiscalYear] } })
}
