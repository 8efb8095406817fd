/** A line of the ledger as the FEC tells it: dates ISO text, amounts canonical decimals. */
export type FecLine = {
  /** Of the entry that it belongs to; not in the file. */
  entryId: string
  journalCode: string
  journalLabel: string
  /** null: a draft without one */
  entryNumber: string | null
  entryDate: string
  accountNumber: string
  accountLabel: string
  auxiliaryNumber: string | null
  auxiliaryLabel: string | null
  pieceRef: string
  pieceDate: string
  label: string
  debit: string
  credit: string
  lettering: string | null
  letteringDate: string | null
  /** null: not validated */
  validatedOn: string | null
  amountCurrency: string | null
  currency: string | null
}

export const fecEncodings = ['iso-8859-15', 'utf-8'] as const
export type FecEncoding = (typeof fecEncodings)[number]

export const faultKinds = [
  'empty',
  'not_validated',
  'field_missing',
  'date_invalid',
  'date_outside_year',
  'account_invalid',
  'amount_invalid',
  'amount_negative',
  'amount_sides',
  'currency_incomplete',
  'lettering_incomplete',
  'auxiliary_incomplete',
  'character_not_allowed',
  'entry_unbalanced',
  'entry_dates_differ',
  'number_invalid',
  'number_gap',
  'number_repeated',
  'number_not_chronological',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** One thing that is wrong, and where. */
export type FecFault = {
  kind: FaultKind
  /** The line in the file, of which the header is 1; null where it is not one line's. */
  row: number | null
  /** Journal and number of the entry, such as "VE 12". */
  entry: string | null
  /** The column's name in the FEC. */
  field: string | null
  message: string
}

export type FecReport = {
  entries: number
  lines: number
  debit: string
  credit: string
  /** The first thousand; `counts` has all of them. */
  faults: FecFault[]
  counts: Partial<Record<FaultKind, number>>
}
