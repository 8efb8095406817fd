/** Expressions: CEL (github.com/google/cel-spec), checked before they run. The only file that knows the library. */
import type { ParseResult } from '@marcbachmann/cel-js'
import { Environment } from '@marcbachmann/cel-js'
import type { Program } from './expression-limits.ts'
import {
  inTime,
  libraryNames,
  limited,
  limitedName,
  nameOf,
  programOf,
  Room,
  requireLittle,
  requireRoom,
  TooSlowError,
} from './expression-limits.ts'
import type { WorkflowTold } from './faults.ts'
import { workflowFault } from './faults.ts'
import type { Action, Definition, EntityType, Scope } from './schemas.ts'

/** What expressions see. */
export type ExpressionScope = Scope & {
  entity: Record<string, unknown>
  execution: { id: string; workflow_id: string; submitted_by: string | null }
  now: Date
}

export type Expressions = {
  /** What is wrong with it, in words; null: nothing. */
  problemOf(source: string, as: 'any' | 'condition' | 'moment' | 'text'): WorkflowTold | null
  /** @throws ExpressionError */
  evaluate(source: string, scope: ExpressionScope, room?: Room): unknown
}

export class ExpressionError extends Error {
  override name = 'ExpressionError'
  /** It was ended: everything else of the server waited for it. */
  readonly isSlow: boolean
  constructor(message: string, { isSlow, ...options }: ErrorOptions & { isSlow: boolean }) {
    super(message, options)
    this.isSlow = isSlow
  }
}

type Runnable = { run: ParseResult; program: Program }

const timestamp = 'google.protobuf.Timestamp'
const wanted = {
  any: null,
  condition: { types: ['bool', 'dyn'], fault: 'workflow_gives_no_condition' },
  moment: { types: [timestamp, 'dyn'], fault: 'workflow_gives_no_moment' },
  text: { types: ['string', 'dyn'], fault: 'workflow_gives_no_text' },
} as const

/** Fields of entities, as expressions see them. */
export const entityFields: Readonly<Record<EntityType, Record<string, string>>> = {
  invoice: {
    ...{ id: 'string', number: 'string', customer_id: 'string', customer_code: 'string', customer_name: 'string' },
    ...{ client_id: 'dyn', date: 'string', due_date: 'dyn', currency: 'string', status: 'string', note: 'dyn' },
    ...{ net_amount: 'double', tax_amount: 'double', total_amount: 'double', updated_at: timestamp },
  },
  customer: {
    ...{ id: 'string', code: 'string', name: 'string', email: 'dyn', phone: 'dyn', siret: 'dyn', vat_number: 'dyn' },
    ...{ city: 'dyn', country_code: 'dyn', is_active: 'bool', updated_at: timestamp },
  },
}

/** What an action leaves behind: steps.<id>.<name>. */
const resultFields: Readonly<Record<Action['type'], Record<string, string>>> = {
  notification: { sent: 'dyn' },
  approval: { approved: 'bool', decision: 'string', decided_by: 'dyn', comment: 'dyn', entity_changed: 'bool' },
  condition: { result: 'bool' },
  delay: { until: 'string' },
  webhook: { status_code: 'dyn', body: 'dyn' },
  update: { updated: 'dyn' },
  report: { report_id: 'dyn' },
}
const typeNames = { string: 'string', number: 'double', boolean: 'bool', any: 'dyn' } as const

/** The library's functions that are limited, each under our name: its signature, and what calls it. */
const limitedFunctions = limited.map(({ signature, call }) => {
  const name = nameOf(signature)
  const environment = new Environment()
  for (const one of ['a', 'b', 'c']) environment.registerVariable(one, 'dyn')
  const run = environment.parse(call)
  const handler = (a: unknown, b?: unknown, c?: unknown): unknown => {
    requireLittle(name, [a, b])
    return run({ a, b, c })
  }
  return { signature: signature.replace(`${name}(`, `${limitedName(name)}(`), handler }
})

/** The expressions of a definition whose variables and actions are these. */
export function expressionsOf(definition: Pick<Definition, 'variables' | 'entity_type' | 'actions'>): Expressions {
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 300, maxDepth: 30, maxListElements: 100, maxMapEntries: 50, maxCallArguments: 8 },
  })
  const variables = Object.fromEntries((definition.variables ?? []).map(({ name, type }) => [name, typeNames[type]]))
  const steps = Object.fromEntries(definition.actions.map(({ id, type }) => [id, { ...resultFields[type] }]))
  environment
    .registerVariable('event', 'map')
    .registerVariable('now', timestamp)
    .registerVariable({ name: 'execution', schema: { id: 'string', workflow_id: 'string', submitted_by: 'dyn' } })
    .registerVariable({ name: 'steps', schema: steps })
  if (Object.keys(variables).length > 0) environment.registerVariable({ name: 'variables', schema: variables })
  if (definition.entity_type) {
    environment.registerVariable({ name: 'entity', schema: { ...entityFields[definition.entity_type] } })
  } else environment.registerVariable('entity', 'map')
  for (const { signature, handler } of limitedFunctions) environment.registerFunction(signature, handler)
  const programs = new Map<string, Runnable>()
  const runnable = (source: string): Runnable => {
    const run = environment.parse(source)
    // Before its types are checked: what it calls is decided by then.
    return { run, program: programOf(run.ast) }
  }

  return {
    problemOf(source, as) {
      let parsed: Runnable
      try {
        parsed = runnable(source)
      } catch (error) {
        return toldOf(error)
      }
      if (parsed.program.refusal) return parsed.program.refusal
      const checked = parsed.run.check()
      if (!checked.valid) return toldOf(checked.error)
      const type = String(checked.type)
      const form = wanted[as]
      if (form && !(form.types as readonly string[]).includes(type)) return workflowFault(form.fault, { type })
      return null
    },
    evaluate(source, scope, room = new Room()) {
      try {
        let known = programs.get(source)
        if (!known) {
          known = runnable(source)
          programs.set(source, known)
        }
        const { run, program } = known
        // Of a definition that was saved before this was refused.
        if (program.refusal) throw new Error(program.refusal.message)
        if (program.grows) requireRoom(program, scope)
        return plain(program.hasLoop ? inTime(() => run(scope)) : run(scope), room)
      } catch (error) {
        const isSlow = error instanceof TooSlowError
        throw new ExpressionError(`${source.slice(0, 500)}: ${firstLine(error)}`, { cause: error, isSlow })
      }
    },
  }
}

/** What the library says most, as sentences of our own. */
const sayings = [
  [/^Unknown variable: (.+)$/, (name: string) => workflowFault('workflow_expression_variable', { name })],
  [/^No such key: (.+)$/, (name: string) => workflowFault('workflow_expression_field', { name })],
  [/^no such overload: (.+)$/, (operation: string) => workflowFault('workflow_expression_types', { operation })],
  [
    /^found no matching overload for '(.+)'$/,
    (call: string) => workflowFault('workflow_expression_function', { call }),
  ],
  [/^Unexpected token: (.+)$/, (token: string) => workflowFault('workflow_expression_token', { token })],
  [
    /^Unexpected character: (.+)$/,
    (character: string) => workflowFault('workflow_expression_character', { character }),
  ],
  [
    /^Expected (.+), got (.+)$/,
    (wanted: string, found: string) => workflowFault('workflow_expression_expected', { wanted, found }),
  ],
  [/^Unterminated string/, () => workflowFault('workflow_expression_open_text')],
] as const

function toldOf(error: unknown): WorkflowTold {
  const said = firstLine(error)
  for (const [pattern, tell] of sayings) {
    const [, one = '', other = ''] = pattern.exec(said) ?? []
    if (pattern.test(said)) return tell(one, other)
  }
  return workflowFault('workflow_expression_unreadable', { reason: said })
}

function firstLine(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error)
  return libraryNames(said.split('\n')[0] ?? '').slice(0, 300)
}

/** As JSON has it: CEL's integers are bigint. */
function plain(value: unknown, room: Room): unknown {
  room.take(value)
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Date || value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((one) => plain(one, room))
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  return Object.fromEntries(
    entries.map(([key, one]) => {
      room.take(key)
      return [String(key), plain(one, room)]
    }),
  )
}

/** Every text in a value that begins with "=", with where it stands. */
export function expressionsIn(value: unknown, path: readonly string[] = []): { path: string[]; source: string }[] {
  if (typeof value === 'string') return value.startsWith('=') ? [{ path: [...path], source: value.slice(1) }] : []
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, one]) => expressionsIn(one, [...path, key]))
}

/** The value with every expression in it evaluated. @throws ExpressionError */
export function resolve(
  expressions: Expressions,
  value: unknown,
  scope: ExpressionScope,
  room: Room = new Room(),
): unknown {
  if (typeof value === 'string') {
    if (!value.startsWith('=')) return value
    const result = expressions.evaluate(value.slice(1), scope, room)
    return result instanceof Date ? result.toISOString() : result
  }
  if (Array.isArray(value)) return value.map((one) => resolve(expressions, one, scope, room))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolve(expressions, one, scope, room)]))
}
