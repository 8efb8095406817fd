import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const ledgerError = defineErrors({
  siren_invalid: { kind: 'invalid', message: 'The SIREN must have 9 digits with a valid check digit.' },
  fiscal_calendar_invalid: { kind: 'invalid', message: 'The fiscal years do not fit: see the details.' },
  fiscal_calendar_in_use: {
    kind: 'conflict',
    message: 'Accounting entries would come to stand outside of their fiscal year: the calendar stays as it is.',
  },

  customer_not_found: { kind: 'not_found', message: 'Customer not found' },
  customer_code_taken: { kind: 'conflict', message: 'Another customer has this code.' },
  customer_in_use: { kind: 'conflict', message: 'The customer has invoices: deactivate it instead of deleting it.' },

  invoice_not_found: { kind: 'not_found', message: 'Invoice not found' },
  invoice_number_taken: { kind: 'conflict', message: 'Another invoice has this number.' },
  invoice_customer_unknown: { kind: 'invalid', message: 'There is no customer of this id.' },
  invoice_client_unknown: { kind: 'invalid', message: 'There is no client of this id.' },
  invoice_amounts_invalid: {
    kind: 'invalid',
    message: 'An invoice has either lines, from which its amounts follow, or net_amount and tax_amount.',
  },
  invoice_not_draft: {
    kind: 'conflict',
    message: 'Only a draft or a rejected invoice can be changed, and only a draft deleted: cancel this one instead.',
  },
  invoice_status_refused: { kind: 'conflict', message: 'The invoice cannot take this status from the one it has.' },

  entry_not_found: { kind: 'not_found', message: 'Accounting entry not found' },
  entry_unbalanced: { kind: 'invalid', message: 'The debits of the entry are not equal to its credits.' },
  entry_line_invalid: { kind: 'invalid', message: 'A line of the entry does not fit: see the details.' },
  entry_validated: { kind: 'conflict', message: 'The entry has been validated: correct it by another entry.' },
  lettering_lines_unknown: { kind: 'not_found', message: 'One of the lines does not exist, or is already lettered.' },
  lettering_refused: {
    kind: 'invalid',
    message: 'Lettered lines are of one account and one auxiliary account, and their debits equal their credits.',
  },
  lettering_code_taken: { kind: 'conflict', message: 'The account has lines lettered with this code already.' },
  lettering_unknown: { kind: 'not_found', message: 'The account has no lines lettered with this code.' },
})
export type LedgerErrorCode = CodesOf<typeof ledgerError>
