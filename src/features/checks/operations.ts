/** What can be done with checks of one kind: the operations of verifications, and those of validations. */
import { Type } from 'typebox'
import { endingWith } from '#platform/jobs/kept-job.ts'
import type { AuditFields, Operation } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { checkError } from './errors.ts'
import type { Check, CheckEnding, CheckKind } from './schemas.ts'
import { cancelCheck, endCheck, findCheck, listChecks } from './store.ts'

const byId = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) })
const page = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 100 }),
  offset: Type.Integer({ minimum: 0, maximum: 100_000 }),
})
const ending = endingWith<CheckEnding<unknown>>('completed', 'failed')

export type Described = {
  kind: CheckKind
  /** Of the operations' names. */
  noun: string
  /** As the summaries say it. */
  name: string
  /** Who may have it done may look at it and cancel it. */
  permission: string
  /** What the audit event of the end says beside its target. */
  audit(ended: Check<unknown, unknown>): AuditFields
}

export type EndOperation = Operation<typeof ending, Check<unknown, unknown> | null>

export function checkOperations<Request, Result>({ kind, noun, name, permission, audit }: Described) {
  type Kept = Check<Request, Result>
  const common = { level: 'account', permission } as const
  const target = (id: string) => ({ type: noun, id })

  const view = defineOperation({
    name: `${noun}.view`,
    summary: `Shows how far a ${name} has come, and what it found.`,
    ...common,
    effect: 'read',
    input: byId,
    run: async ({ tx, tenantId, services }, { id }): Promise<Kept> => {
      const found = await findCheck<Request, Result>(tx, tenantId, { kind, id }, services.secrets)
      if (!found) throw checkError('check_not_found')
      return found
    },
  })

  const list = defineOperation({
    name: `${noun}.list`,
    summary: `Lists every ${name} of the last 90 days that was a job, newest first.`,
    ...common,
    effect: 'read',
    input: page,
    run: async ({ tx, tenantId }, { limit, offset }): Promise<{ checks: Kept[]; hasMore: boolean }> => {
      const found = await listChecks<Request, Result>(tx, tenantId, { kind, limit: limit + 1, offset })
      return { checks: found.slice(0, limit), hasMore: found.length > limit }
    },
  })

  const cancel = defineOperation({
    name: `${noun}.cancel`,
    summary: `Cancels a ${name} that has not ended.`,
    ...common,
    effect: 'write',
    input: byId,
    run: async ({ tx, tenantId, services, now }, { id }): Promise<Kept> => {
      const cancelled = await cancelCheck<Request, Result>(tx, tenantId, { kind, id }, now)
      if (cancelled) return cancelled
      const found = await findCheck(tx, tenantId, { kind, id }, services.secrets)
      throw checkError(found ? 'check_ended' : 'check_not_found')
    },
    audit: (_input, { id, checked }) => ({
      category: 'compliance',
      description: `Cancelled: a ${name}`,
      target: target(id),
      context: { checked },
    }),
  })

  const end: EndOperation = defineOperation({
    name: `${noun}.end`,
    summary: `Records what became of a ${name} that nobody has cancelled or started again meanwhile (for jobs).`,
    ...common,
    effect: 'write',
    input: ending,
    run: ({ tx, tenantId, services, now }, given): Promise<Check<unknown, unknown> | null> =>
      endCheck(tx, tenantId, { ...given, now }, services.secrets),
    audit: ({ id }, ended) => ended && { target: target(id), ...audit(ended) },
  })

  return { view, list, cancel, end }
}
