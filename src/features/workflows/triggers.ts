/** What starts a workflow: event:<name>, schedule:<cron>, manual. */
import { nextRuns } from '#kernel/cron.ts'
import type { WorkflowTold } from './faults.ts'
import { workflowFault } from './faults.ts'
import type { Definition } from './schemas.ts'

export type Trigger = { kind: 'event' | 'schedule' | 'manual'; name: string }

export const defaultTimeZone = 'Europe/Paris'

export function parseTrigger(text: string): Trigger | null {
  if (text === 'manual') return { kind: 'manual', name: '' }
  const at = text.indexOf(':')
  const kind = text.slice(0, at)
  const name = text.slice(at + 1).trim()
  return (kind === 'event' || kind === 'schedule') && name !== '' ? { kind, name } : null
}

export function triggersOf(definition: Definition): Trigger[] {
  return definition.triggers.flatMap((text) => parseTrigger(text) ?? [])
}

/** When a schedule fires next after a moment; null: never again. @throws Error for one that cannot be read */
export function nextRun(pattern: string, timeZone: string, after: Date): Date | null {
  return nextRuns(pattern, { timeZone, after, count: 1 })[0] ?? null
}

/** What is wrong with a trigger, in words; null: nothing. */
export function triggerProblem(
  text: string,
  definition: Pick<Definition, 'time_zone' | 'entity_type'>,
): WorkflowTold | null {
  const trigger = parseTrigger(text)
  if (!trigger) return workflowFault('workflow_trigger_form')
  if (trigger.kind === 'event') return eventProblem(trigger.name, definition.entity_type)
  if (trigger.kind === 'schedule') return scheduleProblem(trigger.name, definition.time_zone ?? defaultTimeZone)
  return null
}

function eventProblem(name: string, entityType: string | undefined): WorkflowTold | null {
  if (!/^[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?$/.test(name)) return workflowFault('workflow_event_name')
  if (entityType !== undefined && name.split('.')[0] !== entityType) {
    return workflowFault('workflow_event_entity', { entity: entityType })
  }
  return null
}

function scheduleProblem(pattern: string, timeZone: string): WorkflowTold | null {
  if (pattern.split(/\s+/).length !== 5) return workflowFault('workflow_schedule_parts')
  try {
    const first = nextRun(pattern, timeZone, new Date())
    return first ? null : workflowFault('workflow_schedule_never')
  } catch (error) {
    return workflowFault('workflow_schedule_unreadable', { reason: (error as Error).message.slice(0, 200) })
  }
}
