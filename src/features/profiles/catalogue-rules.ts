/** What an administrator may make of the catalogue. Pure. */
import type { ErrorDetail } from '#kernel/errors.ts'
import { choiceKey, compilePattern } from './compiled-catalogue-rules.ts'
import { profileError } from './errors.ts'
import type { AttributeTold } from './faults.ts'
import { attributeFault } from './faults.ts'
import type { Attribute, CatalogueDefinition, Requirement } from './schemas.ts'
import { changeable, plainAttribute } from './schemas.ts'
import { isCalendarDate } from './value-rules.ts'

export type NewAttribute = Pick<Attribute, 'name' | 'type'> & Partial<Omit<Attribute, 'pk' | 'isRetired'>>
export type AttributeChanges = Partial<Omit<Attribute, 'pk' | 'name' | 'type' | 'sensitiveData'>>

/** Instructions of the compiled expression; what people write has a few hundred. */
const longestProgram = 5_000

/** The fields that may change, of whatever else came with them. */
export function changeableOf(given: AttributeChanges): Partial<Pick<Attribute, keyof typeof changeable>> {
  return Object.fromEntries(Object.entries(given).filter(([field]) => Object.hasOwn(changeable, field)))
}

/** @throws attribute_name_taken, attribute_invalid */
export function withNewAttribute(definition: CatalogueDefinition, given: NewAttribute): CatalogueDefinition {
  if (definition.attributes.some((one) => one.name === given.name)) throw profileError('attribute_name_taken')
  const pk = Math.max(0, ...definition.attributes.map((one) => one.pk)) + 1
  const { name, type, sensitiveData = false } = given
  const plain = { ...plainAttribute, displayedName: name, category: 'diverse' }
  const attribute = { ...plain, ...changeableOf(given), name, type, sensitiveData, pk }
  requireSound(attribute)
  return { ...definition, attributes: [...definition.attributes, attribute] }
}

/** @throws attribute_unknown, attribute_invalid, requirement_invalid when a choice goes that something hangs on */
export function withChangedAttribute(
  definition: CatalogueDefinition,
  name: string,
  changes: AttributeChanges,
): CatalogueDefinition {
  const known = definition.attributes.find((one) => one.name === name)
  if (!known) throw profileError('attribute_unknown')
  const changed = { ...known, ...changeableOf(changes), isRetired: changes.isRetired ?? known.isRetired }
  requireSound(changed)
  const attributes = definition.attributes.map((one) => (one === known ? changed : one))
  return withRequirements({ ...definition, attributes }, definition.requirements)
}

/** @throws requirement_invalid */
export function withRequirements(
  definition: CatalogueDefinition,
  requirements: readonly Requirement[],
): CatalogueDefinition {
  const byName = new Map(definition.attributes.map((one) => [one.name, one]))
  const details: ErrorDetail[] = []
  const seen = new Set<string>()
  requirements.forEach(({ attribute, choice, requires }, index) => {
    const tell = (field: string, told: AttributeTold) =>
      details.push({ path: ['body', 'requirements', String(index), field], ...told })
    const key = JSON.stringify([attribute, choiceKey(choice), requires])
    if (seen.has(key)) tell('requires', attributeFault('requirement_twice'))
    seen.add(key)
    const judged = byName.get(attribute)
    if (judged?.type !== 'choice') tell('attribute', attributeFault('requirement_no_choices', { attribute }))
    else if (!judged.choices.some((one) => choiceKey(one) === choiceKey(choice))) {
      tell('choice', attributeFault('requirement_no_choice', { attribute }))
    }
    if (!byName.has(requires)) tell('requires', attributeFault('requirement_no_attribute', { attribute: requires }))
    else if (requires === attribute) tell('requires', attributeFault('requirement_itself'))
  })
  if (details.length > 0) throw profileError('requirement_invalid', { details })
  return { ...definition, requirements: [...requirements] }
}

/** @throws attribute_invalid with everything that is wrong */
function requireSound(attribute: Attribute): void {
  const details = [...problemsOf(attribute)].map(([field, told]) => ({ path: ['body', field], ...told }))
  if (details.length > 0) throw profileError('attribute_invalid', { details })
}

type Problem = readonly [field: keyof Attribute, told: AttributeTold]

function* problemsOf(attribute: Attribute): Generator<Problem> {
  yield* problemsOfChoices(attribute)
  yield* problemsOfPattern(attribute)
  yield* problemsOfLimits(attribute)
  const { type } = attribute
  if (attribute.isEqualTo !== null && (type === 'choice' || type === 'file')) {
    yield ['isEqualTo', attributeFault('attribute_equal_kind')]
  }
  if (type !== 'file' && (attribute.acceptedFormat !== null || attribute.maxSize !== null)) {
    yield ['acceptedFormat', attributeFault('attribute_files_only')]
  }
}

function* problemsOfChoices({ type, choices, validation }: Attribute): Generator<Problem> {
  if (type !== 'choice') {
    if (choices.length > 0) yield ['choices', attributeFault('attribute_choices_only')]
    if (validation === 'unique choice' || validation === 'multiple choice') {
      yield ['validation', attributeFault('attribute_choice_validation')]
    }
    return
  }
  if (choices.length === 0) yield ['choices', attributeFault('attribute_no_choice')]
  if (new Set(choices.map(choiceKey)).size < choices.length) yield ['choices', attributeFault('attribute_choice_twice')]
}

function* problemsOfPattern({ type, validation, pattern }: Attribute): Generator<Problem> {
  if (validation === 'regex' && type !== 'string') yield ['validation', attributeFault('attribute_text_validation')]
  if (validation === 'regex' && pattern === null) yield ['pattern', attributeFault('attribute_pattern_needed')]
  if (pattern === null) return
  try {
    const size = compilePattern(pattern).programSize()
    if (size > longestProgram) yield ['pattern', attributeFault('attribute_pattern_large')]
  } catch (error) {
    yield [
      'pattern',
      attributeFault('attribute_pattern_unreadable', { reason: (error as Error).message.slice(0, 200) }),
    ]
  }
}

function* problemsOfLimits(attribute: Attribute): Generator<Problem> {
  const { minLength, maxLength, minValue, maxValue, minDate, maxDate, type } = attribute
  if (maxLength > 0 && minLength > maxLength) yield ['maxLength', attributeFault('attribute_length_order')]
  if (minValue !== null && maxValue !== null && minValue > maxValue)
    yield ['maxValue', attributeFault('attribute_value_order')]
  for (const [field, date] of [
    ['minDate', minDate],
    ['maxDate', maxDate],
  ] as const) {
    if (date !== null && !isCalendarDate(date)) yield [field, attributeFault('attribute_no_date')]
  }
  if (minDate !== null && maxDate !== null && minDate > maxDate)
    yield ['maxDate', attributeFault('attribute_date_order')]
  if (type !== 'string' && (minLength > 0 || maxLength > 0))
    yield ['minLength', attributeFault('attribute_lengths_text')]
  if (type !== 'integer' && (minValue !== null || maxValue !== null))
    yield ['minValue', attributeFault('attribute_values_integer')]
  if (type !== 'date' && (minDate !== null || maxDate !== null))
    yield ['minDate', attributeFault('attribute_dates_date')]
}
