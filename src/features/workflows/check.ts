/** Everything that is wrong with a definition, each at its place, before anybody runs it. Pure. */
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { ErrorDetail } from '#kernel/errors.ts'
import { shapeFaultOf } from '#kernel/value-faults.ts'
import { longestSeconds, secondsOf } from './duration.ts'
import type { Expressions } from './expressions.ts'
import { expressionsIn, expressionsOf } from './expressions.ts'
import { workflowFault } from './faults.ts'
import { exitsOf, findLoop, reachable } from './flow.ts'
import type { Action, ActionType, Definition } from './schemas.ts'
import { actionSchemas, actionTypes, definitionShape, ends } from './schemas.ts'
import { triggerProblem } from './triggers.ts'
import { updateProblems } from './updates.ts'

const place = (...path: string[]) => ['body', 'definition', ...path]

function shapeProblems(schema: TSchema, value: unknown, path: string[]): ErrorDetail[] {
  const compiled = compiledOf(schema)
  if (compiled.Check(value)) return []
  return compiled.Errors(value).map((error) => ({
    path: place(...path, ...error.instancePath.split('/').slice(1)),
    ...shapeFaultOf(error),
    type: error.keyword,
  }))
}

const validators = new Map<TSchema, ReturnType<typeof Compile>>()
function compiledOf(schema: TSchema): ReturnType<typeof Compile> {
  let known = validators.get(schema)
  if (!known) {
    known = Compile(schema)
    validators.set(schema, known)
  }
  return known
}

export type Checked = { definition: Definition; problems: [] } | { definition: null; problems: ErrorDetail[] }

export function checkDefinition(given: unknown): Checked {
  const problems = [...shapeProblems(definitionShape, given, []), ...actionShapes(given)]
  if (problems.length > 0) return { definition: null, problems }
  const definition = given as Definition
  problems.push(...nameProblems(definition), ...triggerProblems(definition), ...flowProblems(definition))
  // With names twice or unknown there is no telling what an expression means.
  if (problems.length === 0) problems.push(...contentProblems(definition))
  return problems.length > 0 ? { definition: null, problems } : { definition, problems: [] }
}

function actionShapes(given: unknown): ErrorDetail[] {
  const actions = (given as { actions?: unknown } | null)?.actions
  if (!Array.isArray(actions)) return []
  return actions.slice(0, 100).flatMap((action: unknown, i) => {
    const type = (action as { type?: unknown } | null)?.type
    if (!actionTypes.includes(type as ActionType)) {
      return [
        {
          path: place('actions', String(i), 'type'),
          ...workflowFault('workflow_action_type', { types: actionTypes.join(', ') }),
          type: 'enum',
        },
      ]
    }
    return shapeProblems(actionSchemas[type as ActionType], action, ['actions', String(i)])
  })
}

function nameProblems({ actions, variables = [] }: Definition): ErrorDetail[] {
  const twice = (names: readonly string[], what: string) =>
    names.flatMap((name, i) =>
      names.indexOf(name) === i
        ? []
        : [{ path: place(what, String(i)), ...workflowFault('workflow_named_twice', { name }), type: 'duplicate' }],
    )
  const reserved = actions.flatMap(({ id }, i) =>
    (ends as readonly string[]).includes(id)
      ? [
          {
            path: place('actions', String(i), 'id'),
            ...workflowFault('workflow_id_reserved', { id }),
            type: 'reserved',
          },
        ]
      : [],
  )
  const defaults = variables.flatMap(({ name, type, default: value }, i) =>
    value === undefined || fitsType(value, type)
      ? []
      : [
          {
            path: place('variables', String(i), 'default'),
            ...workflowFault('workflow_default_type', { name, type }),
            type: 'type',
          },
        ],
  )
  return [
    ...twice(
      actions.map(({ id }) => id),
      'actions',
    ),
    ...twice(
      variables.map(({ name }) => name),
      'variables',
    ),
    ...reserved,
    ...defaults,
  ]
}

export function fitsType(value: unknown, type: string): boolean {
  if (type === 'any') return true
  const actual: string = typeof value
  return actual === type && (type !== 'number' || Number.isFinite(value))
}

function triggerProblems(definition: Definition): ErrorDetail[] {
  return definition.triggers.flatMap((text, i) => {
    const told = triggerProblem(text, definition)
    return told ? [{ path: place('triggers', String(i)), ...told, type: 'trigger' }] : []
  })
}

function flowProblems(definition: Definition): ErrorDetail[] {
  const ids = new Set<string>([...definition.actions.map(({ id }) => id), ...ends])
  const problems: ErrorDetail[] = definition.actions.flatMap((action, i) =>
    Object.entries(exitsOf(definition, action)).flatMap(([exit, id]) =>
      ids.has(id)
        ? []
        : [
            {
              path: place('actions', String(i), exit),
              ...workflowFault('workflow_action_unknown', { id }),
              type: 'unknown_action',
            },
          ],
    ),
  )
  const loop = findLoop(definition)
  if (loop)
    problems.push({
      path: place('actions'),
      ...workflowFault('workflow_loop', { way: loop.join(' -> ') }),
      type: 'loop',
    })
  const found = reachable(definition)
  definition.actions.forEach(({ id }, i) => {
    if (!found.has(id)) {
      const told = workflowFault('workflow_action_unreachable', { id })
      problems.push({ path: place('actions', String(i)), ...told, type: 'unreachable' })
    }
  })
  return problems
}

function contentProblems(definition: Definition): ErrorDetail[] {
  const expressions = expressionsOf(definition)
  const problems: ErrorDetail[] = []
  const { entity_summary: summary } = definition
  if (summary !== undefined) {
    const told = expressions.problemOf(summary, 'text')
    if (told) problems.push({ path: place('entity_summary'), ...told, type: 'expression' })
  }
  definition.actions.forEach((action, i) => {
    for (const { path, ...detail } of actionProblems(definition, action, expressions)) {
      problems.push({ ...detail, path: place('actions', String(i), ...(path ?? [])) })
    }
  })
  return problems
}

function actionProblems(definition: Definition, action: Action, expressions: Expressions): ErrorDetail[] {
  const problems: ErrorDetail[] = []
  const expression = (name: string, source: string | undefined, as: 'condition' | 'moment') => {
    const told = source === undefined ? null : expressions.problemOf(source, as)
    if (told) problems.push({ path: [name], ...told, type: 'expression' })
  }
  const span = (name: string, text: string | undefined) => {
    if (text !== undefined && !(secondsOf(text) <= longestSeconds)) {
      problems.push({ path: [name], ...workflowFault('workflow_span_too_long'), type: 'duration' })
    }
  }
  for (const name of ['variables', 'body', 'set', 'parameters'] as const) {
    for (const found of expressionsIn((action as Record<string, unknown>)[name])) {
      const told = expressions.problemOf(found.source, 'any')
      if (told) problems.push({ path: [name, ...found.path], ...told, type: 'expression' })
    }
  }
  span('retry', action.retry?.delay)
  if (action.type === 'condition') expression('expression', action.expression, 'condition')
  if (action.type === 'delay') {
    if ((action.for === undefined) === (action.until === undefined)) {
      problems.push({ path: ['for'], ...workflowFault('workflow_delay_needs_one'), type: 'missing' })
    }
    span('for', action.for)
    expression('until', action.until, 'moment')
  }
  if (action.type === 'approval') {
    span('deadline', action.deadline)
    span('remind_every', action.remind_every)
    if (action.approvers.includes('submitter')) {
      problems.push({ path: ['approvers'], ...workflowFault('workflow_approver_submitter'), type: 'approver' })
    }
  }
  if (action.type === 'webhook' && (action.url === undefined) === (action.event === undefined)) {
    problems.push({ path: ['url'], ...workflowFault('workflow_call_needs_one'), type: 'missing' })
  }
  if (action.type === 'update') problems.push(...updateProblems(definition.entity_type, action.set))
  return problems
}
