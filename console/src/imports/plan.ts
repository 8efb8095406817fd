/** What the columns of a file become: the choices of the person, and what they make of a request. */
import type { Paths } from '../api/schema.ts'

export type Preview = Paths['/api/v1/import/preview']['post']['responses'][200]['content']['application/json']
export type Mapping = Preview['suggested_mappings'][number]
export type Template =
  Paths['/api/v1/import/templates']['get']['responses'][200]['content']['application/json']['templates'][number]
type PlanBody = Paths['/api/v1/import/validate']['post']['requestBody']['content']['application/json']
export type Entity = NonNullable<PlanBody['entity_type']>
export type Layout = Pick<PlanBody, 'format' | 'encoding' | 'delimiter' | 'sheet' | 'header_row'>

/** The column's place in the file, and the target's name. */
export type Choices = Readonly<Record<string, string>>
/** For profiles: the column becomes an answer of its own name. */
export const ownAttribute = '\u0000own'

export type Target = { name: string; required: boolean; mapping: Mapping }

/** What an entity's columns can be, as the ready template of it says. */
export function targetsOf(templates: readonly Template[], entity: Entity): Target[] {
  const ready = templates.find((one) => one.built_in && one.entity_type === entity)
  return (ready?.mappings ?? []).map((mapping) => ({
    name: mapping.target_field,
    required: mapping.required ?? false,
    mapping,
  }))
}

const keyOf = (text: string) =>
  text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()

/** What the server recognised, or what the person's own template says; each target once. */
export function guess(headers: readonly string[], mappings: readonly Mapping[]): Choices {
  const taken = new Set<string>()
  const chosen: Record<string, string> = {}
  for (const header of headers) {
    const found =
      mappings.find((one) => one.source_field === header) ??
      mappings.find((one) => keyOf(one.source_field) === keyOf(header))
    if (!found || taken.has(found.target_field)) continue
    taken.add(found.target_field)
    chosen[header] = found.target_field
  }
  return chosen
}

/** What the mapping of a template says beyond names stays: types, defaults, whether it is needed. */
export function mappingsOf(choices: Choices, known: readonly Mapping[], entity: Entity): Mapping[] {
  const chosen = Object.entries(choices).filter(([, target]) => target !== '')
  const mapped = chosen.map(([source, target]): Mapping => {
    if (entity === 'profiles' && target === ownAttribute) return { source_field: source, target_field: source }
    const found = known.find((one) => one.target_field === target)
    return { ...found, source_field: source, target_field: target }
  })
  const targets = new Set(mapped.map((one) => one.target_field))
  const constant = known.filter((one) => one.default_value !== undefined && !targets.has(one.target_field))
  return [...mapped, ...constant]
}

export function problemsOf(choices: Choices, targets: readonly Target[], constant: readonly Mapping[]) {
  const chosen = Object.values(choices).filter((one) => one !== '' && one !== ownAttribute)
  const given = new Set([...chosen, ...constant.flatMap((one) => (one.default_value ? [one.target_field] : []))])
  return {
    missing: targets.filter((one) => one.required && !given.has(one.name)).map((one) => one.name),
    twice: [...new Set(chosen.filter((one, at) => chosen.indexOf(one) !== at))],
  }
}

/** The id of a template from its name: a small letter, then small letters, digits and underlines. */
export function idOf(name: string): string {
  const plain = keyOf(name).replaceAll(' ', '_').slice(0, 50)
  return /^[a-z]/.test(plain) ? plain : `template_${plain || 'own'}`
}
