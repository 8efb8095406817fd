/** What an erasure would do, before somebody asks for it. */
import { Type } from 'typebox'
import { defineOperation } from '#platform/operations/operation.ts'
import { isImportUnderWay } from './erase-store.ts'
import { personalDataError } from './errors.ts'
import { subjectInput } from './operations.ts'
import type { Counts } from './preview-store.ts'
import { countCopies, countNaming, countOwn, countTenant, isInvoiced } from './preview-store.ts'
import { findMarks } from './subject-store.ts'

export type ErasurePreview = {
  subject: { type: string; id: string }
  deleted: Counts
  changed: Counts
  /** Tables that there was no time to look through to the end: there may be more than the number. */
  incomplete: string[]
  files: number
  /** null for who is no customer. */
  customer: 'deleted' | 'pseudonym' | null
  /** An erasure would be refused now. */
  importUnderWay: boolean
}

/** Of an account with many millions of rows more would take minutes; whoever asks waits for the answer. */
const countedWithinMs = 10_000

export const previewErasure = defineOperation({
  name: 'personal-data.preview-erasure',
  summary: 'Counts what the erasure of a person would delete and change, and does nothing.',
  level: 'account',
  permission: 'personal-data:erase',
  effect: 'read',
  limit: 'transfer',
  input: subjectInput,
  run: async ({ tx, tenantId, services }, input): Promise<ErasurePreview> => {
    const subject = { type: input.subjectType, id: input.subjectId }
    const marks = await findMarks(tx, { tenantId, subject, services })
    if (!marks) throw personalDataError('personal_subject_not_found')
    const person = { tenantId, marks }
    const isCustomer = marks.type === 'customer'
    const until = performance.now() + countedWithinMs
    const bounds = { isLate: () => performance.now() > until }
    const own = await countOwn(tx, person, bounds)
    const naming = await countNaming(tx, person, bounds)
    return {
      subject: { type: marks.type, id: marks.id },
      deleted: own.counts,
      changed: naming.counts,
      incomplete: [...new Set([...own.incomplete, ...naming.incomplete])].toSorted(),
      files: await countCopies(tx, tenantId),
      customer: isCustomer ? ((await isInvoiced(tx, person)) ? 'pseudonym' : 'deleted') : null,
      importUnderWay: await isImportUnderWay(tx, tenantId),
    }
  },
})

export const previewTenantErasure = defineOperation({
  name: 'tenant.preview-erasure',
  summary: 'Counts what the erasure of the whole tenant would delete, and schedules nothing.',
  level: 'account',
  permission: 'tenant:erase',
  effect: 'read',
  input: Type.Object({}),
  run: async ({ tx, tenantId }) => ({ removed: await countTenant(tx, tenantId) }),
})
