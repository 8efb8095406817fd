/** Validations: in their request as long as the file is short, else by a job that is kept. */
import { Type } from 'typebox'
import type { Check, Checker } from '#features/checks/index.ts'
import { askForCheck, checkOperations } from '#features/checks/index.ts'
import { coreError } from '#kernel/errors.ts'
import { definePhasedOperation } from '#platform/operations/operation.ts'
import type { Services } from '#platform/operations/services.ts'
import type { Report } from './checking.ts'
import { checkFile } from './checking.ts'
import { importError } from './errors.ts'
import { keepFileUntil } from './file-store.ts'
import { compileMapping } from './mapping.ts'
import type { Planned, PlanRequest } from './planning.ts'
import { findParts, sourceOf, toPlan } from './planning.ts'
import { planRequest } from './schemas.ts'

const kind = 'import_validation'
/** Rows may be long: beyond it a file is not short, however few they are. */
const shortBytes = 32 * 1024 ** 2
/** The file of a job is kept so long from the request on. */
const keptMs = 24 * 3_600_000

/** The file, and how it is read; names what the rows are. */
export type ValidationRequest = { fileId: string; templateId: string | null; planned: Planned }
export type ValidationCheck = Check<ValidationRequest, Report>
type Answer = { report: Report; job: null } | { report: null; job: ValidationCheck }

function check(
  services: Services,
  tenantId: string,
  { fileId, planned }: ValidationRequest,
  watch?: (rows: number) => Promise<void>,
): Promise<Report> {
  const converter = compileMapping(planned.entity, planned.mappings, planned.layout.headers)
  // Watched by a job only.
  const source = sourceOf(services, tenantId, fileId, watch !== undefined)
  return checkFile({ services, tenantId, source, ...(watch ? { watch } : {}) }, planned, converter)
}

export const validateImport = definePhasedOperation({
  name: 'import.validate',
  summary:
    'Reads a whole file and tells, without importing anything, what an import of it would refuse; large ones by a job.',
  level: 'account',
  permission: 'import:run',
  effect: 'write',
  limit: 'transfer',
  input: Type.Object(planRequest),
  prepare: (context, request) => findParts(context, request as PlanRequest),
  perform: async ({ services, actor }, { fileId, templateId = null, ...rest }, found) => {
    if (actor.kind === 'anonymous') throw coreError('unauthenticated')
    const { tenantId } = actor
    const planned = await toPlan(services, actor, { fileId, ...rest }, found)
    const request: ValidationRequest = { fileId, templateId, planned }
    const { rowsEstimated, size } = found.file
    const isShort = rowsEstimated <= services.settings.validatedAtOnce && size <= shortBytes
    if (isShort) return { request, rowsEstimated, report: await check(services, tenantId, request) }
    // What is wrong with the mapping is said at once.
    compileMapping(planned.entity, planned.mappings, planned.layout.headers)
    return { request, rowsEstimated, report: null }
  },
  run: async (context, _input, { request, rowsEstimated, report }): Promise<Answer> => {
    if (report) return { report, job: null }
    const { tx, tenantId, now } = context
    const until = new Date(now.getTime() + keptMs)
    if (!(await keepFileUntil(tx, tenantId, request.fileId, until))) throw importError('import_file_not_found')
    return { report, job: await askForCheck(context, { kind, request, expected: rowsEstimated }) }
  },
  audit: (_input, { job }) =>
    job && {
      description: 'Validation of a file asked for',
      target: { type: 'import-validation', id: job.id },
      context: { file_id: job.request.fileId, entity: job.request.planned.entity },
    },
})

export const {
  view: viewValidation,
  list: listValidations,
  cancel: cancelValidation,
  end: endValidation,
} = checkOperations<ValidationRequest, Report>({
  kind,
  noun: 'import-validation',
  name: 'validation of a file',
  permission: 'import:run',
  audit: ({ result, failure }) => {
    const report = result as Report | null
    return {
      severity: failure ? 'warning' : 'info',
      description: failure ? 'A validation of a file failed' : 'A file was validated',
      context: failure
        ? { failure: failure.code }
        : { rows: report?.rows ?? 0, errors: report?.errorsCount ?? 0, warnings: report?.warningsCount ?? 0 },
    }
  },
})

export const validationChecker: Checker = {
  end: endValidation,
  work: async (services, { tenantId, request, watch }) => {
    const given = request as ValidationRequest
    const report = await check(services, tenantId, given, watch)
    return { valid: report.errorsCount === 0, expected: report.rows, checked: report.rows, result: report }
  },
}
