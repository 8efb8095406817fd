/** AZALSCORE: exports and the FEC. */
import { newId } from '#kernel/ids.ts'
import type { TestApp } from './app.ts'
import { queryAsOwner } from './owner-query.ts'
import type { ExampleOf, Subject } from './route-example.ts'
import { created, newCustomer, newEntry } from './route-examples-ledger.ts'

const unknown = { path: { export_id: 'exp_unknown' } }
const customers = { entity_type: 'customers', format: 'csv', columns: ['code', 'name'], filters: { is_active: true } }

async function sent(app: TestApp, token: string, path: string, body: object): Promise<{ export_id: string }> {
  const answer = await app.request(path, { method: 'POST', token, body })
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`)
  return answer.body
}

/** An export that is ready, of a customer at least. */
export async function anExport(app: TestApp, token: string, wanted: object = customers): Promise<string> {
  await created(app, token, '/api/v1/customers', newCustomer())
  return (await sent(app, token, '/api/v1/export', wanted)).export_id
}

/** As one with too many rows for a request is left for a job. */
export async function pendingExport(app: TestApp, { client: { tenantId } }: Subject): Promise<string> {
  const id = newId('exp')
  await queryAsOwner(
    app.database,
    `insert into exports (tenant_id, id, entity_type, format, request, requested_by, status, file_name)
     values ($1, $2, 'customers', 'csv', '{}', '{}', 'pending', 'customers.csv')`,
    [tenantId, id],
  )
  return id
}

/** A year of which the tests' other entries are not. */
export const fecYear = 2019

export async function soundYear(app: TestApp, token: string): Promise<void> {
  const { id } = await created(app, token, '/api/v1/accounting-entries', { ...newEntry(), date: `${fecYear}-01-31` })
  const validation = '/api/v1/accounting-entries/validate'
  const answer = await app.request(validation, { method: 'POST', token, body: { entry_ids: [id] } })
  if (answer.status !== 200) throw new Error(`${validation}: ${answer.status} ${answer.text}`)
}

export const exportExamples: Readonly<Record<string, ExampleOf>> = {
  createExport: { caller: 'account', request: () => ({ body: customers }) },
  createFecExport: {
    caller: 'account',
    request: () => ({ body: { fiscal_year: fecYear, siren: '732829320' } }),
    prepare: async ({ app, token }) => {
      await soundYear(app, token)
      return { body: { fiscal_year: fecYear, siren: '732829320' } }
    },
  },
  listExports: { caller: 'account', request: () => ({ query: { status: 'ready', entity_type: 'customers' } }) },
  getExport: {
    caller: 'account',
    request: () => unknown,
    prepare: async ({ app, token }) => ({ path: { export_id: await anExport(app, token) } }),
  },
  downloadExport: {
    caller: 'account',
    request: () => unknown,
    prepare: async ({ app, token }) => ({ path: { export_id: await anExport(app, token) } }),
  },
  cancelExport: {
    caller: 'account',
    request: () => unknown,
    prepare: async ({ app, subject }) => ({ path: { export_id: await pendingExport(app, subject) } }),
  },
}
