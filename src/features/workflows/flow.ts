/** Where an execution goes from an action. */
import type { Action, Definition } from './schemas.ts'

export type Target = { action: Action } | 'end' | 'fail'

/** The ways out of an action: by name, where each leads. */
export function exitsOf(definition: Definition, action: Action): Record<string, string> {
  const index = definition.actions.indexOf(action)
  const following = definition.actions[index + 1]?.id ?? 'end'
  const failure = action.on_failure === undefined ? {} : { on_failure: action.on_failure }
  if (action.type === 'condition') {
    return { on_true: action.on_true ?? following, on_false: action.on_false ?? 'end', ...failure }
  }
  if (action.type === 'approval') {
    return {
      on_approved: action.on_approved ?? following,
      on_rejected: action.on_rejected ?? 'end',
      on_expired: action.on_expired ?? 'fail',
      ...failure,
    }
  }
  return { next: action.next ?? following, ...failure }
}

export function targetOf(definition: Definition, action: Action, exit: string): Target {
  const id = exitsOf(definition, action)[exit] ?? 'end'
  if (id === 'end' || id === 'fail') return id
  const found = definition.actions.find((one) => one.id === id)
  return found ? { action: found } : 'end'
}

/** The ids along a way that comes back to where it began; null: there is none. */
export function findLoop(definition: Definition): string[] | null {
  const done = new Set<string>()
  const way: string[] = []
  const visit = (id: string): string[] | null => {
    if (way.includes(id)) return [...way.slice(way.indexOf(id)), id]
    const action = definition.actions.find((one) => one.id === id)
    if (!action || done.has(id)) return null
    way.push(id)
    for (const next of Object.values(exitsOf(definition, action))) {
      const loop = visit(next)
      if (loop) return loop
    }
    way.pop()
    done.add(id)
    return null
  }
  for (const { id } of definition.actions) {
    const loop = visit(id)
    if (loop) return loop
  }
  return null
}

/** Every action that some way from the first one leads to. */
export function reachable(definition: Definition): Set<string> {
  const found = new Set<string>()
  const open = definition.actions.slice(0, 1)
  for (let action = open.pop(); action; action = open.pop()) {
    if (found.has(action.id)) continue
    found.add(action.id)
    const exits = Object.values(exitsOf(definition, action))
    open.push(...definition.actions.filter(({ id }) => exits.includes(id)))
  }
  return found
}
