import { Type } from 'typebox'
import { requireRemovable } from '#features/users/index.ts'
import { newId } from '#kernel/ids.ts'
import { uuid } from '#kernel/schemas.ts'
import { endingWith } from '#platform/jobs/kept-job.ts'
import { describeActor } from '#platform/operations/actor.ts'
import type { OperationContext } from '#platform/operations/operation.ts'
import { defineOperation } from '#platform/operations/operation.ts'
import { subjectTypes } from './catalogue.ts'
import { isImportUnderWay } from './erase-store.ts'
import type { Ending, Erasure } from './erasure-store.ts'
import * as store from './erasure-store.ts'
import { personalDataError } from './errors.ts'
import type { Subject } from './marks.ts'
import type { Identity } from './subject-store.ts'
import { findMarks, findRetained } from './subject-store.ts'

export const subjectInput = Type.Object({
  subjectType: Type.Enum(subjectTypes),
  subjectId: Type.String({ minLength: 1, maxLength: 64 }),
})

/** @throws personal_subject_not_found */
export async function requireSubject({ tx, tenantId, services }: OperationContext, subject: Subject): Promise<void> {
  if (!(await findMarks(tx, { tenantId, subject, services }))) throw personalDataError('personal_subject_not_found')
}

export const erasePerson = defineOperation({
  name: 'personal-data.erase',
  summary: 'Erases a user, a customer or the person of a profile, by a job that cannot be undone.',
  level: 'account',
  permission: 'personal-data:erase',
  effect: 'write',
  limit: 'transfer',
  input: subjectInput,
  needsStepUp: () => true,
  run: async (context, input): Promise<Erasure> => {
    const { tx, tenantId, services, actor, now } = context
    const subject = { type: input.subjectType, id: input.subjectId }
    // Owners are locked first, as everywhere.
    if (subject.type === 'user') await requireRemovable(context, subject.id)
    const marks = await findMarks(tx, { tenantId, subject, services })
    if (!marks) throw personalDataError('personal_subject_not_found')
    if (await isImportUnderWay(tx, tenantId)) throw personalDataError('erasure_import_running')
    const id = newId('ers')
    const given = { id, subject: { type: marks.type, id: marks.id }, requestedBy: describeActor(actor), now }
    const erasure = await store.insertErasure(tx, tenantId, given)
    await services.jobs.enqueue(tx, 'erasure', { tenantId, erasureId: id })
    return erasure
  },
  audit: (_input, { id, subject }) => ({
    category: 'compliance',
    severity: 'critical',
    description: 'Erasure of a person asked for',
    target: { type: subject.type, id: subject.id },
    context: { erasure: id },
  }),
})

const byId = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) })

export const viewErasure = defineOperation({
  name: 'personal-data.view-erasure',
  summary: 'Shows how far the erasure of a person has come, and what it has done.',
  level: 'account',
  permission: 'personal-data:erase',
  effect: 'read',
  input: byId,
  run: async ({ tx, tenantId }, { id }): Promise<Erasure> => {
    const found = await store.findErasure(tx, tenantId, id)
    if (!found) throw personalDataError('erasure_not_found')
    return found
  },
})

export const listErasures = defineOperation({
  name: 'personal-data.list-erasures',
  summary: 'Lists the erasures of persons, newest first: by ids that say nothing any more.',
  level: 'account',
  permission: 'personal-data:erase',
  effect: 'read',
  input: Type.Object({
    limit: Type.Integer({ minimum: 1, maximum: 100 }),
    offset: Type.Integer({ minimum: 0, maximum: 100_000 }),
  }),
  run: async ({ tx, tenantId }, { limit, offset }) => {
    const found = await store.listErasures(tx, tenantId, { limit: limit + 1, offset })
    return { erasures: found.slice(0, limit), hasMore: found.length > limit }
  },
})

export const endErasureOperation = defineOperation({
  name: 'personal-data.end-erasure',
  summary: 'Records what became of an erasure that nobody has started again meanwhile (for jobs).',
  level: 'account',
  permission: 'personal-data:erase',
  effect: 'write',
  input: endingWith<Ending>('completed', 'failed'),
  run: ({ tx, tenantId, now }, ended): Promise<Erasure | null> => store.endErasure(tx, tenantId, { ...ended, now }),
  audit: (_input, ended) =>
    ended && {
      category: 'compliance',
      severity: 'critical',
      description: ended.status === 'completed' ? 'A person was erased' : 'The erasure of a person failed',
      target: { type: ended.subject.type, id: ended.subject.id },
      context: { erasure: ended.id, outcome: ended.outcome, failure: ended.failure },
    },
})

export type RetainedIdentity = { customerId: string; identity: Identity; keepUntil: string }

export const viewRetainedIdentity = defineOperation({
  name: 'personal-data.view-retained-identity',
  summary: 'Shows who an erased customer of kept invoices was: for those to whom the law gives the right to know.',
  level: 'account',
  permission: 'personal-data:view-retained',
  effect: 'read',
  input: Type.Object({ customerId: uuid }),
  needsStepUp: () => true,
  run: async ({ tx, tenantId, services }, { customerId }): Promise<RetainedIdentity> => {
    const found = await findRetained(tx, tenantId, customerId)
    if (!found) throw personalDataError('retained_identity_not_found')
    const identity = JSON.parse(services.secrets.decrypt(found.ciphertext).toString('utf8')) as Identity
    return { customerId, identity, keepUntil: found.keepUntil }
  },
  audit: ({ customerId }) => ({
    category: 'data_access',
    severity: 'critical',
    description: 'Identity of an erased customer shown',
    target: { type: 'customer', id: customerId },
  }),
})
