/** Operations that prove the log: verification, checkpoints, export. */
import { Type } from 'typebox'
import type { AuditFields } from '#platform/operations/operation.ts'
import { defineOperation, definePhasedOperation } from '#platform/operations/operation.ts'
import { listCheckpoints as findPage } from './checkpoint-store.ts'
import { checkpointHeads } from './checkpoints.ts'
import { prepareExport } from './export.ts'
import { category, span } from './schemas.ts'
import type { Verification, VerificationRequest } from './verify.ts'
import { verifyTenant } from './verify.ts'

/** What is verified, or exported. */
export const verificationScope = Type.Object({ category: Type.Optional(category), ...span })

const what = (input: VerificationRequest): Record<string, unknown> => ({
  category: input.category ?? 'all',
  ...(input.from === undefined ? {} : { from: input.from }),
  ...(input.before === undefined ? {} : { before: input.before }),
})

/** What the audit event of a verification says. */
export const auditVerification = (input: VerificationRequest, report: Verification): AuditFields => ({
  category: 'compliance',
  severity: report.valid ? 'info' : 'critical',
  description: report.valid ? 'Audit log verified' : 'The audit log was tampered with',
  context: { ...what(input), events: report.eventsChecked, breaches: report.breaches },
})

/** In the call itself, however long it takes: for the operator's command (verifications.ts has what callers ask for). */
export const verifyIntegrity = definePhasedOperation({
  name: 'audit.verify',
  summary: 'Recomputes the chains of the audit log, however long they are, and names the first event that was altered.',
  level: 'account',
  permission: 'audit:verify',
  effect: 'write',
  limit: 'transfer',
  input: verificationScope,
  prepare: async ({ tenantId }) => tenantId,
  perform: ({ services }, input, tenantId) => verifyTenant(services, { tenantId, request: input }),
  run: async (_context, _input, report): Promise<Verification> => report,
  audit: auditVerification,
})

export const createCheckpoints = defineOperation({
  name: 'audit.checkpoint',
  summary: 'Signs the present end of every chain that has grown since its last checkpoint.',
  level: 'account',
  permission: 'audit:verify',
  effect: 'write',
  input: Type.Object({}),
  run: ({ tx, tenantId, services, now }) => checkpointHeads(services, tx, { tenantId, kind: 'demand', now }),
  audit: (_input, checkpoints) => ({
    category: 'compliance',
    description: 'Checkpoints of the audit log signed',
    context: { checkpoints: checkpoints.map(({ id }) => id) },
  }),
})

export const listCheckpoints = defineOperation({
  name: 'audit.list-checkpoints',
  summary: 'Lists the signed checkpoints, newest first.',
  level: 'account',
  permission: 'audit:view',
  effect: 'read',
  input: Type.Object({
    category: Type.Optional(category),
    limit: Type.Integer({ minimum: 1, maximum: 1000 }),
    offset: Type.Integer({ minimum: 0, maximum: 100_000 }),
  }),
  run: async ({ tx, tenantId }, { limit, ...page }) => {
    const found = await findPage(tx, tenantId, { ...page, limit: limit + 1 })
    return { checkpoints: found.slice(0, limit), hasMore: found.length > limit }
  },
})

export const exportLog = defineOperation({
  name: 'audit.export',
  summary: 'Exports the log with its links, checkpoints and public key as JSON Lines, for offline verification.',
  level: 'account',
  permission: 'audit:export',
  effect: 'write',
  limit: 'transfer',
  input: verificationScope,
  run: ({ tx, tenantId, services, now }, request) => prepareExport(services, tx, { tenantId, now, request }),
  audit: (input, { parts }) => ({
    category: 'compliance',
    severity: 'warning',
    description: 'Audit log exported',
    context: { ...what(input), parts },
  }),
})
