/** Lettering: the lines of an account that settle each other carry one code. */
import { sql } from 'kysely'
import { toUnits } from '#kernel/decimal.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { ledgerError } from '../errors.ts'
import { letteringAfter } from './rules.ts'

export type LineKey = { entryId: string; lineNumber: number }

async function lockAccount(tx: Tx, tenantId: string, accountNumber: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`lettering:${tenantId}:${accountNumber}`}, 0))`.execute(tx)
}

/**
 * Letters lines with a code, or with the next one of the account.
 * @returns the account and the code
 * @throws lettering_lines_unknown, lettering_refused, lettering_code_taken
 */
export async function letterLines(
  tx: Tx,
  tenantId: string,
  { lines, code, date }: { lines: readonly LineKey[]; code?: string | undefined; date: string },
): Promise<{ accountNumber: string; lettering: string }> {
  const found = await sql<{ account_number: string; auxiliary_number: string | null; debit: string; credit: string }>`
    select e.account_number, e.auxiliary_number, e.debit, e.credit from accounting_entries e
      join unnest(${lines.map((line) => line.entryId)}::uuid[], ${lines.map((line) => line.lineNumber)}::integer[])
        as wanted (entry_id, line_number) using (entry_id, line_number)
     where e.tenant_id = ${tenantId} and e.lettering is null
     order by e.entry_id, e.line_number for update of e`.execute(tx)
  const [first] = found.rows
  const distinct = new Set(lines.map((line) => `${line.entryId}:${line.lineNumber}`))
  if (!first || found.rows.length !== distinct.size) throw ledgerError('lettering_lines_unknown')
  const isOneAccount = found.rows.every(
    (row) => row.account_number === first.account_number && row.auxiliary_number === first.auxiliary_number,
  )
  const difference = found.rows.reduce((sum, row) => sum + toUnits(row.debit) - toUnits(row.credit), 0n)
  if (!isOneAccount || difference !== 0n) throw ledgerError('lettering_refused')
  const lettering = await freeCode(tx, tenantId, first.account_number, code)
  await sql`
    update accounting_entries e set lettering = ${lettering}, lettering_date = ${date}::date
      from unnest(${lines.map((line) => line.entryId)}::uuid[], ${lines.map((line) => line.lineNumber)}::integer[])
        as wanted (entry_id, line_number)
     where e.tenant_id = ${tenantId} and e.entry_id = wanted.entry_id and e.line_number = wanted.line_number`.execute(
    tx,
  )
  return { accountNumber: first.account_number, lettering }
}

async function freeCode(tx: Tx, tenantId: string, accountNumber: string, code: string | undefined): Promise<string> {
  await lockAccount(tx, tenantId, accountNumber)
  if (code === undefined) {
    const found = await sql<{ lettering: string }>`
      select lettering from accounting_entries
       where tenant_id = ${tenantId} and account_number = ${accountNumber} and lettering is not null
         and lettering ~ '^[A-Z]+$'
       order by length(lettering) desc, lettering desc limit 1`.execute(tx)
    return letteringAfter(found.rows[0]?.lettering ?? null)
  }
  const taken = await sql`
    select 1 from accounting_entries
     where tenant_id = ${tenantId} and account_number = ${accountNumber} and length(lettering) = length(${code}::text)
       and lettering = ${code} limit 1`.execute(tx)
  if (taken.rows.length > 0) throw ledgerError('lettering_code_taken')
  return code
}

/** @returns how many lines carry the code no more */
export async function removeLettering(
  tx: Tx,
  tenantId: string,
  { accountNumber, lettering }: { accountNumber: string; lettering: string },
): Promise<number> {
  await lockAccount(tx, tenantId, accountNumber)
  const changed = await sql`
    update accounting_entries set lettering = null, lettering_date = null
     where tenant_id = ${tenantId} and account_number = ${accountNumber}
       and length(lettering) = length(${lettering}::text) and lettering = ${lettering}`.execute(tx)
  return Number(changed.numAffectedRows)
}
