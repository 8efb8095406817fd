/** Wire validation: TypeBox compiled once per schema; text becomes numbers and booleans only outside of bodies. */
import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Convert } from 'typebox/value'
import type { ErrorDetail } from '#kernel/errors.ts'

export type Part = 'path' | 'query' | 'header' | 'body'

export type PartValidator<Schema extends TSchema> = (
  value: unknown,
) => { value: Static<Schema>; problems: [] } | { value: null; problems: ErrorDetail[] }

export function validatorOf<Schema extends TSchema>(part: Part, schema: Schema): PartValidator<Schema> {
  const compiled = Compile(schema)
  const converts = part !== 'body' && holdsMoreThanText(schema)
  return (given) => {
    const value = converts ? Convert(schema, { ...(given as object) }) : given
    if (compiled.Check(value)) return { value, problems: [] }
    return { value: null, problems: problemsOf(part, compiled.Errors(value) as Iterable<SchemaProblem>) }
  }
}

/** Path, query and headers are text: only numbers and booleans in them need converting. */
function holdsMoreThanText(schema: TSchema): boolean {
  return /"type":"(?:integer|number|boolean)"/.test(JSON.stringify(schema))
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
  const problems: ErrorDetail[] = []
  const seen = new Set<string>()
  for (const problem of found) {
    if (problems.length >= mostProblems) break
    // Of a union TypeBox names every member that did not fit; the union's own line says enough.
    if (problem.instancePath !== '' && seen.has(problem.instancePath)) continue
    seen.add(problem.instancePath)
    for (const detail of detailsOf(part, problem)) problems.push(detail)
  }
  return problems
}

function detailsOf(part: Part, problem: SchemaProblem): ErrorDetail[] {
  const path = [part, ...problem.instancePath.split('/').slice(1).map(unescapePointer)]
  if (problem.keyword === 'required') {
    const missing = (problem.params.requiredProperties ?? []) as string[]
    return missing.map((name) => ({ path: [...path, name], message: 'Field required', type: 'missing' }))
  }
  return [{ path, message: sentence(problem), type: problem.keyword }]
}

function unescapePointer(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** What the field should have been, in words of people who have not read JSON Schema. */
function sentence({ keyword, message, params }: SchemaProblem): string {
  switch (keyword) {
    case 'pattern':
      return params.pattern === '^[0-9]{14}$'
        ? 'Must have exactly 14 digits'
        : 'Has characters that are not allowed here, or is blank'
    case 'type':
      return `Must be ${String(params.type)}`
    case 'anyOf':
      return 'Has a value that is not allowed here'
    default:
      return message.charAt(0).toUpperCase() + message.slice(1)
  }
}
