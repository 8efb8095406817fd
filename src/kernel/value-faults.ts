/** What a value should have been, in words of people who have not read JSON Schema. */
import type { Told } from './faults.ts'
import { defineFaults } from './faults.ts'

export const valueFault = defineFaults({
  value_missing: 'Field required',
  value_fields_missing: 'Missing: {names}',
  value_fields_unknown: 'Not known here: {names}',
  value_too_deep: 'Is nested too deeply',
  value_siret: 'Must have exactly 14 digits',
  value_pattern: 'Has characters that are not allowed here, or is blank',
  value_type: 'Must be {type}',
  value_refused: 'Has a value that is not allowed here',
  value_enum: 'Must be equal to one of the allowed values',
  value_format: 'Must match format "{format}"',
  value_most_items: 'Must not have more than {limit} items',
  value_least_items: 'Must not have fewer than {limit} items',
  value_most_characters: 'Must not have more than {limit} characters',
  value_least_characters: 'Must not have fewer than {limit} characters',
  value_most_fields: 'Must not have more than {limit} properties',
  value_at_least: 'Must be >= {limit}',
  value_at_most: 'Must be <= {limit}',
  value_above: 'Must be > {limit}',
  value_below: 'Must be < {limit}',
  value_multiple: 'Must be multiple of {step}',
  value_twice: 'Must not have duplicate items',
  value_check_digit: 'The SIRET must have 14 digits with a valid check digit.',
  value_amount: 'Must be an amount with at most {decimals} decimals',
  value_day: 'Must be a day of the calendar, as 2024-12-31 or 31/12/2024',
  value_no_day: 'Is no day of the calendar',
  value_whole_number: 'Must be a whole number from 1 to {most}',
  value_time_zone: 'Is no time zone, such as Europe/Paris',
  value_no_moment: 'Is no moment that exists',
  value_moment: 'Must be a moment such as 2030-12-31T23:59:59Z',
  value_cursor: 'Is no next_after of this list',
  value_page_or_after: 'Send page or after, not both',
  value_for_client: 'Field required at account level',
  value_unreadable: '{reason}',
})

type SchemaProblem = { keyword: string; message: string; params: object }
type Params = { type?: unknown; format?: unknown; pattern?: unknown; limit?: string | number; multipleOf?: number } & {
  additionalProperties?: string[]
  requiredProperties?: string[]
}

/** A problem that TypeBox has found, as a sentence; its own where there is none of ours. */
export function valueFaultOf({ keyword, message, params }: SchemaProblem): Told {
  const { type, format, pattern, limit = '', multipleOf = 1 } = params as Params
  switch (keyword) {
    case 'pattern':
      return pattern === '^[0-9]{14}$' ? valueFault('value_siret') : valueFault('value_pattern')
    case 'type':
      return valueFault('value_type', { type: String(type) })
    case 'anyOf':
    case 'const':
      return valueFault('value_refused')
    case 'enum':
      return valueFault('value_enum')
    case 'format':
      return valueFault('value_format', { format: String(format) })
    case 'maxItems':
      return valueFault('value_most_items', { limit })
    case 'minItems':
      return valueFault('value_least_items', { limit })
    case 'maxLength':
      return valueFault('value_most_characters', { limit })
    case 'minLength':
      return valueFault('value_least_characters', { limit })
    case 'maxProperties':
      return valueFault('value_most_fields', { limit })
    case 'minimum':
      return valueFault('value_at_least', { limit })
    case 'maximum':
      return valueFault('value_at_most', { limit })
    case 'exclusiveMinimum':
      return valueFault('value_above', { limit })
    case 'exclusiveMaximum':
      return valueFault('value_below', { limit })
    case 'multipleOf':
      return valueFault('value_multiple', { step: multipleOf })
    case 'uniqueItems':
      return valueFault('value_twice')
    default:
      return valueFault('value_unreadable', { reason: message.charAt(0).toUpperCase() + message.slice(1) })
  }
}

/** As above, with the names of fields that are missing or not known. */
export function shapeFaultOf(problem: SchemaProblem): Told {
  const { additionalProperties, requiredProperties } = problem.params as Params
  if (additionalProperties) return valueFault('value_fields_unknown', { names: additionalProperties.join(', ') })
  if (requiredProperties) return valueFault('value_fields_missing', { names: requiredProperties.join(', ') })
  return valueFaultOf(problem)
}
