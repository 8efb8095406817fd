/** A catalogue made ready for checking values: choices by name, regular expressions compiled. Pure. */
import { RE2JS } from 're2js'
import type { Attribute, CatalogueDefinition } from './schemas.ts'

export type CompiledAttribute = Attribute & {
  /** The choice as the catalogue spells it, by the spelling of `choiceKey`. */
  choiceByKey: ReadonlyMap<string, string>
  /** Whether the whole text fits the attribute's regular expression; true where it has none. */
  fits: (text: string) => boolean
}

export type Catalogue = {
  readonly version: number
  readonly definition: CatalogueDefinition
  /** Those in use; retired ones are not there. */
  readonly byName: ReadonlyMap<string, CompiledAttribute>
  /** Names of those that every profile must have. */
  readonly required: readonly string[]
  /** What else a choice makes required, by `attribute` and choice. */
  readonly requiredBy: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>
}

/** Composed and decomposed accents are one spelling. */
export function choiceKey(choice: string): string {
  return choice.normalize('NFC')
}

/** RE2, in time linear to the text whatever the expression says. @throws RE2JSSyntaxException */
export function compilePattern(pattern: string): RE2JS {
  return RE2JS.compile(pattern)
}

export function compileCatalogue(version: number, definition: CatalogueDefinition): Catalogue {
  const inUse = definition.attributes.filter((one) => !one.isRetired).map(compileAttribute)
  const byName = new Map(inUse.map((one) => [one.name, one]))
  const requiredBy = new Map<string, Map<string, string[]>>()
  for (const { attribute, choice, requires } of definition.requirements) {
    // A requirement on, or of, a retired attribute sleeps until it is taken back.
    if (!byName.has(attribute) || !byName.has(requires)) continue
    const ofAttribute = requiredBy.get(attribute) ?? new Map<string, string[]>()
    ofAttribute.set(choiceKey(choice), [...(ofAttribute.get(choiceKey(choice)) ?? []), requires])
    requiredBy.set(attribute, ofAttribute)
  }
  const required = inUse.filter((one) => one.isRequired).map((one) => one.name)
  return { version, definition, byName, required, requiredBy }
}

function compileAttribute(attribute: Attribute): CompiledAttribute {
  const choiceByKey = new Map(attribute.choices.map((choice) => [choiceKey(choice), choice]))
  const pattern =
    attribute.validation === 'regex' && attribute.pattern !== null ? compilePattern(attribute.pattern) : null
  return { ...attribute, choiceByKey, fits: pattern ? (text) => pattern.testExact(text) : () => true }
}
