/** What is allowed in a definition, and yet will not go as its author thinks. Nothing of it keeps a definition from being saved. */
import type { OperationContext } from '#platform/operations/operation.ts'
import * as store from './remark-store.ts'
import type { ActionOf, Definition } from './schemas.ts'
import { triggersOf } from './triggers.ts'

export type Remark =
  /** Fewer active users than the approval needs stand behind its approvers: it waits until its deadline. */
  | { code: 'too_few_approvers'; actionId: string; approvers: string[]; people: number; required: number }
  /** Another workflow in force asks for an approval upon the same event: there are two about one entity. */
  | { code: 'approved_twice'; workflowId: string; workflowName: string }

type Context = Pick<OperationContext, 'tx' | 'tenantId'>

/** @param id of the workflow that the definition belongs to; null: it is none yet */
export async function remarksOn(context: Context, definition: Definition, id: string | null): Promise<Remark[]> {
  return [...(await tooFew(context, definition)), ...(await approvedTwice(context, definition, id))]
}

const approvalsOf = ({ actions }: Definition) =>
  actions.filter((one): one is ActionOf<'approval'> => one.type === 'approval')

async function tooFew({ tx, tenantId }: Context, definition: Definition): Promise<Remark[]> {
  const approvals = approvalsOf(definition)
  const asked = approvals.map(({ approvers }) => ({
    ids: approvers.filter((one) => !one.startsWith('role:')),
    roles: approvers.flatMap((one) => (one.startsWith('role:') ? [one.slice(5)] : [])),
  }))
  const counts = await store.countActive(tx, tenantId, asked)
  return approvals.flatMap(({ id: actionId, approvers, required = 1 }, at) => {
    const people = counts[at] ?? 0
    return people < required ? [{ code: 'too_few_approvers' as const, actionId, approvers, people, required }] : []
  })
}

async function approvedTwice({ tx, tenantId }: Context, definition: Definition, id: string | null): Promise<Remark[]> {
  const type = definition.entity_type
  if (type === undefined || approvalsOf(definition).length === 0) return []
  const others = await store.listOthers(tx, tenantId, type)
  return others
    .filter((one) => one.id !== id && approvalsOf(one.definition).length > 0 && meet(definition, one.definition))
    .map((one) => ({ code: 'approved_twice' as const, workflowId: one.id, workflowName: one.name }))
}

const eventsOf = (definition: Definition) =>
  triggersOf(definition).flatMap(({ kind, name }) => (kind === 'event' ? [name] : []))

/** Whether one event may start both. Pure. */
export function meet(one: Definition, other: Definition): boolean {
  return eventsOf(one).some((name) => eventsOf(other).some((each) => covers(name, each) || covers(each, name)))
}

/** invoice.* covers invoice.created and invoice.item.*; a name covers itself. */
const covers = (pattern: string, name: string) =>
  pattern === name || (pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -1)))
