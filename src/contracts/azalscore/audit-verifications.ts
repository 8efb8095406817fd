/** The verification of the audit log; our additions: long ones as jobs, with progress, history and cancelling. */
import { Type } from 'typebox'
import type { Verification, VerificationCheck } from '#features/audit/index.ts'
import {
  cancelVerification,
  category,
  listVerifications,
  requestVerification,
  viewVerification,
} from '#features/audit/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { jobMembers, pageOf, pageQuery, presentJob } from './check-models.ts'
import { given } from './given.ts'
import { spanOf, spanQuery } from './time-span.ts'

const Breach = Type.Object({
  category: Type.String(),
  sequence: nullable(Type.Integer()),
  event_id: nullable(Type.String()),
  reason: Type.String({ description: 'altered, missing, reordered, rewritten, inserted or checkpoint_altered' }),
  message: Type.String(),
})

const VerificationAnswer = Type.Object({
  valid: Type.Boolean(),
  events_verified: Type.Integer({ description: 'In the span' }),
  verification_time_ms: Type.Integer(),
  events_checked: Type.Integer({ description: 'With what stands before and after the span' }),
  events_redacted: Type.Integer({ description: 'Of those: personal data was erased from them by a signed redaction' }),
  checkpoints_verified: Type.Integer(),
  first_breach: nullable(Breach),
  breaches: Type.Array(Breach, { description: 'The first one of each chain' }),
  chains: Type.Array(
    Type.Object({
      category: Type.String(),
      first_sequence: Type.Integer(),
      last_sequence: Type.Integer(),
      link_hash: Type.String(),
    }),
  ),
})

function presentVerification(report: Verification) {
  const breaches = report.breaches.map(({ eventId, ...breach }) => ({ ...breach, event_id: eventId }))
  return {
    valid: report.valid,
    events_verified: report.eventsVerified,
    verification_time_ms: report.durationMs,
    events_checked: report.eventsChecked,
    // Reports of verifications from before there were redactions lack it.
    events_redacted: report.eventsRedacted ?? 0,
    checkpoints_verified: report.checkpointsVerified,
    first_breach: breaches[0] ?? null,
    breaches,
    chains: report.chains.map((chain) => ({
      category: chain.category,
      first_sequence: chain.firstSequence,
      last_sequence: chain.lastSequence,
      link_hash: chain.linkHash,
    })),
  }
}

const VerificationJob = Type.Object({
  verification_id: Type.String(),
  ...jobMembers,
  category: nullable(Type.String({ description: 'null: all' })),
  events_expected: Type.Integer(),
  events_checked: Type.Integer({ description: 'So far' }),
  verdict: nullable(Type.Boolean({ description: 'Whether the log is what was written; null until it has completed' })),
  result: nullable(VerificationAnswer),
})

function presentVerificationJob(check: VerificationCheck) {
  return {
    verification_id: check.id,
    ...presentJob(check, `/api/v1/audit/verifications/${check.id}`),
    category: check.request.category ?? null,
    events_expected: check.expected,
    events_checked: check.checked,
    verdict: check.valid,
    result: check.result && presentVerification(check.result),
  }
}

const path = Type.Object({ verification_id: Type.String({ minLength: 1, maxLength: 64 }) })

export function auditVerificationRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/audit/verify-integrity',
    operationId: 'verifyAuditIntegrity',
    operation: requestVerification,
    request: { body: Type.Object({ category: Type.Optional(category), ...spanQuery }) },
    input: ({ body }) => ({ ...given({ category: body.category }), ...spanOf('body', body) }),
    present: ({ report, job }) =>
      report ? { status: 200, body: presentVerification(report) } : { status: 202, body: presentVerificationJob(job) },
    success: {
      status: 200,
      description: 'Whether the log is what was written',
      schema: VerificationAnswer,
      accepted: { description: 'The log is long: the job that finds out', schema: VerificationJob },
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/audit/verifications',
    operationId: 'listAuditVerifications',
    operation: listVerifications,
    request: { query: pageQuery },
    input: ({ query }) => pageOf(query),
    present: ({ checks, hasMore }) => ({
      status: 200,
      body: { verifications: checks.map(presentVerificationJob), has_more: hasMore },
    }),
    success: {
      status: 200,
      description: 'Those that were jobs, newest first, without their results',
      schema: Type.Object({ verifications: Type.Array(VerificationJob), has_more: Type.Boolean() }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/audit/verifications/:verification_id',
    operationId: 'getAuditVerification',
    operation: viewVerification,
    request: { path },
    input: ({ path: { verification_id } }) => ({ id: verification_id }),
    present: (check) => ({ status: 200, body: presentVerificationJob(check) }),
    success: { status: 200, description: 'How far it has come, and its result', schema: VerificationJob },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/audit/verifications/:verification_id/cancel',
    operationId: 'cancelAuditVerification',
    operation: cancelVerification,
    request: { path },
    input: ({ path: { verification_id } }) => ({ id: verification_id }),
    present: (check) => ({ status: 200, body: presentVerificationJob(check) }),
    success: { status: 200, description: 'The verification, cancelled', schema: VerificationJob },
  })
}
