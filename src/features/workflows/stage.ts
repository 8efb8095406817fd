/** What an action may use of its execution, and what comes of it. */
import type { OperationContext } from '#platform/operations/operation.ts'
import type { Entity } from './entities.ts'
import type { Held } from './execution-store.ts'
import type { ExpressionScope, Expressions } from './expressions.ts'

export type Outgoing = { url: string; method: 'POST' | 'PUT' | 'PATCH'; body: string }

/** An approval that fewer people can give than have to. */
export type Unheld = { summary: string; people: number }

export type Outcome =
  | { kind: 'done'; exit: string; input: unknown; result: Record<string, unknown> }
  /** `until`: what the clock ends. `dueAt`: when to look again. */
  | { kind: 'wait'; input: unknown; until: Date; dueAt: Date; unheld?: Unheld }
  | { kind: 'call'; input: unknown; outgoing: Outgoing }
  /** `isFinal`: whatever the action says of failures, the execution ends here. */
  | {
      kind: 'failed'
      input: unknown
      reason: string
      retryable: boolean
      retryAfterSeconds?: number
      isFinal?: boolean
    }

/** What an action may use of its execution. */
export type Stage = {
  context: OperationContext
  held: Held
  expressions: Expressions
  entity: Entity | null
  scope(): ExpressionScope
}
