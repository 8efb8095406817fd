/** Where an execution goes when an action has had its outcome. */

import { later, retryDelaySeconds, secondsOf } from './duration.ts'
import type { Changed } from './execution-store.ts'
import { targetOf } from './flow.ts'
import type { Action, Definition } from './schemas.ts'
import type { Outcome } from './stage.ts'

/** An attempt at the outside world that has not ended by then is lost. */
const callLeaseSeconds = 60
const defaultAttempts = 3
const defaultRetrySeconds = 30

type Followed = { definition: Definition; action: Action; outcome: Outcome; now: Date }

export function fail(to: Changed, reason: string): void {
  to.status = 'failed'
  to.error = reason
}

/** Changes the execution's row. */
export function follow(to: Changed, { definition, action, outcome, now }: Followed): void {
  if (outcome.kind === 'wait') {
    Object.assign(to, { status: 'waiting', waitUntil: outcome.until, dueAt: outcome.dueAt })
  } else if (outcome.kind === 'call') {
    const until = later(now, callLeaseSeconds)
    Object.assign(to, { status: 'calling', waitUntil: until, dueAt: until })
  } else if (outcome.kind === 'failed') {
    followFailure(to, { definition, action, outcome, now })
  } else {
    to.scope.steps[action.id] = outcome.result
    enter(to, { definition, action, exit: outcome.exit })
  }
}

function followFailure(
  to: Changed,
  { definition, action, outcome, now }: Followed & { outcome: { kind: 'failed' } },
): void {
  const most = action.retry?.max_attempts ?? defaultAttempts
  if (outcome.retryable && to.attempt < most) {
    const first = action.retry?.delay === undefined ? defaultRetrySeconds : secondsOf(action.retry.delay)
    const seconds = Math.max(retryDelaySeconds(to.attempt, first), outcome.retryAfterSeconds ?? 0)
    const until = later(now, seconds)
    Object.assign(to, { status: 'retrying', waitUntil: until, dueAt: until, error: outcome.reason })
  } else if (action.on_failure !== undefined && !outcome.isFinal) {
    to.scope.steps[action.id] = {}
    enter(to, { definition, action, exit: 'on_failure' })
  } else {
    fail(to, `${action.id}: ${outcome.reason}`)
  }
}

function enter(
  to: Changed,
  { definition, action, exit }: { definition: Definition; action: Action; exit: string },
): void {
  const target = targetOf(definition, action, exit)
  Object.assign(to, { status: 'running', waitUntil: null, error: null })
  if (target === 'end') Object.assign(to, { status: 'completed', currentAction: null })
  else if (target === 'fail') fail(to, `${action.id}: ended by ${exit}`)
  else Object.assign(to, { currentAction: target.action.id, attempt: 0 })
}
