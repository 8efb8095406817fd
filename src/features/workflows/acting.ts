/** What each kind of action does when an execution comes to it. */
import { notify } from '#features/notifications/index.ts'
import { generateReport } from '#features/reports/index.ts'
import { addressesOf } from '#features/users/index.ts'
import { DomainError } from '#kernel/errors.ts'
import { newId } from '#kernel/ids.ts'
import { isRetryable, onConstraint } from '#platform/operations/database-errors.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import * as approvals from './approval-store.ts'
import { later, secondsOf } from './duration.ts'
import { changeEntity, readEntity } from './entities.ts'
import * as store from './execution-store.ts'
import { ExpressionError, resolve } from './expressions.ts'
import type { Action, ActionOf, EntityType } from './schemas.ts'
import type { Outcome, Stage } from './stage.ts'

const defaultDeadline = '48h'

export async function act(stage: Stage, action: Action): Promise<Outcome> {
  try {
    switch (action.type) {
      case 'condition':
        return decideCondition(stage, action)
      case 'delay':
        return delay(stage, action)
      case 'approval':
        return await guarded(stage, { approvers: action.approvers }, (context) => askApproval(stage, context, action))
      case 'notification':
        return await sendNotification(stage, action)
      case 'webhook':
        return await callOut(stage, action)
      case 'update':
        return await update(stage, action)
      case 'report':
        return await makeReport(stage, action)
    }
  } catch (error) {
    if (error instanceof ExpressionError)
      return { kind: 'failed', input: null, reason: error.message, retryable: false, isFinal: error.isSlow }
    throw error
  }
}

function decideCondition({ expressions, scope }: Stage, action: ActionOf<'condition'>): Outcome {
  const result = expressions.evaluate(action.expression, scope())
  const input = { expression: action.expression }
  if (typeof result !== 'boolean') {
    return { kind: 'failed', input, reason: `${action.expression}: neither true nor false`, retryable: false }
  }
  return { kind: 'done', exit: result ? 'on_true' : 'on_false', input, result: { result } }
}

function delay({ context, expressions, scope }: Stage, action: ActionOf<'delay'>): Outcome {
  const input = action.for === undefined ? { until: action.until } : { for: action.for }
  const until =
    action.for === undefined
      ? expressions.evaluate(action.until ?? '', scope())
      : later(context.now, secondsOf(action.for))
  if (!(until instanceof Date) || Number.isNaN(until.getTime())) {
    return { kind: 'failed', input, reason: 'until gives no moment', retryable: false }
  }
  if (until <= context.now) return { kind: 'done', exit: 'next', input, result: { until: until.toISOString() } }
  return { kind: 'wait', input, until, dueAt: until }
}

/** Users for whom these stand: role:<name>, a user's id, submitter. */
export async function peopleOf(
  { context: { tx, tenantId }, held }: Pick<Stage, 'context' | 'held'>,
  named: readonly string[],
): Promise<string[]> {
  const roles = named.flatMap((one) => (one.startsWith('role:') ? [one.slice(5)] : []))
  const ids = named.flatMap((one) => {
    if (one === 'submitter') return held.submitted_by ? [held.submitted_by] : []
    return one.startsWith('role:') ? [] : [one]
  })
  return store.findUsers(tx, tenantId, { ids, roles })
}

type Message = {
  to: readonly string[]
  template: string
  variables: Record<string, unknown>
  channels?: ActionOf<'notification'>['channels']
  dedupeKey?: string
}

export async function tell(context: OperationContext, message: Message): Promise<number> {
  if (message.to.length === 0) return 0
  const sent = await notify(context.tx, {
    tenantId: context.tenantId,
    now: context.now,
    recipients: message.to.map((userId) => ({ userId })),
    template: message.template,
    variables: message.variables,
    ...(message.channels ? { channels: message.channels } : {}),
    ...(message.dedupeKey === undefined ? {} : { dedupeKey: message.dedupeKey }),
  })
  return sent.length
}

async function sendNotification(stage: Stage, action: ActionOf<'notification'>): Promise<Outcome> {
  const variables = resolve(stage.expressions, action.variables ?? {}, stage.scope()) as Record<string, unknown>
  const input = { template: action.template, recipients: action.recipients, variables }
  return guarded(stage, input, async (context) => {
    const to = await peopleOf(stage, action.recipients)
    const { template, channels } = action
    const sent = await tell(context, { to, template, variables, ...(channels ? { channels } : {}) })
    return { kind: 'done', exit: 'next', input, result: { sent } }
  })
}

async function update(stage: Stage, action: ActionOf<'update'>): Promise<Outcome> {
  const set = resolve(stage.expressions, action.set, stage.scope()) as Record<string, unknown>
  const { held, entity } = stage
  if (!entity)
    return {
      kind: 'failed',
      input: { set },
      reason: 'There is nothing to update: the execution has no entity',
      retryable: false,
    }
  const type = held.entity_type as EntityType
  return guarded(stage, { set }, async (context) => {
    const updated = await changeEntity(context, { type, id: entity.id }, set)
    stage.entity = await readEntity(context, type, entity.id)
    return { kind: 'done', exit: 'next', input: { set }, result: { updated } }
  })
}

async function callOut(stage: Stage, action: ActionOf<'webhook'>): Promise<Outcome> {
  const { held, context } = stage
  const body = resolve(stage.expressions, action.body ?? {}, stage.scope()) as Record<string, unknown>
  const sent = {
    execution_id: held.id,
    workflow_id: held.workflow_id,
    action_id: action.id,
    entity_type: held.entity_type,
    entity_id: held.entity_reference ?? held.entity_id,
    ...body,
  }
  if (action.event !== undefined) {
    await store.markDepth(context.tx, held.depth)
    const type = `workflow.${action.event}`
    context.emit({ type, clientId: null, data: sent, userId: held.submitted_by })
    return { kind: 'done', exit: 'next', input: sent, result: { status_code: null, body: null } }
  }
  const outgoing = { url: action.url ?? '', method: action.method ?? 'POST', body: JSON.stringify(sent) } as const
  return { kind: 'call', input: { url: outgoing.url, method: outgoing.method, body: sent }, outgoing }
}

async function makeReport(stage: Stage, action: ActionOf<'report'>): Promise<Outcome> {
  const { template: templateId, format = 'pdf' } = action
  const parameters = resolve(stage.expressions, action.parameters ?? {}, stage.scope()) as Record<string, unknown>
  const input = { template: templateId, format, parameters, recipients: action.recipients ?? [] }
  return guarded(stage, input, async ({ tx, services, tenantId, now }) => {
    const recipients = await addressesOf(tx, tenantId, await peopleOf(stage, action.recipients ?? []))
    const requestedBy = { type: 'workflow', execution_id: stage.held.id }
    const asked = { tenantId, templateId, format, parameters, recipients, requestedBy, now }
    const { id } = await generateReport(tx, services, asked)
    return { kind: 'done', exit: 'next', input, result: { report_id: id } }
  })
}

async function askApproval(stage: Stage, context: OperationContext, action: ActionOf<'approval'>): Promise<Outcome> {
  const { held, entity } = stage
  const { now, tenantId } = context
  const expiresAt = later(now, secondsOf(action.deadline ?? defaultDeadline))
  const remindSeconds = action.remind_every === undefined ? null : secondsOf(action.remind_every)
  const remindAt = remindSeconds === null ? null : later(now, remindSeconds)
  const summary = summaryOf(stage)
  const approval: approvals.NewApproval = {
    id: newId('apr'),
    executionId: held.id,
    actionId: action.id,
    workflowName: held.definition.name,
    entityType: held.entity_type,
    entityId: held.entity_id,
    entityReference: entity?.reference ?? held.entity_reference,
    summary,
    entityStamp: entity?.stamp ?? null,
    submittedBy: held.submitted_by,
    approvers: action.approvers.map((one) => (one.startsWith('role:') ? one : `user:${one}`)),
    required: action.required ?? 1,
    createdAt: now,
    expiresAt,
    remindAt: remindAt && remindAt < expiresAt ? remindAt : null,
    remindSeconds,
  }
  const to = (await peopleOf(stage, action.approvers)).filter((id) => id !== held.submitted_by)
  const variables = {
    workflow_name: held.definition.name,
    entity_summary: summary,
    expires_at: expiresAt.toISOString(),
    url: consoleLink(context, 'approvals'),
  }
  await tell(context, { to, template: 'approval_requested', variables })
  context.write(approvals.insertApproval(context.tx, tenantId, approval))
  const input = {
    approval_id: approval.id,
    approvers: action.approvers,
    entity_summary: summary,
    expires_at: expiresAt,
  }
  const unheld = to.length < approval.required ? { unheld: { summary, people: to.length } } : {}
  return { kind: 'wait', input, until: expiresAt, dueAt: approval.remindAt ?? expiresAt, ...unheld }
}

/** Where people look at it. */
export function consoleLink({ services }: OperationContext, page: string): string {
  return `${services.settings.publicUrl}/console/${page}`
}

/** One line; what a definition says, else the entity's name. */
function summaryOf({ held, expressions, entity, scope }: Stage): string {
  const source = held.definition.entity_summary
  const said = source === undefined ? null : expressions.evaluate(source, scope())
  const text = typeof said === 'string' && said.trim() !== '' ? said : null
  const name = entity?.reference ?? held.entity_reference ?? held.entity_id
  return (text ?? [held.entity_type, name].filter(Boolean).join(' ') ?? '').slice(0, 300) || held.definition.name
}

/**
 * What other features do is undone when they refuse it, and what came before it stays. Their events and last statements are
 * kept back until it has succeeded.
 */
export async function guarded(
  { context, held }: Pick<Stage, 'context' | 'held'>,
  input: unknown,
  work: (context: OperationContext) => Promise<Outcome>,
): Promise<Outcome> {
  const { tx } = context
  const events: Parameters<OperationContext['emit']>[0][] = []
  const writes: Promise<unknown>[] = []
  const inner: OperationContext = {
    ...context,
    emit: (event) => {
      events.push(event)
    },
    write: (query, meanings = {}) => {
      const written = onConstraint(tx.executeQuery(query.compile()), meanings)
      written.catch(() => {})
      writes.push(written)
    },
  }
  await Promise.all([store.markDepth(tx, held.depth), store.savepoint(tx)])
  try {
    const outcome = await work(inner)
    await Promise.all(writes)
    for (const event of events) context.emit({ userId: held.submitted_by, ...event })
    return outcome
  } catch (error) {
    if (isRetryable(error)) throw error
    await Promise.allSettled(writes)
    await store.rollBack(tx)
    if (error instanceof ExpressionError) throw error
    return failureOf(context, input, error)
  }
}

const passing: ReadonlySet<string> = new Set(['rate_limited', 'upstream', 'unavailable', 'internal'])

function failureOf({ services, tenantId }: OperationContext, input: unknown, error: unknown): Outcome {
  if (!(error instanceof DomainError)) {
    services.logger.error({ err: error, tenant: tenantId }, 'an action of a workflow failed')
    return { kind: 'failed', input, reason: 'Something went wrong on our side', retryable: true }
  }
  const details = error.details.map((detail) => `${detail.path?.slice(1).join('.') ?? ''}: ${detail.message}`)
  return {
    kind: 'failed',
    input,
    reason: [error.message, ...details].join(' ').slice(0, 1000),
    retryable: passing.has(error.kind),
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
  }
}
