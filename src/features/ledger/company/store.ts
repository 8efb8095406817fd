import { sql } from 'kysely'
import type { Database } from '#platform/db/database.ts'
import { tenantEntrance } from '#platform/db/tenant-table.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { FiscalCalendar, IrregularYear } from './rules.ts'
import { defaultCalendar } from './rules.ts'

export type Company = FiscalCalendar & { siren: string | null }

type StoredYear = { fiscal_year: number; starts_on: string; ends_on: string }

const unknownCompany: Company = { siren: null, ...defaultCalendar }

/** What was set, else no SIREN and calendar years. */
export async function findCompany(tx: Tx, tenantId: string): Promise<Company> {
  const row = await tx
    .selectFrom('companies')
    .select(['siren', 'fiscal_year_end', 'irregular_years'])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  if (!row) return unknownCompany
  return { siren: row.siren, ...toCalendar(row.fiscal_year_end, row.irregular_years) }
}

function toCalendar(fiscalYearEnd: string, years: unknown): FiscalCalendar {
  const irregularYears = (years as StoredYear[]).map(
    (one): IrregularYear => ({ fiscalYear: one.fiscal_year, startsOn: one.starts_on, endsOn: one.ends_on }),
  )
  return { fiscalYearEnd, irregularYears }
}

/** The calendar as it is now, outside of a unit of work: for who only wants to know what an import would do. */
export async function readCalendar(database: Database, tenantId: string): Promise<FiscalCalendar> {
  const [, found] = await database.batch([
    tenantEntrance(tenantId),
    { text: 'select fiscal_year_end, irregular_years from companies where tenant_id = $1', values: [tenantId] },
  ])
  const row = found?.rows[0]
  return row ? toCalendar(String(row.fiscal_year_end), row.irregular_years) : defaultCalendar
}

/** Who writes entries holds the calendar as it is; who changes it waits for them, and they for him. */
export async function holdCalendar(tx: Tx, tenantId: string): Promise<FiscalCalendar> {
  const [, company] = await Promise.all([
    sql`select pg_advisory_xact_lock_shared(hashtextextended(${`fiscal calendar:${tenantId}`}, 0))`.execute(tx),
    findCompany(tx, tenantId),
  ])
  return company
}

export async function lockCalendar(tx: Tx, tenantId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`fiscal calendar:${tenantId}`}, 0))`.execute(tx)
}

export async function saveCompany(tx: Tx, tenantId: string, company: Company, now: Date): Promise<void> {
  const fields = {
    siren: company.siren,
    fiscal_year_end: company.fiscalYearEnd,
    irregular_years: JSON.stringify(
      company.irregularYears.map((one) => ({
        fiscal_year: one.fiscalYear,
        starts_on: one.startsOn,
        ends_on: one.endsOn,
      })),
    ),
    updated_at: now,
  }
  await tx
    .insertInto('companies')
    .values({ tenant_id: tenantId, ...fields })
    .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet(fields))
    .execute()
}

/** The fiscal years that have entries, by jumping from one to the next in the index. */
export async function fiscalYearsWithEntries(tx: Tx, tenantId: string): Promise<number[]> {
  const found = await sql<{ fiscal_year: number }>`
    with recursive years as (
      select min(fiscal_year) as fiscal_year from accounting_entries where tenant_id = ${tenantId}
      union all
      select (select min(e.fiscal_year) from accounting_entries e
               where e.tenant_id = ${tenantId} and e.fiscal_year > years.fiscal_year)
        from years where years.fiscal_year is not null
    )
    select fiscal_year from years where fiscal_year is not null`.execute(tx)
  return found.rows.map((row) => row.fiscal_year)
}

export async function hasEntriesIn(
  tx: Tx,
  tenantId: string,
  { fiscalYear, from, to }: { fiscalYear: number; from: string; to: string },
): Promise<boolean> {
  const found = await sql`
    select 1 from accounting_entries
     where tenant_id = ${tenantId} and line_number = 1 and fiscal_year = ${fiscalYear}
       and entry_date between ${from}::date and ${to}::date limit 1`.execute(tx)
  return found.rows.length > 0
}
