/** What may be wrong with what an export is asked for. */
import { defineFaults } from '#kernel/faults.ts'

export const exportFault = defineFaults({
  export_column_unknown: 'Is no column of {entity}: {columns}',
  export_column_twice: 'Is named twice',
  export_order_unknown: 'Is no column of {entity} that has an order',
  export_filter_unknown: 'Is no filter of {entity}: {filters}',
  export_filter_empty: 'Must have a value at least',
  export_filter_one_day: 'Takes one day',
  export_filter_day: 'Must be a day, as 2024-12-31 or 31/12/2024',
  export_filter_uuid: 'Must be a UUID',
  export_filter_boolean: 'Must be true or false',
  export_filter_integer: 'Must be a whole number',
  export_filter_text: 'Must be a text',
  export_filter_one_of: 'Must be one of {values}',
  export_options_csv: 'Options are those of the format csv',
})
