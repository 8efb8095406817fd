/** What an administrator may make of the catalogue. Pure. */
import type { ErrorDetail } from '#kernel/errors.ts'
import { choiceKey, compilePattern } from './compiled-catalogue-rules.ts'
import { profileError } from './errors.ts'
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
    const tell = (field: string, message: string) =>
      details.push({ path: ['body', 'requirements', String(index), field], message })
    const key = JSON.stringify([attribute, choiceKey(choice), requires])
    if (seen.has(key)) tell('requires', 'Stands here twice')
    seen.add(key)
    const judged = byName.get(attribute)
    if (judged?.type !== 'choice') tell('attribute', `There is no attribute ${attribute} with choices`)
    else if (!judged.choices.some((one) => choiceKey(one) === choiceKey(choice))) {
      tell('choice', `${attribute} has no such choice`)
    }
    if (!byName.has(requires)) tell('requires', `There is no attribute ${requires}`)
    else if (requires === attribute) tell('requires', 'An attribute cannot require itself')
  })
  if (details.length > 0) throw profileError('requirement_invalid', { details })
  return { ...definition, requirements: [...requirements] }
}

/** @throws attribute_invalid with everything that is wrong */
function requireSound(attribute: Attribute): void {
  const details = [...problemsOf(attribute)].map(([field, message]) => ({ path: ['body', field], message }))
  if (details.length > 0) throw profileError('attribute_invalid', { details })
}

type Problem = readonly [field: keyof Attribute, message: string]

function* problemsOf(attribute: Attribute): Generator<Problem> {
  yield* problemsOfChoices(attribute)
  yield* problemsOfPattern(attribute)
  yield* problemsOfLimits(attribute)
  const { type } = attribute
  if (attribute.isEqualTo !== null && (type === 'choice' || type === 'file')) {
    yield ['isEqualTo', 'Is for texts, numbers, dates and booleans']
  }
  if (type !== 'file' && (attribute.acceptedFormat !== null || attribute.maxSize !== null)) {
    yield ['acceptedFormat', 'Format and size are for files']
  }
}

function* problemsOfChoices({ type, choices, validation }: Attribute): Generator<Problem> {
  if (type !== 'choice') {
    if (choices.length > 0) yield ['choices', 'Only an attribute of type "choice" has choices']
    if (validation === 'unique choice' || validation === 'multiple choice') {
      yield ['validation', 'Is for attributes of type "choice"']
    }
    return
  }
  if (choices.length === 0) yield ['choices', 'An attribute of type "choice" needs at least one']
  if (new Set(choices.map(choiceKey)).size < choices.length) yield ['choices', 'A choice stands there twice']
}

function* problemsOfPattern({ type, validation, pattern }: Attribute): Generator<Problem> {
  if (validation === 'regex' && type !== 'string') yield ['validation', 'Is for attributes of type "string"']
  if (validation === 'regex' && pattern === null) yield ['pattern', 'Validation "regex" needs a pattern']
  if (pattern === null) return
  try {
    const size = compilePattern(pattern).programSize()
    if (size > longestProgram) yield ['pattern', 'Is too large: repeat less']
  } catch (error) {
    yield ['pattern', `Is not a regular expression of RE2: ${(error as Error).message.slice(0, 200)}`]
  }
}

function* problemsOfLimits(attribute: Attribute): Generator<Problem> {
  const { minLength, maxLength, minValue, maxValue, minDate, maxDate, type } = attribute
  if (maxLength > 0 && minLength > maxLength) yield ['maxLength', 'Is below minLength']
  if (minValue !== null && maxValue !== null && minValue > maxValue) yield ['maxValue', 'Is below minValue']
  for (const [field, date] of [
    ['minDate', minDate],
    ['maxDate', maxDate],
  ] as const) {
    if (date !== null && !isCalendarDate(date)) yield [field, 'Is no date that exists (YYYY-MM-DD)']
  }
  if (minDate !== null && maxDate !== null && minDate > maxDate) yield ['maxDate', 'Is before minDate']
  if (type !== 'string' && (minLength > 0 || maxLength > 0)) yield ['minLength', 'Lengths are for texts']
  if (type !== 'integer' && (minValue !== null || maxValue !== null)) yield ['minValue', 'Values are for integers']
  if (type !== 'date' && (minDate !== null || maxDate !== null)) yield ['minDate', 'Dates are for dates']
}
