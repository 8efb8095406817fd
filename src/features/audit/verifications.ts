/** Verifications as callers ask for them: in their request as long as the log is short, else by a job that is kept. */
import type { Check, Checker } from '#features/checks/index.ts'
import { askForCheck, checkOperations } from '#features/checks/index.ts'
import { definePhasedOperation } from '#platform/operations/operation.ts'
import { auditVerification, verificationScope } from './integrity.ts'
import { countEvents } from './store.ts'
import type { Verification, VerificationRequest } from './verify.ts'
import { verifyLongTenant, verifyTenant } from './verify.ts'

const kind = 'audit_verification'
export type VerificationCheck = Check<VerificationRequest, Verification>

const scopeOf = ({ category, from, before }: VerificationRequest): VerificationRequest => ({
  ...(category === undefined ? {} : { category }),
  ...(from === undefined ? {} : { from }),
  ...(before === undefined ? {} : { before }),
})

/** The whole chain is recomputed, whatever the span: so it is the whole chain that is counted. */
export const requestVerification = definePhasedOperation({
  name: 'audit.request-verification',
  summary: 'Recomputes the chains of the audit log and names the first event that was altered; long ones by a job.',
  level: 'account',
  permission: 'audit:verify',
  effect: 'write',
  limit: 'transfer',
  input: verificationScope,
  prepare: async ({ tx, tenantId }, { category }) => {
    const { n } = await countEvents(tx, tenantId, category === undefined ? {} : { category })
    return { tenantId, events: n }
  },
  perform: async ({ services }, input, { tenantId, events }) => {
    const isShort = events <= services.settings.verifiedAtOnce
    return { events, report: isShort ? await verifyTenant(services, { tenantId, request: input }) : null }
  },
  run: async (
    context,
    input,
    { events, report },
  ): Promise<{ report: Verification; job: null } | { report: null; job: VerificationCheck }> => {
    if (report) return { report, job: null }
    return { report, job: await askForCheck(context, { kind, request: scopeOf(input), expected: events }) }
  },
  audit: (input, { report, job }) =>
    report
      ? { action: 'audit.verify', ...auditVerification(input, report) }
      : {
          category: 'compliance',
          description: 'Verification of the audit log asked for',
          target: { type: 'audit-verification', id: job.id },
          context: { ...scopeOf(input), category: input.category ?? 'all' },
        },
})

export const {
  view: viewVerification,
  list: listVerifications,
  cancel: cancelVerification,
  end: endVerification,
} = checkOperations<VerificationRequest, Verification>({
  kind,
  noun: 'audit-verification',
  name: 'verification of the audit log',
  permission: 'audit:verify',
  audit: ({ request, result, failure }) => {
    if (result) return auditVerification(request as VerificationRequest, result as Verification)
    return {
      category: 'compliance',
      severity: 'warning',
      description: 'A verification of the audit log failed',
      context: { failure: failure?.code ?? null },
    }
  },
})

export const verificationChecker: Checker = {
  end: endVerification,
  work: async (services, { tenantId, request, watch }) => {
    const report = await verifyLongTenant(services, { tenantId, request: request as VerificationRequest, watch })
    const expected = report.chains.reduce((sum, chain) => sum + chain.lastSequence - chain.firstSequence + 1, 0)
    return { valid: report.valid, expected, checked: report.eventsChecked, result: report }
  },
}
