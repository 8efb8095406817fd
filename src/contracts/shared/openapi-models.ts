/** Named models of an API document: generated clients call a type as the contract's own document does. */
import type { TSchema } from 'typebox'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/**
 * Collects schemas that have a title. In what `refer` gives, each stands as a reference to components/schemas/<title>.
 * @throws Error when two different schemas have one title
 */
export class OpenApiModels {
  readonly schemas: Record<string, Json> = {}

  refer(schema: TSchema): Json {
    // A copy without what TypeBox keeps beside the JSON Schema.
    return this.#withReferences(JSON.parse(JSON.stringify(schema)) as Json)
  }

  #withReferences(value: Json): Json {
    if (Array.isArray(value)) return value.map((one) => this.#withReferences(one))
    if (typeof value !== 'object' || value === null) return value
    const members = Object.entries(value).map(([name, member]) => [name, this.#withReferences(member)] as const)
    const copy: Json = Object.fromEntries(members)
    const { title } = copy
    if (typeof title !== 'string') return copy
    const known = this.schemas[title]
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(copy)) {
      throw new Error(`two schemas are called ${title}`)
    }
    this.schemas[title] = copy
    return { $ref: `#/components/schemas/${title}` }
  }
}
