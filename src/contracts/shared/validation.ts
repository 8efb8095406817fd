/** Wire validation: TypeBox, compiled at a schema's first use (most routes are not asked for in a process's first minutes); text becomes numbers and booleans only outside of bodies. */
import type { Static, TSchema } from 'typebox'
import type { Validator } from 'typebox/compile'
import { Compile } from 'typebox/compile'
import type { ErrorDetail } from '#kernel/errors.ts'
import { valueFault, valueFaultOf } from '#kernel/value-faults.ts'

export type Part = 'path' | 'query' | 'header' | 'body'

export type PartValidator<Schema extends TSchema> = (
  value: unknown,
) => { value: Static<Schema>; problems: [] } | { value: null; problems: ErrorDetail[] }

export function validatorOf<Schema extends TSchema>(part: Part, schema: Schema): PartValidator<Schema> {
  let validator: Validator<Record<never, never>, Schema> | null = null
  const convert = part === 'body' ? null : converterOf(schema)
  return (given) => {
    const value = convert ? convert(given as Record<string, unknown>) : given
    validator ??= Compile(schema)
    const compiled = validator
    try {
      if (compiled.Check(value)) return { value, problems: [] }
      return { value: null, problems: problemsOf(part, compiled.Errors(value) as Iterable<SchemaProblem>) }
    } catch (error) {
      // TypeBox hashes the items of uniqueItems recursively, whatever they are: nesting that is deep enough ends the stack.
      if (!(error instanceof RangeError)) throw error
      return { value: null, problems: [{ path: [part], ...valueFault('value_too_deep') }] }
    }
  }
}

type Converter = (given: Record<string, unknown>) => Record<string, unknown>

const spellings: Record<string, { pattern: RegExp; read: (text: string) => unknown }> = {
  integer: { pattern: /^-?\d{1,15}$/, read: Number },
  number: { pattern: /^-?\d{1,15}(?:\.\d{1,15})?$/, read: Number },
  boolean: { pattern: /^(?:true|false)$/, read: (text) => text === 'true' },
}

/**
 * Path, query and headers are text. What spells a number or a boolean where the schema has one becomes it; anything else
 * stays as it is and does not fit (TypeBox's own conversion would make 1 of "1.5" and of "true").
 * @returns null where all is text anyway
 */
function converterOf(schema: TSchema & { properties?: Record<string, { type?: string }> }): Converter | null {
  const converted = Object.entries(schema.properties ?? {}).flatMap(([name, { type }]) => {
    const spelling = spellings[type ?? '']
    return spelling ? [{ name, ...spelling }] : []
  })
  if (converted.length === 0) return null
  return (given) => {
    const value = { ...given }
    for (const { name, pattern, read } of converted) {
      const text = value[name]
      if (typeof text === 'string' && pattern.test(text)) value[name] = read(text)
    }
    return value
  }
}

type SchemaProblem = {
  keyword: string
  instancePath: string
  message: string
  params: Record<string, unknown>
}

/** The most that is told of one request; a body can have as many faults as it has bytes. */
const mostProblems = 50

function problemsOf(part: Part, found: Iterable<SchemaProblem>): ErrorDetail[] {
  const kept: SchemaProblem[] = []
  const seen = new Set<string>()
  for (const problem of found) {
    if (kept.length >= mostProblems) break
    // Of a union TypeBox names every member that did not fit, then the union: the first member says enough.
    if (problem.instancePath !== '' && seen.has(problem.instancePath)) continue
    seen.add(problem.instancePath)
    kept.push(problem)
  }
  const told = kept.filter((one) => !isOtherMember(one, kept)).flatMap((one) => detailsOf(part, one))
  return told.slice(0, mostProblems)
}

/** Of a list or null whose third item does not fit: that it is not null either helps nobody. */
function isOtherMember({ keyword, instancePath }: SchemaProblem, all: readonly SchemaProblem[]): boolean {
  if (instancePath === '' || (keyword !== 'type' && keyword !== 'anyOf')) return false
  return all.some((one) => one.instancePath.startsWith(`${instancePath}/`))
}

function detailsOf(part: Part, problem: SchemaProblem): ErrorDetail[] {
  const path = [part, ...problem.instancePath.split('/').slice(1).map(unescapePointer)]
  if (problem.keyword === 'required') {
    const missing = (problem.params.requiredProperties ?? []) as string[]
    return missing.map((name) => ({ path: [...path, name], ...valueFault('value_missing'), type: 'missing' }))
  }
  return [{ path, ...valueFaultOf(problem), type: problem.keyword }]
}

function unescapePointer(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}
