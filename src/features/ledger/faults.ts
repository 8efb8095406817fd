/** What may be wrong with a line of an entry, and with fiscal years. */
import { defineFaults } from '#kernel/faults.ts'

export const ledgerFault = defineFaults({
  line_amount_negative: 'Debit and credit are never negative',
  line_amount_sides: 'Either debit or credit is set, not both',
  line_currency_incomplete: 'An amount in another currency comes with its currency',
  line_auxiliary_incomplete: 'A label of an auxiliary account comes with its number',
  line_lettering_incomplete: 'A lettering comes with its date',
  entry_difference: 'Debits minus credits are {amount}',
  year_end_no_day: 'Must be a day of the year, as MM-DD',
  year_name: 'A fiscal year is named after its last day',
  year_ends_early: 'Ends before it begins',
  year_too_long: 'Is longer than 24 months',
  year_overlaps: 'Begins before the year {year} has ended',
  year_has_entries: 'Fiscal year {year} has entries from {from} to {to}',
})
