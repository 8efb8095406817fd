/** Why a file is no table, or not one that can be read to its end; for who sent it. */
import type { Told } from '#kernel/faults.ts'
import { defineFaults } from '#kernel/faults.ts'

export const tableFault = defineFaults({
  table_columns: 'The table has more than {limit} columns.',
  table_empty: 'The file is empty.',
  table_old_workbook: 'The file is an old or encrypted workbook: save it as XLSX without a password.',
  table_is_workbook: 'The file is a workbook: its format is "excel".',
  table_no_workbook: 'The file is no workbook.',
  table_no_headers: 'The file has no row of headers.',
  table_workbook_size: 'The workbook is larger than {limit} bytes: save the sheet as CSV and import that.',
  table_workbook_memory: 'The workbook takes more memory or time than it may: save the sheet as CSV and import that.',
  table_workbook_damaged: 'The file is no XLSX workbook, or is damaged.',
  table_workbook_unpacked: 'The workbook unpacks to more than can be read: save the sheet as CSV and import that.',
  table_record_length: 'Record {record} is longer than {limit} characters: a quote (") may have been left open there.',
  table_quote_open: 'A quote (") is left open, at record {record} or later.',
  table_encoding: 'The file is not {encoding} between byte {from} and byte {to}: choose another encoding.',
  table_json_object: 'An object of the JSON is too large.',
  table_json_end: 'The JSON is no array of objects, or ends before it is whole.',
  table_json_depth: 'The JSON is nested more than {levels} deep.',
  table_json_behind: 'There is something behind the array of the JSON.',
  table_json_array: 'The JSON is no array of objects.',
  table_json_line: 'A line of the JSON Lines is too long.',
  table_json_members: 'The objects have more than {limit} members.',
})

/** The file is no table, or not one that can be read to its end; the message is for who sent it. */
export class UnreadableTableError extends Error {
  override readonly name = 'UnreadableTableError'
  readonly fault: Told

  constructor(fault: Told, options?: ErrorOptions) {
    super(fault.message, options)
    this.fault = fault
  }
}
