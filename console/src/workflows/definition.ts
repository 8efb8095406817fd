/** What a definition says, as far as the console draws it; the server checks all of it. */
import type { Paths } from '../api/schema.ts'

export type Workflow = Paths['/api/v1/workflows/{workflow_id}']['get']['responses'][200]['content']['application/json']
export type Execution =
  Paths['/api/v1/workflows/executions/{execution_id}']['get']['responses'][200]['content']['application/json']
export type ExecutionLine =
  Paths['/api/v1/workflows/executions']['get']['responses'][200]['content']['application/json']['executions'][number]
export type Approval =
  Paths['/api/v1/workflows/approvals/{approval_id}']['get']['responses'][200]['content']['application/json']

export const actionTypes = ['notification', 'approval', 'condition', 'delay', 'webhook', 'update', 'report'] as const
export type ActionType = (typeof actionTypes)[number]
const exits = ['next', 'on_true', 'on_false', 'on_approved', 'on_rejected', 'on_expired', 'on_failure'] as const
export type Exit = (typeof exits)[number]
export type Action = { id: string; type: ActionType; name?: string; [field: string]: unknown }
export type Definition = {
  name: string
  triggers: string[]
  actions: Action[]
  /** What its values are unless they are given, by their names. */
  defaults: Readonly<Record<string, unknown>>
}

const isNamed = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** null: nothing that could be drawn, as long as somebody types. */
export function readDefinition(given: unknown): Definition | null {
  if (!isNamed(given) || !Array.isArray(given.actions)) return null
  const actions = given.actions.filter(
    (one): one is Action => isNamed(one) && typeof one.id === 'string' && actionTypes.some((type) => type === one.type),
  )
  const triggers = Array.isArray(given.triggers) ? given.triggers.filter((one) => typeof one === 'string') : []
  const variables = Array.isArray(given.variables) ? given.variables.filter(isNamed) : []
  const defaults = Object.fromEntries(variables.map((one) => [String(one.name), one.default]))
  return { name: typeof given.name === 'string' ? given.name : '', triggers, actions, defaults }
}

const usual: Partial<Record<ActionType, [exit: Exit, otherwise: 'following' | 'end' | 'fail'][]>> = {
  condition: [
    ['on_true', 'following'],
    ['on_false', 'end'],
  ],
  approval: [
    ['on_approved', 'following'],
    ['on_rejected', 'end'],
    ['on_expired', 'fail'],
  ],
}

/** The exits that an action of this kind has, and where each leads when nothing is said. */
export const usualExits = (type: ActionType) => usual[type] ?? [['next', 'following'] as const]

/** Where an action goes on: the id of another one, "end" or "fail". */
export function exitsOf({ actions }: Definition, action: Action): { exit: Exit; to: string }[] {
  const following = actions[actions.indexOf(action) + 1]?.id ?? 'end'
  const ways = usualExits(action.type)
  const named = (exit: Exit) => (typeof action[exit] === 'string' ? String(action[exit]) : null)
  const exits = ways.map(([exit, otherwise]) => ({
    exit,
    to: named(exit) ?? (otherwise === 'following' ? following : otherwise),
  }))
  const failure = named('on_failure')
  return failure ? [...exits, { exit: 'on_failure', to: failure }] : exits
}

/** The server's words for an execution that a step led to its failing end (src/features/workflows/following.ts); null: others. */
export function endedBy(error: string): { step: string; exit: Exit } | null {
  const [, step, name] = /^(.+): ended by (on_[a-z]+|next)$/.exec(error) ?? []
  const exit = exits.find((one) => one === name)
  return step && exit ? { step, exit } : null
}
