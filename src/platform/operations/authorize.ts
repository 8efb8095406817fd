/** Whether a caller may run an operation with this input, before any transaction. */
import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { coreError, DomainError } from '#kernel/errors.ts'
import { valueFaultOf } from '#kernel/value-faults.ts'
import { UnitOfWork } from '../db/unit-of-work.ts'
import type { Actor } from './actor.ts'
import { clientOf, entranceOf, holdsPermission, isLimitedToScopes } from './actor.ts'
import { translateDatabaseError } from './database-errors.ts'
import { auditStatement } from './journal.ts'
import type { AuditFields, Operation, Origin } from './operation.ts'
import { entranceConditions } from './operation.ts'
import type { Services } from './services.ts'

/**
 * Level, permission, own client, input. A caller whose credential has ended meanwhile hears that first: "sign in again"
 * comes before "not allowed" and "does not fit".
 * @throws DomainError
 */
export async function authorize<Input extends TSchema, Result>(
  services: Services,
  operation: Operation<Input, Result>,
  input: Static<Input>,
  { actor, origin }: { actor: Actor; origin: Origin },
): Promise<void> {
  if (operation.level === 'public') {
    checkInput(operation, input)
    return
  }
  if (actor.kind === 'anonymous') throw coreError('unauthenticated')
  const refusal = refusalByLevel(operation, actor)
  if (refusal) throw await confirmRefusal(services, operation, { tenantId: actor.tenantId, actor, origin }, refusal)
  try {
    checkInput(operation, input)
  } catch (error) {
    await confirm(services, operation, actor)
    throw error
  }
  const own = clientOf(actor)
  if (operation.level === 'client' && own !== null && operation.client?.(input) !== own) {
    throw await confirmRefusal(
      services,
      operation,
      { tenantId: actor.tenantId, actor, origin },
      coreError('other_client'),
    )
  }
}

/**
 * For a request that does not fit the wire: a caller who may not call the operation at all learns that instead.
 * @throws DomainError when the caller is refused or its credential has ended
 */
export async function confirmCaller<Input extends TSchema, Result>(
  services: Services,
  operation: Operation<Input, Result>,
  { actor, origin }: { actor: Actor; origin: Origin },
): Promise<void> {
  if (operation.level === 'public') return
  if (actor.kind === 'anonymous') throw coreError('unauthenticated')
  const refusal = refusalByLevel(operation, actor)
  if (refusal) throw await confirmRefusal(services, operation, { tenantId: actor.tenantId, actor, origin }, refusal)
  await confirm(services, operation, actor)
}

function refusalByLevel<I extends TSchema, R>(operation: Operation<I, R>, actor: Actor): DomainError | null {
  if (operation.level === 'account' && clientOf(actor) !== null) return coreError('account_level_required')
  if (operation.permission === null && isLimitedToScopes(actor)) {
    return coreError('permission_missing', {
      message: 'No scope of an OAuth access token covers this operation: sign in and use your own session.',
    })
  }
  if (holdsPermission(actor, operation.permission)) return null
  return coreError('permission_missing', {
    message: `This operation needs the permission ${operation.permission}: ask an administrator of your account.`,
  })
}

async function confirm<I extends TSchema, R>(
  services: Services,
  operation: Operation<I, R>,
  actor: Actor,
): Promise<void> {
  const entrance = entranceOf(actor, entranceConditions(operation))
  try {
    if (entrance) await services.database.quickRead([entrance])
  } catch (error) {
    throw translateDatabaseError(error)
  }
}

/** Refused authorizations are audited too: an auditor looks for who tried what. @returns the refusal, or what comes before it */
async function confirmRefusal<I extends TSchema, R>(
  services: Services,
  operation: Operation<I, R>,
  who: { tenantId: string; actor: Actor; origin: Origin },
  refusal: DomainError,
): Promise<DomainError> {
  const unit = new UnitOfWork(services.database, 'write', entranceOf(who.actor, entranceConditions(operation)))
  const fields: AuditFields = {
    category: 'authorization',
    severity: 'warning',
    action: 'access.denied',
    description: `Refused: ${operation.name} (${refusal.code})`,
    target: { type: 'operation', id: operation.name },
  }
  try {
    await unit.complete([auditStatement(who, operation.name, fields)])
  } catch (error) {
    await unit.abandon()
    throw translateDatabaseError(error)
  }
  return refusal
}

/** That an object belongs to another client may show only when it is looked at; the refusal is recorded all the same. */
export async function recordRefusal<Input extends TSchema, Result>(
  services: Services,
  operation: Operation<Input, Result>,
  { actor, origin }: { actor: Actor; origin: Origin },
  thrown: unknown,
): Promise<unknown> {
  const isOtherClient = thrown instanceof DomainError && thrown.code === 'other_client'
  if (!isOtherClient || actor.kind === 'anonymous') return thrown
  return confirmRefusal(services, operation, { tenantId: actor.tenantId, actor, origin }, thrown)
}

const validators = new WeakMap<object, ReturnType<typeof Compile>>()

function checkInput(operation: { input: TSchema }, input: unknown): void {
  let validator = validators.get(operation.input)
  if (!validator) {
    validator = Compile(operation.input)
    validators.set(operation.input, validator)
  }
  if (validator.Check(input)) return
  const details = [...validator.Errors(input)].map((error) => ({
    path: ['body', ...error.instancePath.split('/').slice(1)],
    ...valueFaultOf(error),
    type: error.keyword,
  }))
  throw coreError('validation_failed', { details })
}
