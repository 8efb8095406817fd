/** What may be wrong with attributes, conditional requirements, and the values of a profile. */
import { defineFaults } from '#kernel/faults.ts'

export const attributeFault = defineFaults({
  attribute_needed: 'Is required',
  requirement_twice: 'Stands here twice',
  requirement_no_choices: 'There is no attribute {attribute} with choices',
  requirement_no_choice: '{attribute} has no such choice',
  requirement_no_attribute: 'There is no attribute {attribute}',
  requirement_itself: 'An attribute cannot require itself',
  attribute_equal_kind: 'Is for texts, numbers, dates and booleans',
  attribute_files_only: 'Format and size are for files',
  attribute_choices_only: 'Only an attribute of type "choice" has choices',
  attribute_choice_validation: 'Is for attributes of type "choice"',
  attribute_no_choice: 'An attribute of type "choice" needs at least one',
  attribute_choice_twice: 'A choice stands there twice',
  attribute_text_validation: 'Is for attributes of type "string"',
  attribute_pattern_needed: 'Validation "regex" needs a pattern',
  attribute_pattern_large: 'Is too large: repeat less',
  attribute_pattern_unreadable: 'Is not a regular expression of RE2: {reason}',
  attribute_length_order: 'Is below minLength',
  attribute_value_order: 'Is below minValue',
  attribute_no_date: 'Is no date that exists (YYYY-MM-DD)',
  attribute_date_order: 'Is before minDate',
  attribute_lengths_text: 'Lengths are for texts',
  attribute_values_integer: 'Values are for integers',
  attribute_dates_date: 'Dates are for dates',
})
export type AttributeTold = ReturnType<typeof attributeFault>

export const documentFault = defineFaults({
  document_no_file_attribute: 'Is not an attribute that takes a file',
  document_format: 'Takes {accepted}; by its content the file is {found}',
  document_size: 'Takes at most {most} bytes; the file has {size}',
})
