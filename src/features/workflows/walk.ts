/**
 * An execution on its way, inside one transaction: from action to action until it waits, calls out or ends. Nothing of it is
 * there before the transaction is committed, and all of it is afterwards (docs/decisions/0019-workflows.md).
 */
import type { OperationContext } from '#platform/operations/operation.ts'
import { act } from './acting.ts'
import * as approvals from './approval-store.ts'
import type { Calling } from './calling.ts'
import { programsOf } from './compiled.ts'
import { later } from './duration.ts'
import type { Entity } from './entities.ts'
import type { Changed, Held, StepRow } from './execution-store.ts'
import * as store from './execution-store.ts'
import { fail, follow } from './following.ts'
import type { Action } from './schemas.ts'
import { defaultSettings } from './schemas.ts'
import type { Outcome, Stage } from './stage.ts'
import { remind, tellFailure, tellUnheld } from './telling.ts'

/** Actions of one transaction; more go on in the next one. */
const mostActions = 100
/** Executions that cause one another. */
const deepest = 5

export type Walked = {
  id: string
  workflowId: string
  status: Changed['status']
  error: string | null
  /** To be done outside of any transaction. */
  call: Calling | null
}

export class Walk {
  readonly #context: OperationContext
  readonly #held: Held
  readonly #stage: Stage
  readonly #steps: StepRow[] = []
  readonly #to: Changed
  #call: Walked['call'] = null
  #begun = false

  constructor(context: OperationContext, held: Held, entity: Entity | null) {
    this.#context = context
    this.#held = held
    const { variables, event, steps } = held.scope
    this.#to = {
      status: held.status,
      currentAction: held.current_action,
      scope: { variables, event, steps: { ...steps } },
      attempt: held.attempt,
      stepCount: held.step_count,
      error: held.error,
      waitUntil: held.wait_until,
      dueAt: null,
      finishedAt: null,
      expiresAt: null,
    }
    const programs = { tenantId: context.tenantId, workflowId: held.workflow_id, version: held.version }
    this.#stage = {
      context,
      held,
      expressions: programsOf(programs, held.definition),
      entity,
      scope: () => ({
        ...this.#to.scope,
        entity: this.#stage.entity?.fields ?? {},
        execution: { id: held.id, workflow_id: held.workflow_id, submitted_by: held.submitted_by },
        now: context.now,
      }),
    }
  }

  /** Looks at what has become due and goes on from there. */
  async goOn(): Promise<Walked> {
    const { status } = this.#held
    if (status === 'pending') this.#begin()
    else if (status === 'calling') await this.#lose()
    else if (status === 'waiting') await this.#wake()
    else if (status === 'retrying') this.#resumeAt(this.#to.waitUntil)
    return this.#finish()
  }

  /** Ends it where it stands: what it would write next cannot be written, now or later. */
  async giveUp(reason: string): Promise<Walked> {
    const { tx, tenantId, now: at } = this.#context
    const { id: executionId, status, approval } = this.#held
    this.#begun = status === 'pending'
    if (status === 'calling' || status === 'waiting') {
      const ended = { executionId, number: this.#to.stepCount, status: 'failed' as const, outcome: null }
      this.#context.write(store.endStep(tx, tenantId, { ...ended, error: reason, at }))
    }
    if (approval?.status === 'pending') {
      const ending = { id: approval.id, status: 'cancelled' as const, decidedBy: null, comment: null, at }
      this.#context.write(approvals.endApproval(tx, tenantId, ending))
    }
    this.#fail(reason)
    return this.#finish()
  }

  /** The outcome of a call, if its attempt is still the one that counts. */
  async record(attempt: number, outcome: Outcome): Promise<Walked> {
    const { status } = this.#held
    if (status !== 'calling' || attempt !== this.#to.attempt) {
      this.#to.dueAt = this.#held.due_at
      return this.#walked()
    }
    await this.#settle(outcome)
    return this.#finish()
  }

  /** The row as it becomes, with all that belongs to it. */
  async #finish(): Promise<Walked> {
    const { tx, tenantId, now } = this.#context
    for (let done = 0; this.#to.status === 'running'; done++) {
      if (done === mostActions) {
        this.#to.dueAt = now
        break
      }
      await this.#step()
    }
    if (this.#to.status === 'failed') await tellFailure(this.#stage, this.#to.error ?? '')
    if (['completed', 'failed', 'cancelled'].includes(this.#to.status)) {
      const days = this.#held.retention_days ?? defaultSettings.retentionDays
      Object.assign(this.#to, { waitUntil: null, dueAt: null, finishedAt: now, expiresAt: later(now, days * 86_400) })
    }
    if (this.#steps.length > 0) this.#context.write(store.saveSteps(tx, tenantId, this.#held.id, this.#steps))
    this.#context.write(store.saveExecution(tx, tenantId, this.#held.id, this.#to))
    // Last: others of the tenant that begin may wait for this row.
    if (this.#begun) this.#context.write(store.countBegun(tx, tenantId))
    return this.#walked()
  }

  #walked(): Walked {
    const { status, error } = this.#to
    return { id: this.#held.id, workflowId: this.#held.workflow_id, status, error, call: this.#call }
  }

  #begin(): void {
    const { used_today: used, daily_limit: limit, definition, depth } = this.#held
    this.#to.currentAction = definition.actions[0]?.id ?? null
    if (depth > deepest) {
      this.#fail(`Workflows start one another without end: this is the ${depth}th in a row`)
    } else if (Number(used ?? 0) >= (limit ?? defaultSettings.dailyLimit)) {
      this.#fail('The account has started as many executions today as it may')
    } else {
      this.#begun = true
      this.#to.status = 'running'
      const given = definition.variables?.flatMap(({ name, default: value }) =>
        value === undefined || Object.hasOwn(this.#to.scope.variables, name) ? [] : [[name, value] as const],
      )
      this.#to.scope.variables = { ...Object.fromEntries(given ?? []), ...this.#to.scope.variables }
    }
  }

  #fail(reason: string): void {
    fail(this.#to, reason)
  }

  #follow(action: Action, outcome: Outcome): void {
    if (outcome.kind === 'call') {
      const { attempt, stepCount: number } = this.#to
      this.#call = { ...outcome.outgoing, attempt, number, ciphertexts: this.#held.secrets }
    }
    follow(this.#to, { definition: this.#held.definition, action, outcome, now: this.#context.now })
  }

  /** Running again if the moment has come; else it waits on. */
  #resumeAt(moment: Date | null): void {
    if (moment && moment > this.#context.now) this.#to.dueAt = moment
    else Object.assign(this.#to, { status: 'running', waitUntil: null })
  }

  get #action(): Action | null {
    return this.#held.definition.actions.find(({ id }) => id === this.#to.currentAction) ?? null
  }

  /** Whoever made the attempt is no more: whether the call arrived nobody can know. */
  async #lose(): Promise<void> {
    const until = this.#to.waitUntil
    if (until && until > this.#context.now) {
      this.#to.dueAt = until
      return
    }
    const reason = 'The attempt was lost with its process: whether it arrived is not known'
    await this.#settle({ kind: 'failed', input: null, reason, retryable: true }, 'lost')
  }

  async #wake(): Promise<void> {
    const { now } = this.#context
    const action = this.#action
    const until = this.#to.waitUntil
    if (action?.type === 'approval') return this.#wakeApproval()
    if (until && until > now) this.#to.dueAt = until
    else await this.#settle({ kind: 'done', exit: 'next', input: null, result: { until: until?.toISOString() ?? '' } })
  }

  async #wakeApproval(): Promise<void> {
    const { tx, tenantId, now } = this.#context
    const approval = this.#held.approval
    if (!approval || approval.status === 'cancelled') {
      const reason = 'The approval is not there any more'
      return this.#settle({ kind: 'failed', input: null, reason, retryable: false })
    }
    const expiresAt = new Date(approval.expires_at)
    if (approval.status === 'pending' && expiresAt > now) {
      this.#to.dueAt = await remind(this.#stage, approval, expiresAt)
      return
    }
    if (approval.status === 'pending') {
      this.#context.write(
        approvals.endApproval(tx, tenantId, {
          id: approval.id,
          status: 'expired',
          decidedBy: null,
          comment: null,
          at: now,
        }),
      )
      return this.#settleApproval({ ...approval, status: 'expired' })
    }
    return this.#settleApproval(approval)
  }

  #settleApproval(approval: store.ApprovalState): Promise<void> {
    const decision = approval.status
    const result = {
      approved: decision === 'approved',
      decision,
      decided_by: approval.decided_by,
      comment: approval.comment,
      entity_changed: approval.entity_stamp !== (this.#stage.entity?.stamp ?? null),
    }
    return this.#settle({ kind: 'done', exit: `on_${decision}`, input: null, result })
  }

  async #step(): Promise<void> {
    const action = this.#action
    if (!action) {
      this.#fail('The definition has no such action')
      return
    }
    const { clock } = this.#context.services
    const startedAt = clock.now()
    const started = performance.now()
    this.#to.attempt += 1
    this.#to.stepCount += 1
    const outcome = await act(this.#stage, action)
    const status = outcome.kind === 'done' ? 'completed' : outcome.kind === 'failed' ? 'failed' : 'running'
    const isOver = status !== 'running'
    this.#steps.push({
      number: this.#to.stepCount,
      action_id: action.id,
      type: action.type,
      attempt: this.#to.attempt,
      status: outcome.kind === 'wait' ? 'waiting' : status,
      input: outcome.input,
      outcome: outcome.kind === 'done' ? outcome.result : null,
      error: outcome.kind === 'failed' ? outcome.reason : null,
      started_at: startedAt,
      finished_at: isOver ? clock.now() : null,
      duration_ms: isOver ? performance.now() - started : null,
    })
    if (outcome.kind === 'wait' && outcome.unheld) await tellUnheld(this.#stage, outcome.unheld)
    this.#follow(action, outcome)
  }

  /** Ends the step that was open when this transaction began. */
  async #settle(outcome: Outcome, as: 'failed' | 'lost' = 'failed'): Promise<void> {
    const { tx, tenantId, now } = this.#context
    const action = this.#action
    this.#context.write(
      store.endStep(tx, tenantId, {
        executionId: this.#held.id,
        number: this.#to.stepCount,
        status: outcome.kind === 'done' ? 'completed' : as,
        outcome: outcome.kind === 'done' ? outcome.result : null,
        error: outcome.kind === 'failed' ? outcome.reason : null,
        at: now,
      }),
    )
    if (action) this.#follow(action, outcome)
  }
}
