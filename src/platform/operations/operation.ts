/**
 * An operation is the unit of everything: declared once with its level, permission, input and effect, it is authorized,
 * validated, audited, measured and documented by that (run-operation.ts).
 */
import type { Compilable } from 'kysely'
import type { Static, TSchema } from 'typebox'
import type { DomainError } from '#kernel/errors.ts'
import type { Tx } from '../db/unit-of-work.ts'
import type { Actor, EntranceConditions } from './actor.ts'
import type { AuditCategory, AuditSeverity, DomainEvent } from './journal.ts'
import type { Services } from './services.ts'

/** Where a call came from, for the audit log. */
export type Origin = {
  readonly requestId: string
  readonly ipAddress: string | null
  readonly userAgent: string | null
  /** Which contract, job or command made the call. */
  readonly via: string
}

export type OperationContext = {
  readonly tx: Tx
  readonly actor: Actor
  readonly origin: Origin
  readonly services: Services
  /** One moment for the whole operation. */
  readonly now: Date
  /** The tenant this unit of work is in. Throws before a public operation has entered one. */
  readonly tenantId: string
  /** Public operations only: sets the tenant for row level security from here on. */
  enterTenant(tenantId: string): Promise<void>
  /** The same for an operation that only writes: it is sent before the writes, with the transaction's end. */
  enterTenantAtEnd(tenantId: string): void
  /**
   * A write that nothing in the operation waits for: it is sent with the transaction's end and saves a round trip. The
   * operation fails with it; `meanings` says what the violation of a named constraint means to the caller.
   */
  write(query: Compilable, meanings?: Record<string, () => DomainError>): void
  /** A domain event, stored in the same transaction. */
  emit(event: DomainEvent): void
}

/** What the operation's audit event says beside who, when and from where. */
export type AuditFields = {
  /** Where the operation answers with it; else a new one. */
  id?: string
  category?: AuditCategory
  severity?: AuditSeverity
  /** The user that a caller without a credential has proven to be. */
  provenUserId?: string
  /** Defaults to the operation's name. */
  action?: string
  description: string
  target?: { type: string; id: string }
  /** Never a secret, never a personal value: names of changed fields, counts, modes. */
  context?: Record<string, unknown>
}

/** An answer "no" that must still be recorded: what was written is committed, then the error is thrown. */
export class Refusal {
  readonly error: DomainError
  readonly audit: AuditFields
  constructor(error: DomainError, audit: AuditFields) {
    this.error = error
    this.audit = audit
  }
}

/** self: every signed-in caller, on what is its own */
export type Level = 'public' | 'self' | 'client' | 'account'

/*
 * Methods, not properties holding functions: TypeScript compares methods' parameters bivariantly, so that operations of
 * all inputs fit into one registry without `any`. The runner only ever calls one with input its own schema accepted.
 */
interface Common<Input extends TSchema, Result> {
  /** noun.verb, also the audit action */
  readonly name: string
  /** One sentence for the API documents. */
  readonly summary: string
  readonly level: Level
  /** null: everybody of the level. */
  readonly permission: string | null
  /**
   * quick read: each of its statements finds some rows by key, whatever the tenant's size: it travels with other callers'
   * (Database.quickRead), and would hold them up.
   */
  readonly effect: 'read' | 'quick read' | 'write'
  readonly input: Input
  /** Moves files in or out: limited further than other requests. */
  readonly limit?: 'transfer'
  /** A deactivated client's own credentials may call it (its activation). */
  readonly inactiveClientMay?: boolean
  /** A user without MFA may call it where the tenant demands MFA: what setting it up takes. */
  readonly withoutMfaMay?: boolean
  /** With this input, a user with MFA must have proven it in this session within the last ten minutes. */
  needsStepUp?(input: Static<Input>): boolean
  /** Level client: the client that the input acts on; a client-level caller must be it. */
  client?(input: Static<Input>): string
  /** What the audit event says. Every write has one; a read has one where it showed something sensitive, else null. */
  audit?(input: Static<Input>, result: Result): AuditFields | null
}

interface OnePhase<Input extends TSchema, Result> extends Common<Input, Result> {
  run(context: OperationContext, input: Static<Input>): Promise<Result | Refusal>
}

type Work = { readonly services: Services; readonly actor: Actor; readonly origin: Origin }

/** For what must not happen inside a transaction: network calls and slow hashing. */
interface ThreePhases<Input extends TSchema, Result, Prepared, Performed> extends Common<Input, Result> {
  /** Reads what the work needs, in a unit of its own. */
  prepare(context: OperationContext, input: Static<Input>): Promise<Prepared>
  /** The work, outside of any transaction. */
  perform(work: Work, input: Static<Input>, prepared: Prepared): Promise<Performed>
  /** Records the outcome. */
  run(context: OperationContext, input: Static<Input>, performed: Performed): Promise<Result | Refusal>
}

export interface Operation<Input extends TSchema = TSchema, Result = unknown> extends Common<Input, Result> {
  prepare?(context: OperationContext, input: Static<Input>): Promise<unknown>
  perform?(work: Work, input: Static<Input>, prepared: unknown): Promise<unknown>
  run(context: OperationContext, input: Static<Input>, performed: unknown): Promise<Result | Refusal>
}

/** An operation of any input and result, as the registry holds it. */
export type AnyOperation = Operation<TSchema, unknown>

/** What the entrance of the operation's units of work checks; before the input has been accepted, without step-up. */
export function entranceConditions<Input extends TSchema, Result>(
  operation: Operation<Input, Result>,
  input?: Static<Input>,
): EntranceConditions {
  return {
    inactiveClientMay: operation.inactiveClientMay ?? false,
    withoutMfaMay: operation.withoutMfaMay ?? false,
    needsStepUp: input !== undefined && (operation.needsStepUp?.(input) ?? false),
  }
}

/** Write `audit` after `run`: TypeScript infers the result's type from what comes first. */
export function defineOperation<Input extends TSchema, Result>(
  operation: OnePhase<Input, Result>,
): Operation<Input, Result> {
  return checked(operation)
}

/** Write the phases in their order, `audit` last. */
export function definePhasedOperation<Input extends TSchema, Prepared, Performed, Result>(
  operation: ThreePhases<Input, Result, Prepared, Performed>,
): Operation<Input, Result> {
  return checked(operation as Operation<Input, Result>)
}

function checked<Input extends TSchema, Result>(operation: Operation<Input, Result>): Operation<Input, Result> {
  if (operation.level === 'client' && !operation.client) {
    throw new Error(`${operation.name}: a client-level operation says which client it acts on`)
  }
  if (operation.effect === 'write' && !operation.audit) {
    throw new Error(`${operation.name}: an operation that writes says what its audit event holds`)
  }
  return operation
}
