/** AZALSCORE: verifications and validations that are jobs. */
import { newId } from '#kernel/ids.ts'
import type { TestApp } from './app.ts'
import { queryAsOwner } from './owner-query.ts'
import type { ExampleOf } from './route-example.ts'

const planned = {
  entity: 'customers',
  layout: { format: 'csv', encoding: 'utf-8', delimiter: ';', headerRow: 1, headers: ['code'] },
  mappings: [{ sourceField: 'code', targetField: 'code' }],
  onExisting: 'update',
}
const requests = {
  audit_verification: { prefix: 'ver', request: {} },
  import_validation: { prefix: 'val', request: { fileId: 'file_unknown', templateId: null, planned } },
} as const

/** As one too large for its request is left for a job. */
export async function pendingCheck(app: TestApp, tenantId: string, kind: keyof typeof requests): Promise<string> {
  const { prefix, request } = requests[kind]
  const id = newId(prefix)
  await queryAsOwner(
    app.database,
    `insert into checks (tenant_id, id, kind, request, requested_by, expected) values ($1, $2, $3, $4, '{}', 100)`,
    [tenantId, id, kind, JSON.stringify(request)],
  )
  return id
}

const ofCheck = (kind: keyof typeof requests, name: string): ExampleOf => ({
  caller: 'account',
  request: () => ({ path: { [name]: `${requests[kind].prefix}_unknown` } }),
  prepare: async ({ app, subject }) => ({ path: { [name]: await pendingCheck(app, subject.client.tenantId, kind) } }),
})
const listed = (): ExampleOf => ({ caller: 'account', request: () => ({ query: { limit: '10' } }) })
const ofVerification = () => ofCheck('audit_verification', 'verification_id')
const ofValidation = () => ofCheck('import_validation', 'validation_id')

export const checkExamples: Readonly<Record<string, ExampleOf>> = {
  listAuditVerifications: listed(),
  getAuditVerification: ofVerification(),
  cancelAuditVerification: ofVerification(),
  listImportValidations: listed(),
  getImportValidation: ofValidation(),
  cancelImportValidation: ofValidation(),
}
