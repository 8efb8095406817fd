/**
 * A sound ledger, found to be sound and written out by the database itself: one statement that looks at every line and adds up
 * every entry, and one COPY that gives the file's lines (docs/decisions/0016-exports.md).
 *
 * What is looked for here is stricter than the rules (check-rules.ts), never laxer: a ledger that gets through has no fault; one
 * that does not may have one, and is read line by line by those rules.
 */
import { sql } from 'kysely'
import type { Snapshot } from '#platform/db/snapshot.ts'
import { literal } from '#platform/db/snapshot.ts'
import type { Statement } from '#platform/db/statement-batch.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import type { FecEncoding } from './schemas.ts'

export { inSnapshot } from '#platform/db/snapshot.ts'

export type LedgerYear = { tenantId: string; fiscalYear: number }

export async function hasMoreLinesThan(
  tx: Tx,
  { tenantId, fiscalYear, lines }: LedgerYear & { lines: number },
): Promise<boolean> {
  const found = await sql<{ count: number }>`
    select count(*)::integer as count from (
      select 1 from accounting_entries where tenant_id = ${tenantId} and fiscal_year = ${fiscalYear} limit ${lines + 1}) l`.execute(
    tx,
  )
  return (found.rows[0]?.count ?? 0) > lines
}

/** Punctuation of word processors, by what ISO 8859-15 has for it (format-rules.ts); the ellipsis is three. */
const typographic =
  '\u2018\u2019\u201a\u2032\u201c\u201d\u201e\u2033\u2010\u2011\u2012\u2013\u2014\u2009\u200a\u202f\u00b4'
const plain = `''''""""-----   '`
const ellipsis = '\u2026'

/** Any character that the encoding may not have, controls among them, as a class of PostgreSQL's regular expressions. */
const doubtful: Readonly<Record<FecEncoding, string>> = {
  'utf-8': '[\\u0001-\\u001f\\u007f-\\u009f\\u2028\\u2029]',
  'iso-8859-15': `[^ -~\\u00a0-\\u00a3\\u00a5\\u00a7\\u00a9-\\u00b3\\u00b5-\\u00b7\\u00b9-\\u00bb\\u00bf-\\u00ff€ŠšŽžŒœŸ${typographic}${ellipsis}]`,
}

const texts = ['journal_code', 'journal_label', 'entry_number', 'account_number', 'account_label', 'auxiliary_number']
const moreTexts = ['auxiliary_label', 'piece_ref', 'label', 'lettering']

/**
 * Begins with a character that can be seen, or has one behind spaces: not a blank of another kind, of which U+00A0 is the only
 * one below U+1680. Nearly every text begins with one of ASCII, and a code point is compared in a fifth of the time of a pattern.
 */
const seen = (column: string) => `(ascii(${column}) between 33 and 126 or ${column} ~ '^ *[!-~\\u00a1-\\u167f]')`
const inCenturies = (column: string) => `${column} between '1900-01-01' and '2099-12-31'`
const amount = (column: string) => `${column} >= 0 and ${column} < 1e13`

/** Of one line. */
const lineIsSound = (encoding: FecEncoding) =>
  [
    ...['journal_code', 'journal_label', 'entry_number', 'account_label', 'piece_ref', 'label'].map(seen),
    `account_number ~ '^[0-9]{3}'`,
    'entry_date between $3::date and $4::date',
    ...['entry_date', 'piece_date', 'validated_on'].map(inCenturies),
    amount('debit'),
    amount('credit'),
    '(debit = 0) <> (credit = 0)',
    `(currency is null and amount_currency is null or currency ~ '^[A-Z]{3}$' and abs(amount_currency) < 1e13)`,
    `(lettering is null and lettering_date is null or ${seen('lettering')} and ${inCenturies('lettering_date')})`,
    `(auxiliary_label is null or ${seen('auxiliary_number')})`,
    `not (concat(${[...texts, ...moreTexts].join(`, ' ', `)}) collate "C" ~ '${doubtful[encoding]}')`,
    // The number is what its two columns say, which the sequences below go by.
    `number_prefix !~ '[0-9]$' and length(entry_number) - length(number_prefix) <= 18
       and entry_number = number_prefix || lpad(number_sequence::text, length(entry_number) - length(number_prefix), '0')`,
  ].join('\n and ')

/**
 * Entries whose lines are all sound, balanced, of one day and one number; numbers of a sequence one behind the other, in the
 * order of validation.
 */
const verdict = (encoding: FecEncoding) => `
  with entry as (
    select entry_id, count(*) as lines, sum(debit) as debit, sum(credit) as credit,
           min(journal_code) as journal, min(number_prefix) as prefix, min(number_sequence) as sequence, min(validated_on) as validated_on,
           bool_and(coalesce(${lineIsSound(encoding)}, false)) and sum(debit) = sum(credit)
             and min(entry_date) = max(entry_date) and min(validated_on) = max(validated_on)
             and min(journal_code) = max(journal_code) and min(entry_number) = max(entry_number)
             and min(number_prefix) = max(number_prefix) as sound
      from accounting_entries where tenant_id = $1 and fiscal_year = $2 group by entry_id
  ), placed as (
    select *, lag(sequence) over numbers as sequence_before, lag(validated_on) over numbers as validated_before
      from entry window numbers as (partition by journal, prefix order by sequence)
  )
  select count(*)::float8 as entries, coalesce(sum(lines), 0)::float8 as lines, coalesce(sum(debit), 0)::numeric(30,2) as debit,
         coalesce(sum(credit), 0)::numeric(30,2) as credit,
         count(*) > 0 and bool_and(coalesce(sound and (sequence_before is null
           or sequence = sequence_before + 1 and validated_on >= validated_before), false)) as sound
    from placed`

export type Verdict = { entries: number; lines: number; debit: string; credit: string; sound: boolean }

/** @param year its first and last day */
export async function judge(
  snapshot: Snapshot,
  { tenantId, fiscalYear }: LedgerYear,
  { encoding, startsOn, endsOn }: { encoding: FecEncoding; startsOn: string; endsOn: string },
): Promise<Verdict> {
  const statement: Statement = { text: verdict(encoding), values: [tenantId, fiscalYear, startsOn, endsOn] }
  const [found] = await snapshot.ask<Verdict>(statement)
  return found ?? { entries: 0, lines: 0, debit: '0.00', credit: '0.00', sound: false }
}

/** ISO text without its hyphens: half the time of to_char. */
const day = (column: string) => `replace(${column}::text, '-', '')`
const comma = (column: string) => `replace(${column}::text, '.', ',')`

const fields = [
  'journal_code',
  'journal_label',
  'entry_number',
  day('entry_date'),
  'account_number',
  'account_label',
  'auxiliary_number',
  'auxiliary_label',
  'piece_ref',
  day('piece_date'),
  'label',
  comma('debit'),
  comma('credit'),
  'lettering',
  day('lettering_date'),
  day('validated_on'),
  comma('amount_currency'),
  'currency',
]

/** The lines without the header, each ended by a line feed alone, in the order of store.ts. Of a sound ledger only. */
export function linesCopy({ tenantId, fiscalYear }: LedgerYear, encoding: FecEncoding): string {
  const line = `concat(${fields.join(`, E'\\t', `)})`
  const plainly = `replace(translate(line, ${literal(typographic)}, ${literal(plain)}), '${ellipsis}', '...')`
  const written =
    encoding === 'utf-8' ? 'line' : `case when line ~ '[${typographic}${ellipsis}]' then ${plainly} else line end`
  // The offset keeps the line from being put together anew wherever it is named.
  return `copy (select ${written} from (
      select ${line} collate "C" as line from accounting_entries
       where tenant_id = ${literal(tenantId)} and fiscal_year = ${Number(fiscalYear)}
       order by validated_on nulls last, journal_code, number_prefix, number_sequence, entry_id, line_number offset 0) l)
    to stdout with (format csv, quote E'\\x01', delimiter E'\\x02', encoding '${encoding === 'utf-8' ? 'UTF8' : 'LATIN9'}')`
}
