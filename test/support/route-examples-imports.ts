/** AZALSCORE: imports and their templates. */
import { runImport } from '#features/imports/index.ts'
import type { TestApp } from './app.ts'
import { formOf } from './form.ts'
import { leaveInTheMiddle } from './imported.ts'
import type { Example, ExampleOf } from './route-example.ts'

const csv = (codes: readonly string[]) =>
  Buffer.from(`code;nom;montant\r\n${codes.map((code) => `${code};${code ? 'Alpha' : ''};1500\r\n`).join('')}`)

let names = 0
const unique = () => `own_${process.pid}_${++names}`
const definition = () => ({
  name: 'Own',
  entity_type: 'customers',
  mappings: [
    { source_field: 'code', target_field: 'client_code', data_type: 'string', required: true },
    { source_field: 'nom', target_field: 'name' },
  ],
})

async function sent(app: TestApp, token: string, path: string, options: object): Promise<Record<string, string>> {
  const answer = await app.request(path, { method: 'POST', token, ...options })
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`)
  return answer.body
}

export async function previewed(app: TestApp, token: string, codes: readonly string[] = ['CLI001']): Promise<string> {
  const form = formOf({ format: 'csv' }, { file: csv(codes) })
  const options = { raw: form.body, headers: { 'content-type': form.type } }
  return (await sent(app, token, '/api/v1/import/preview', options)).file_id as string
}

async function executed(app: TestApp, token: string, codes?: readonly string[]): Promise<string> {
  const body = { file_id: await previewed(app, token, codes), template_id: 'client_import' }
  return (await sent(app, token, '/api/v1/import/execute', { body })).import_id as string
}

/** Run at once, with a row that is refused. */
async function finished(app: TestApp, token: string, tenantId: string): Promise<string> {
  const importId = await executed(app, token, ['CLI002', ''])
  await runImport(app.runtime.services, { tenantId, importId }, AbortSignal.timeout(60_000))
  return importId
}

async function templated(app: TestApp, token: string): Promise<string> {
  const id = unique()
  await sent(app, token, '/api/v1/import/templates', { body: { id, ...definition() } })
  return id
}

/** One row at least in every table of imports. */
export async function useImports(app: TestApp, token: string, tenantId: string): Promise<void> {
  await templated(app, token)
  await leaveInTheMiddle(app, tenantId, await executed(app, token))
}

const ofImport = (make: (app: TestApp, token: string, tenantId: string) => Promise<string>): ExampleOf => ({
  caller: 'account',
  request: () => ({ path: { import_id: 'imp_unknown' } }),
  prepare: async ({ app, token, subject }) => ({
    path: { import_id: await make(app, token, subject.client.tenantId) },
  }),
})

const ofTemplate = (body?: () => Record<string, unknown>): ExampleOf => {
  const rest = (): Example => (body ? { body: body() } : {})
  return {
    caller: 'account',
    request: () => ({ path: { template_id: 'unknown_own' }, ...rest() }),
    prepare: async ({ app, token }) => ({ path: { template_id: await templated(app, token) }, ...rest() }),
  }
}

const documented = (fileId: string) => ({
  file_id: fileId,
  format: 'csv',
  mappings: [
    { source_field: 'code', target_field: 'client_code', data_type: 'string', required: true },
    { source_field: 'montant', target_field: 'amount', data_type: 'decimal' },
  ],
})
const execution = (fileId: string) => ({
  file_id: fileId,
  template_id: 'client_import',
  options: { stop_on_error: false, batch_size: 500 },
})

export const importExamples: Readonly<Record<string, ExampleOf>> = {
  previewImport: {
    caller: 'account',
    request: () => ({ body: { format: 'csv', delimiter: ';', max_rows: '10' }, file: csv(['CLI001']) }),
  },
  validateImport: {
    caller: 'account',
    request: () => ({ body: documented('file_unknown') }),
    prepare: async ({ app, token }) => ({ body: documented(await previewed(app, token)) }),
  },
  executeImport: {
    caller: 'account',
    request: () => ({ body: execution('file_unknown') }),
    prepare: async ({ app, token }) => ({ body: execution(await previewed(app, token)) }),
  },
  listImports: { caller: 'account', request: () => ({ query: { limit: '10' } }) },
  getImportProgress: ofImport((app, token) => executed(app, token)),
  watchImport: ofImport(finished),
  cancelImport: ofImport((app, token) => executed(app, token)),
  downloadRefusedRows: ofImport(finished),
  listRefusedRows: ofImport(finished),
  listImportTemplates: { caller: 'account', request: () => ({}) },
  createImportTemplate: { caller: 'account', request: () => ({ body: { id: unique(), ...definition() } }) },
  getImportTemplate: ofTemplate(),
  replaceImportTemplate: ofTemplate(definition),
  deleteImportTemplate: ofTemplate(),
}
