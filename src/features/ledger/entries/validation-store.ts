/** Validation: drafts get their numbers, one after the other in their journal, and are final from then on. */
import { sql } from 'kysely'
import { toUnits } from '#kernel/decimal.ts'
import { numberAfter, placeInSequence } from '#kernel/entry-number.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { ledgerError } from '../errors.ts'
import type { Journal } from './rows-store.ts'
import { lockJournals } from './rows-store.ts'

export type Wanted = { ids: readonly string[] } | { journalCode?: string; upTo: string; limit: number }

type Draft = Journal & { id: string; number: string | null }

/** The drafts to validate, oldest first. */
async function draftIds(tx: Tx, tenantId: string, wanted: Wanted): Promise<readonly string[]> {
  if ('ids' in wanted) return wanted.ids
  const found = await sql<{ entry_id: string }>`
    select entry_id from accounting_entries
     where tenant_id = ${tenantId} and line_number = 1 and validated_on is null and entry_date <= ${wanted.upTo}::date
       ${wanted.journalCode === undefined ? sql`` : sql`and journal_code = ${wanted.journalCode}`}
     order by entry_date, entry_id limit ${wanted.limit}`.execute(tx)
  return found.rows.map((row) => row.entry_id)
}

/**
 * Locks the drafts and their journals, in this order: journals first, or two who validate the same would wait for each other.
 * @throws entry_not_found, entry_validated, entry_unbalanced
 */
async function lockDrafts(tx: Tx, tenantId: string, ids: readonly string[]): Promise<Draft[]> {
  const journals = await sql<{ fiscal_year: number; journal_code: string }>`
    select distinct fiscal_year, journal_code from accounting_entries
     where tenant_id = ${tenantId} and entry_id = any (${ids}::uuid[]) and line_number = 1`.execute(tx)
  const wanted = journals.rows.map((row) => ({ fiscalYear: row.fiscal_year, journalCode: row.journal_code }))
  await lockJournals(tx, tenantId, wanted)
  const found = await sql<{
    entry_id: string
    fiscal_year: number
    journal_code: string
    entry_number: string | null
    entry_date: string
    validated_on: string | null
    debit: string
    credit: string
  }>`
    select entry_id, fiscal_year, journal_code, entry_number, entry_date::text as entry_date,
           validated_on::text as validated_on, debit, credit
      from accounting_entries where tenant_id = ${tenantId} and entry_id = any (${ids}::uuid[])
     order by entry_date, entry_id, line_number for update`.execute(tx)
  const drafts = new Map<string, Draft & { difference: bigint }>()
  for (const row of found.rows) {
    if (row.validated_on !== null)
      throw ledgerError('entry_validated', { message: `Entry ${row.entry_id} is validated.` })
    const journal = { fiscalYear: row.fiscal_year, journalCode: row.journal_code }
    const draft = drafts.get(row.entry_id) ?? { id: row.entry_id, ...journal, number: row.entry_number, difference: 0n }
    draft.difference += toUnits(row.debit) - toUnits(row.credit)
    drafts.set(row.entry_id, draft)
  }
  const missing = ids.find((id) => !drafts.has(id))
  if (missing !== undefined)
    throw ledgerError('entry_not_found', { message: `There is no accounting entry ${missing}.` })
  const locked = [...drafts.values()]
  const unbalanced = locked.find((draft) => draft.difference !== 0n)
  if (unbalanced) throw ledgerError('entry_unbalanced', { message: `Entry ${unbalanced.id} is not balanced.` })
  return locked
}

/** The last number of the journal in its year; of several sequences the last one goes on. */
async function lastNumber(tx: Tx, tenantId: string, { fiscalYear, journalCode }: Journal): Promise<string | null> {
  const found = await sql<{ entry_number: string }>`
    select entry_number from accounting_entries
     where tenant_id = ${tenantId} and fiscal_year = ${fiscalYear} and journal_code = ${journalCode}
       and number_sequence is not null
     order by number_prefix desc, number_sequence desc limit 1`.execute(tx)
  return found.rows[0]?.entry_number ?? null
}

/**
 * Validates drafts on a day. Those without a number get the next ones of their journal and year, in order of their date.
 * @returns their ids and numbers, in the order in which they were numbered
 * @throws entry_not_found, entry_validated, entry_unbalanced
 */
export async function validateDrafts(
  tx: Tx,
  tenantId: string,
  wanted: Wanted,
  today: string,
): Promise<{ id: string; number: string }[]> {
  const ids = await draftIds(tx, tenantId, wanted)
  if (ids.length === 0) return []
  const drafts = await lockDrafts(tx, tenantId, [...new Set(ids)])
  const last = new Map<string, string | null>()
  const numbered: { id: string; number: string }[] = []
  for (const draft of drafts) {
    const journal = `${draft.fiscalYear}:${draft.journalCode}`
    if (draft.number === null) {
      if (!last.has(journal)) last.set(journal, await lastNumber(tx, tenantId, draft))
      last.set(journal, numberAfter(last.get(journal) ?? null))
    }
    numbered.push({ id: draft.id, number: draft.number ?? (last.get(journal) as string) })
  }
  const places = numbered.map(({ number }) => placeInSequence(number))
  await sql`
    update accounting_entries e
       set entry_number = n.number, number_prefix = n.prefix, number_sequence = n.sequence, validated_on = ${today}::date
      from unnest(${numbered.map((one) => one.id)}::uuid[], ${numbered.map((one) => one.number)}::text[],
                  ${places.map((place) => place?.prefix ?? null)}::text[],
                  ${places.map((place) => place?.sequence ?? null)}::bigint[]) as n (id, number, prefix, sequence)
     where e.tenant_id = ${tenantId} and e.entry_id = n.id`.execute(tx)
  return numbered
}
