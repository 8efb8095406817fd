/** What an action `update` may set, and who may say so. Pure. */
import { decidedStatuses, invoiceStatuses } from '#features/ledger/index.ts'
import type { ErrorDetail } from '#kernel/errors.ts'
import { expressionsIn } from './expressions.ts'
import { workflowFault } from './faults.ts'
import type { Action, Definition, EntityType } from './schemas.ts'
import { entityTypes } from './schemas.ts'

/** Of a customer: the field as definitions name it, and as the operation does. */
export const customerFields: Readonly<Record<string, string>> = {
  ...{ name: 'name', email: 'email', phone: 'phone', vat_number: 'vatNumber', address_line1: 'addressLine1' },
  ...{ address_line2: 'addressLine2', postal_code: 'postalCode', city: 'city', country_code: 'countryCode' },
  is_active: 'isActive',
}

export function updateProblems(entityType: EntityType | undefined, set: Record<string, unknown>): ErrorDetail[] {
  if (!entityType) {
    return [{ path: ['set'], ...workflowFault('workflow_update_no_entity'), type: 'entity_type' }]
  }
  const known = entityType === 'invoice' ? ['status'] : Object.keys(customerFields)
  const names = Object.keys(set)
  const fields = known.join(', ')
  if (names.length === 0) {
    return [{ path: ['set'], ...workflowFault('workflow_update_nothing', { fields }), type: 'missing' }]
  }
  const problems: ErrorDetail[] = names
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: ['set', name],
      ...workflowFault('workflow_update_field', { fields }),
      type: 'unknown_field',
    }))
  const status = entityType === 'invoice' ? set.status : undefined
  if (status !== undefined && !isExpression(status) && !(invoiceStatuses as readonly unknown[]).includes(status)) {
    const told = workflowFault('workflow_update_status', { statuses: invoiceStatuses.join(', ') })
    problems.push({ path: ['set', 'status'], ...told, type: 'enum' })
  }
  return problems
}

const isExpression = (value: unknown) => typeof value === 'string' && value.startsWith('=')

export type NeededPermission = { permission: string; actionId: string }

/** Permissions that whoever saves the definition must hold himself; those of reports depend on their templates. */
export function neededPermissions(definition: Definition): NeededPermission[] {
  const actionId = definition.actions[0]?.id ?? ''
  const reading = entitiesRead(definition).map((type) => ({ permission: `${type}:view`, actionId }))
  return [...reading, ...definition.actions.flatMap((action) => permissionsOfAction(definition, action))]
}

/** Steps, approvals and calls show what expressions read. One that names no type may be started with an entity of any. */
function entitiesRead(definition: Definition): readonly EntityType[] {
  if (definition.entity_type) return [definition.entity_type]
  const sources = definition.actions.flatMap((action) => [
    ...(action.type === 'condition' ? [action.expression] : []),
    ...(action.type === 'delay' ? [action.until ?? ''] : []),
    ...expressionsIn(action).map(({ source }) => source),
  ])
  const reads = [definition.entity_summary ?? '', ...sources].some((source) => /\bentity\b/.test(source))
  return reads ? entityTypes : []
}

function permissionsOfAction(definition: Definition, action: Action): NeededPermission[] {
  const { id: actionId } = action
  if (action.type === 'notification') return [{ permission: 'notification:send', actionId }]
  if (action.type === 'webhook') return [{ permission: 'webhook:manage', actionId }]
  if (action.type !== 'update') return []
  if (definition.entity_type === 'customer') return [{ permission: 'customer:update', actionId }]
  const { status } = action.set
  const decides = (decidedStatuses as readonly unknown[]).includes(status)
  return [
    ...(decides || isExpression(status) ? [{ permission: 'invoice:approve', actionId }] : []),
    ...(decides ? [] : [{ permission: 'invoice:update', actionId }]),
  ]
}
