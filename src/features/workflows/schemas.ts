/** The shapes of workflows: their definitions are data, and this is their JSON Schema. */
import { Type } from 'typebox'
import { lineOfText, nullable, textOf } from '#kernel/schemas.ts'

export const workflowId = Type.String({ pattern: '^wf_[a-z0-9_]{1,60}$' })
export const executionId = Type.String({ minLength: 1, maxLength: 64 })
export const approvalId = Type.String({ minLength: 1, maxLength: 64 })

/** Ends the execution well, or with an error. */
export const ends = ['end', 'fail'] as const
const actionId = Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' })
const target = Type.Optional(actionId)
const expression = Type.String({ minLength: 1, maxLength: 500 })
/** 30s, 15m, 48h, 7d */
const duration = Type.String({ pattern: '^[1-9][0-9]{0,6}[smhd]$' })
/** role:<name>, a user's id, or submitter */
const person = Type.String({ minLength: 1, maxLength: 70 })
/** A text that begins with "=" is an expression. */
const values = Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: 50 })

const retry = Type.Object(
  {
    max_attempts: Type.Integer({ minimum: 1, maximum: 20 }),
    /** Before the second attempt; doubled each time, up to an hour. */
    delay: Type.Optional(duration),
  },
  { additionalProperties: false },
)

const everyAction = {
  id: actionId,
  name: Type.Optional(lineOfText(100)),
  retry: Type.Optional(retry),
  /** Where to go on after the last attempt has failed; without it the execution fails. */
  on_failure: target,
}
const closed = { additionalProperties: false }

export const actionSchemas = {
  notification: Type.Object(
    {
      ...everyAction,
      type: Type.Literal('notification'),
      template: Type.String({ pattern: '^[a-z][a-z0-9_-]{0,63}$' }),
      recipients: Type.Array(person, { minItems: 1, maxItems: 100 }),
      channels: Type.Optional(
        Type.Array(Type.Enum(['email', 'in_app', 'webhook']), { minItems: 1, maxItems: 3, uniqueItems: true }),
      ),
      variables: Type.Optional(values),
      next: target,
    },
    closed,
  ),
  approval: Type.Object(
    {
      ...everyAction,
      type: Type.Literal('approval'),
      approvers: Type.Array(person, { minItems: 1, maxItems: 50, uniqueItems: true }),
      /** So many have to approve; one who rejects is enough. */
      required: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
      deadline: Type.Optional(duration),
      remind_every: Type.Optional(duration),
      on_approved: target,
      on_rejected: target,
      on_expired: target,
    },
    closed,
  ),
  condition: Type.Object(
    { ...everyAction, type: Type.Literal('condition'), expression, on_true: target, on_false: target },
    closed,
  ),
  delay: Type.Object(
    {
      ...everyAction,
      type: Type.Literal('delay'),
      for: Type.Optional(duration),
      /** A moment, as an expression. */
      until: Type.Optional(expression),
      next: target,
    },
    closed,
  ),
  webhook: Type.Object(
    {
      ...everyAction,
      type: Type.Literal('webhook'),
      url: Type.Optional(Type.String({ maxLength: 2000, pattern: '^https?://[^\\s]+$' })),
      /** Instead of a URL: the event workflow.<event> for the account's webhooks. */
      event: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' })),
      method: Type.Optional(Type.Enum(['POST', 'PUT', 'PATCH'])),
      body: Type.Optional(values),
      next: target,
    },
    closed,
  ),
  update: Type.Object({ ...everyAction, type: Type.Literal('update'), set: values, next: target }, closed),
  report: Type.Object(
    {
      ...everyAction,
      type: Type.Literal('report'),
      template: Type.String({ minLength: 1, maxLength: 64 }),
      format: Type.Optional(Type.Enum(['pdf', 'excel', 'csv', 'html'])),
      parameters: Type.Optional(values),
      recipients: Type.Optional(Type.Array(person, { maxItems: 100 })),
      next: target,
    },
    closed,
  ),
}
export type ActionType = keyof typeof actionSchemas
export const actionTypes = Object.keys(actionSchemas) as ActionType[]
export type ActionOf<T extends ActionType> = Type.Static<(typeof actionSchemas)[T]>
export type Action = { [T in ActionType]: ActionOf<T> }[ActionType]

export const variableTypes = ['string', 'number', 'boolean', 'any'] as const
const inputVariable = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' }),
    type: Type.Enum(variableTypes),
    /** Used where none is given; without it one must be given. */
    default: Type.Optional(Type.Unknown()),
    description: Type.Optional(textOf(200)),
  },
  closed,
)

export const entityTypes = ['invoice', 'customer'] as const
export type EntityType = (typeof entityTypes)[number]

export const definitionFrame = {
  name: lineOfText(100),
  description: Type.Optional(textOf(2000)),
  /** event:<name>, schedule:<cron>, manual */
  triggers: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 20, uniqueItems: true }),
  /** In which schedules are meant. */
  time_zone: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  /** Then the fields of `entity` are known. */
  entity_type: Type.Optional(Type.Enum(entityTypes)),
  /** One line about what it is about, for those who decide. An expression. */
  entity_summary: Type.Optional(expression),
  variables: Type.Optional(Type.Array(inputVariable, { maxItems: 50 })),
}
const frame = (actions: Type.TSchema) => Type.Object({ ...definitionFrame, actions }, closed)
/** Actions of any kind: which schema an action must fit, its type says. */
export const definitionShape = frame(Type.Array(Type.Unknown(), { minItems: 1, maxItems: 100 }))
/** The whole, for whoever writes definitions. */
export const definitionSchema = frame(
  Type.Array(Type.Union(Object.values(actionSchemas)), { minItems: 1, maxItems: 100 }),
)
export type Definition = Omit<Type.Static<typeof definitionShape>, 'actions'> & { actions: Action[] }
/** As it comes in: check.ts says what is wrong with it. */
export const givenDefinition = Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: 20 })

export const executionStatuses = [
  'pending',
  'running',
  'calling',
  'retrying',
  'waiting',
  'completed',
  'failed',
  'cancelled',
] as const
export type ExecutionStatus = (typeof executionStatuses)[number]
/** As people see it: what is only a matter of the engine is running. */
export const shownStatuses = ['running', 'retrying', 'waiting', 'completed', 'failed', 'cancelled'] as const
export type ShownStatus = (typeof shownStatuses)[number]
export const runningStatuses: readonly ExecutionStatus[] = ['pending', 'running', 'calling']

/** Pages of lists: ids rise with time. */
export const page = {
  before: nullable(Type.String({ minLength: 1, maxLength: 64 })),
  limit: Type.Integer({ minimum: 1, maximum: 100 }),
}

/** What an execution knows: expressions read it. */
export type Scope = {
  variables: Record<string, unknown>
  event: Record<string, unknown>
  /** What came of each action so far. */
  steps: Record<string, Record<string, unknown>>
}

export type Settings = { dailyLimit: number; retentionDays: number }
export const defaultSettings: Settings = { dailyLimit: 50_000, retentionDays: 90 }
