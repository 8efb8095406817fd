/** Entries are found by their number, whatever their journal and year: reports of the FEC name them so. */
export const sql = `
create index accounting_entries_by_number on accounting_entries (tenant_id, entry_number, entry_date, entry_id)
  where line_number = 1 and entry_number is not null;
`
