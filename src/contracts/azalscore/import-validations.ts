/** Validations of files; our additions: large ones as jobs, with progress, history and cancelling. */
import { Type } from 'typebox'
import type { ValidationCheck } from '#features/imports/index.ts'
import { cancelValidation, listValidations, validateImport, viewValidation } from '#features/imports/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { jobMembers, pageOf, pageQuery, presentJob } from './check-models.ts'
import { PlanIn, planOf, presentReport, ReportAnswer } from './import-models.ts'

const ValidationJob = Type.Object({
  validation_id: Type.String(),
  ...jobMembers,
  file_id: Type.String(),
  template_id: nullable(Type.String()),
  entity_type: nullable(Type.String()),
  total_rows_estimated: Type.Integer(),
  rows_read: Type.Integer(),
  verdict: nullable(Type.Boolean({ description: 'Whether nothing would be refused; null until it has completed' })),
  result: nullable(ReportAnswer),
})

function presentValidationJob(check: ValidationCheck) {
  const { fileId, templateId, planned } = check.request
  return {
    validation_id: check.id,
    ...presentJob(check, `/api/v1/import/validations/${check.id}`),
    file_id: fileId,
    template_id: templateId,
    entity_type: planned.entity,
    total_rows_estimated: check.expected,
    rows_read: check.checked,
    verdict: check.valid,
    result: check.result && presentReport(check.result),
  }
}

const path = Type.Object({ validation_id: Type.String({ minLength: 1, maxLength: 64 }) })

export function importValidationRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/import/validate',
    operationId: 'validateImport',
    operation: validateImport,
    request: { body: PlanIn },
    input: ({ body }) => planOf(body),
    present: ({ report, job }) =>
      report ? { status: 200, body: presentReport(report) } : { status: 202, body: presentValidationJob(job) },
    success: {
      status: 200,
      description: 'Counts of the whole file, and the first thousand of each',
      schema: ReportAnswer,
      accepted: { description: 'The file is large: the job that finds out', schema: ValidationJob },
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/import/validations',
    operationId: 'listImportValidations',
    operation: listValidations,
    request: { query: pageQuery },
    input: ({ query }) => pageOf(query),
    present: ({ checks, hasMore }) => ({
      status: 200,
      body: { validations: checks.map(presentValidationJob), has_more: hasMore },
    }),
    success: {
      status: 200,
      description: 'Those that were jobs, newest first, without their results',
      schema: Type.Object({ validations: Type.Array(ValidationJob), has_more: Type.Boolean() }),
    },
  })

  routes.add({
    method: 'GET',
    url: '/api/v1/import/validations/:validation_id',
    operationId: 'getImportValidation',
    operation: viewValidation,
    request: { path },
    input: ({ path: { validation_id } }) => ({ id: validation_id }),
    present: (check) => ({ status: 200, body: presentValidationJob(check) }),
    success: { status: 200, description: 'How far it has come, and its result', schema: ValidationJob },
  })

  routes.add({
    method: 'POST',
    url: '/api/v1/import/validations/:validation_id/cancel',
    operationId: 'cancelImportValidation',
    operation: cancelValidation,
    request: { path },
    input: ({ path: { validation_id } }) => ({ id: validation_id }),
    present: (check) => ({ status: 200, body: presentValidationJob(check) }),
    success: { status: 200, description: 'The validation, cancelled', schema: ValidationJob },
  })
}
