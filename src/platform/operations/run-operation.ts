/**
 * The only place that opens a transaction, for every caller in this order:
 *
 *   level -> permission -> own client -> input -> begin + tenant + still allowed -> run -> audit event -> domain events
 *   -> commit -> present
 *
 * "Still allowed" is the entrance of the unit of work: it refuses a session, key or client that was revoked a moment ago,
 * on any node, in the same round trip as the operation's first statement.
 */
import type { Static, TSchema } from 'typebox'
import { DomainError } from '#kernel/errors.ts'
import type { Statement } from '../db/statement-batch.ts'
import { tenantEntrance } from '../db/tenant-table.ts'
import { UnitOfWork } from '../db/unit-of-work.ts'
import { operationDuration } from '../metrics/metrics.ts'
import type { Actor } from './actor.ts'
import { entranceOf } from './actor.ts'
import { authorize, recordRefusal } from './authorize.ts'
import { isRetryable, meaningOf, translateDatabaseError } from './database-errors.ts'
import type { IdempotencyRequest, IdempotencyScope } from './idempotency.ts'
import {
  claimIdempotencyKey,
  idempotencyScopeOf,
  keepAnswer,
  releaseClaim,
  renewClaim,
  renewClaimEveryMs,
} from './idempotency.ts'
import type { DomainEvent } from './journal.ts'
import { auditStatement, domainEventStatement } from './journal.ts'
import type { AuditFields, Operation, Origin } from './operation.ts'
import { entranceConditions, Refusal } from './operation.ts'
import { contextOf } from './operation-context.ts'
import type { Services } from './services.ts'

export type Call<Result, Answer> = {
  actor: Actor
  origin: Origin
  /** The result as the caller gets it; stored as the answer of an idempotent request, so it must survive JSON. */
  present: (result: Result) => Answer
  idempotency?: IdempotencyRequest | undefined
}

const maxAttempts = 3

/**
 * Runs an operation for a caller.
 * @throws DomainError what the caller may read; StaleActorError when the actor must be loaded again; anything else is a
 * fault of ours or of the database
 */
export async function runOperation<Input extends TSchema, Result, Answer>(
  services: Services,
  operation: Operation<Input, Result>,
  input: unknown,
  call: Call<Result, Answer>,
): Promise<Answer> {
  const started = performance.now()
  let outcome = 'error'
  try {
    await authorize(services, operation, input as Static<Input>, call)
    const answer = await new Run(services, operation, input as Static<Input>, call)
      .toAnswer()
      .catch(async (error: unknown) => {
        throw await recordRefusal(services, operation, call, error)
      })
    outcome = 'ok'
    return answer
  } catch (error) {
    if (error instanceof DomainError) outcome = error.kind
    throw error
  } finally {
    operationDuration.observe({ operation: operation.name, outcome }, (performance.now() - started) / 1000)
  }
}

/** Runs for its result, without a wire form: jobs, the command line, tests. */
export function runForResult<Input extends TSchema, Result>(
  services: Services,
  operation: Operation<Input, Result>,
  input: Static<Input>,
  call: { actor: Actor; origin: Origin },
): Promise<Result> {
  return runOperation(services, operation, input, { ...call, present: (result: Result) => result })
}

/** One call of one operation, from the first statement to the answer. */
class Run<Input extends TSchema, Result, Answer> {
  readonly #services: Services
  readonly #operation: Operation<Input, Result>
  readonly #input: Static<Input>
  readonly #call: Call<Result, Answer>

  constructor(
    services: Services,
    operation: Operation<Input, Result>,
    input: Static<Input>,
    call: Call<Result, Answer>,
  ) {
    this.#services = services
    this.#operation = operation
    this.#input = input
    this.#call = call
  }

  async toAnswer(): Promise<Answer> {
    if (!this.#operation.perform) return this.#withRetries(() => this.#finalUnit(undefined, true))
    const { idempotency } = this.#call
    if (!idempotency) return this.#phased()
    const replayed = await this.#claimAhead(idempotency)
    if (replayed) return replayed.answer as Answer
    const renewing = setInterval(() => void this.#renew(idempotency), renewClaimEveryMs)
    try {
      return await this.#phased()
    } catch (error) {
      await this.#release(idempotency)
      throw error
    } finally {
      clearInterval(renewing)
    }
  }

  async #renew(idempotency: IdempotencyRequest): Promise<void> {
    try {
      await this.#services.database.batch(renewClaim(this.#scope(), idempotency))
    } catch (error) {
      this.#services.logger.warn({ err: error }, 'an idempotency key was not renewed')
    }
  }

  /** Never throws: another error is on its way. A claim that stays behind is taken over after some minutes. */
  async #release(idempotency: IdempotencyRequest): Promise<void> {
    try {
      await this.#services.database.batch(releaseClaim(this.#scope(), idempotency))
    } catch (error) {
      this.#services.logger.warn({ err: error }, 'an idempotency key was not given back')
    }
  }

  async #phased(): Promise<Answer> {
    const { actor, origin } = this.#call
    const prepared = await this.#withRetries(() => this.#preparingUnit())
    const work = { services: this.#services, actor, origin }
    const performed = await this.#operation.perform?.(work, this.#input, prepared)
    return this.#withRetries(() => this.#finalUnit(performed, false))
  }

  async #withRetries<T>(attempt: () => Promise<T>): Promise<T> {
    for (let number = 1; ; number++) {
      try {
        return await attempt()
      } catch (error) {
        if (number >= maxAttempts || !isRetryable(error)) throw translateDatabaseError(error)
      }
    }
  }

  #entrance(): Statement | null {
    return entranceOf(this.#call.actor, entranceConditions(this.#operation, this.#input))
  }

  async #preparingUnit(): Promise<unknown> {
    const unit = new UnitOfWork(this.#services.database, 'read', this.#entrance())
    try {
      const prepared = await this.#operation.prepare?.(contextOf(this.#services, this.#call, unit).context, this.#input)
      await unit.complete()
      return prepared
    } catch (error) {
      await unit.abandon()
      await this.#askEntrance(unit)
      throw error
    }
  }

  async #claimAhead(idempotency: IdempotencyRequest): Promise<{ answer: unknown } | null> {
    const scope = this.#scope()
    return this.#withRetries(async () => {
      const unit = new UnitOfWork(this.#services.database, 'write', this.#claimEntrance())
      try {
        const replayed = await claimIdempotencyKey(unit, scope, idempotency, this.#services.secrets)
        await unit.complete()
        return replayed
      } catch (error) {
        await unit.abandon()
        throw error
      }
    })
  }

  async #finalUnit(performed: unknown, claimInside: boolean): Promise<Answer> {
    const { idempotency, present } = this.#call
    const operation = this.#operation
    const claims = idempotency !== undefined && claimInside
    const unit = new UnitOfWork(
      this.#services.database,
      idempotency ? 'write' : operation.effect,
      claims ? this.#claimEntrance() : this.#entrance(),
    )
    const writes: Promise<unknown>[] = []
    try {
      if (claims) {
        const replayed = await claimIdempotencyKey(unit, this.#scope(), idempotency, this.#services.secrets)
        if (replayed) {
          await unit.complete()
          return replayed.answer as Answer
        }
      }
      const { context, events, tenantId } = contextOf(this.#services, this.#call, unit, writes)
      const result = await operation.run(context, this.#input, performed)
      if (result instanceof Refusal) {
        // Only the refusal is kept: the same request may be sent again with the same key.
        const released = claims ? releaseClaim(this.#scope(), idempotency) : []
        await unit.complete([...this.#journal(tenantId(), result.audit, events), ...released])
        throw new CommittedRefusal(result.error)
      }
      const fields = operation.audit?.(this.#input, result) ?? null
      const closing = this.#journal(tenantId(), fields, events)
      const answer = present(result)
      if (idempotency) closing.push(...keepAnswer(this.#scope(), idempotency, answer, this.#services.secrets))
      await unit.complete(closing)
      return answer
    } catch (error) {
      if (error instanceof CommittedRefusal) throw error.refusal
      await unit.abandon()
      await this.#askEntrance(unit)
      throw await meaningOf(error, writes)
    }
  }

  /**
   * A rule may refuse before the first statement, and with it the entrance, was sent. A caller whose key has been revoked
   * hears that first, as it does everywhere else.
   */
  async #askEntrance(unit: UnitOfWork): Promise<void> {
    const entrance = this.#entrance()
    if (entrance && !unit.hasEntered) await this.#services.database.quickRead([entrance])
  }

  #journal(tenantId: string | null, fields: AuditFields | null, events: DomainEvent[]): Statement[] {
    // A public operation that was refused before it entered a tenant has nobody's log to write to.
    if (tenantId === null) return []
    const { actor, origin } = this.#call
    return [
      ...(fields ? [auditStatement({ tenantId, actor, origin }, this.#operation.name, fields)] : []),
      ...events.map((event) => domainEventStatement(tenantId, event, actor)),
    ]
  }

  #scope(): IdempotencyScope {
    const { actor, origin } = this.#call
    return idempotencyScopeOf(actor, origin, this.#operation.name)
  }

  #claimEntrance(): Statement {
    return this.#entrance() ?? tenantEntrance(this.#scope().tenantId)
  }
}

/** The unit was committed; only the answer is an error. */
class CommittedRefusal extends Error {
  readonly refusal: DomainError
  constructor(refusal: DomainError) {
    super(refusal.message)
    this.refusal = refusal
  }
}
