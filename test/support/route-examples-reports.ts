/** AZALSCORE: reports. */
import type { TestApp } from './app.ts'
import { queryAsOwner } from './owner-query.ts'
import type { Example, ExampleOf } from './route-example.ts'

const nothing = (): Example => ({})
const unknown = { path: { report_id: 'rpt_unknown' } }

/** The document's own examples. */
const monthlySales = {
  template_id: 'monthly_sales',
  format: 'pdf',
  parameters: { month: '2024-01', include_charts: true },
}
const weekly = {
  template_id: 'weekly_summary',
  name: 'Rapport hebdomadaire',
  cron: '0 8 * * 1',
  format: 'pdf',
  recipients: ['team@example.com'],
  parameters: {},
}

export const ownReportTemplate = () => ({
  builder: 'monthly_sales',
  name: { fr: 'Les nôtres', en: 'Our own' },
  blocks: [
    { type: 'text', text: { fr: 'Pour le conseil.' } },
    { type: 'tiles', dataset: 'totals', fields: ['total', 'invoices'] },
    { type: 'chart', dataset: 'by_day', chart: 'line', category: 'day', values: ['total'] },
    { type: 'table', dataset: 'by_customer', columns: ['customer', 'total'] },
  ],
})

type Asking = { app: TestApp; token: string }

async function asked<T>({ app, token }: Asking, method: string, ...[path, body]: [string, unknown?]): Promise<T> {
  const answer = await app.request(`/api/v1/reports${path}`, { method, token, ...(body ? { body } : {}) })
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.body
}

/** One row at least in every table of reports. */
export async function useReports(app: TestApp, token: string): Promise<void> {
  const asking = { app, token }
  await asked(asking, 'POST', '/generate', monthlySales)
  await asked(asking, 'POST', '/schedules', weekly)
  await asked(asking, 'PUT', '/templates/own_report', ownReportTemplate())
  await asked(asking, 'PUT', '/settings', { retention_days: 10 })
}

async function aReport(asking: Asking): Promise<Example> {
  const { report_id } = await asked<{ report_id: string }>(asking, 'POST', '/generate', monthlySales)
  return { path: { report_id } }
}

/** As a worker leaves it, with a file of a few bytes. */
async function aReadyReport(asking: Asking): Promise<Example> {
  const { app } = asking
  const example = await aReport(asking)
  const id = example.path?.report_id ?? ''
  const [row] = await queryAsOwner<{ tenant_id: string }>(app.database, 'select tenant_id from reports where id = $1', [
    id,
  ])
  const tenantId = row?.tenant_id ?? ''
  const { files } = app.runtime.services
  const content = (async function* () {
    yield Buffer.from('%PDF-1.7')
  })()
  const file = await files.write(tenantId, content, { isOwn: true })
  await queryAsOwner(
    app.database,
    `with kept as (update files set expires_at = now() + interval '1 day' where tenant_id = $1 and id = $3)
     update reports set status = 'ready', progress = 100, file_id = $3, file_size = $4, ended_at = now(), expires_at = now() + interval '1 day'
      where tenant_id = $1 and id = $2`,
    [tenantId, id, file.id, file.size],
  )
  return example
}

async function aSchedule(asking: Asking): Promise<Example> {
  const { schedule_id } = await asked<{ schedule_id: string }>(asking, 'POST', '/schedules', weekly)
  return { path: { schedule_id } }
}

const anySchedule = { path: { schedule_id: 'rsch_unknown' } }

export const reportExamples: Readonly<Record<string, ExampleOf>> = {
  generateReport: { caller: 'account', request: () => ({ body: monthlySales }) },
  previewReport: { caller: 'account', request: () => ({ body: { template: ownReportTemplate(), parameters: {} } }) },
  listReports: { caller: 'account', request: () => ({ query: { status: 'ready', template_id: 'monthly_sales' } }) },
  getReport: { caller: 'account', request: () => unknown, prepare: aReport },
  downloadReport: { caller: 'account', request: () => unknown, prepare: aReadyReport },
  cancelReport: { caller: 'account', request: () => unknown, prepare: aReport },
  deleteReport: { caller: 'account', request: () => unknown, prepare: aReadyReport },
  createReportSchedule: { caller: 'account', request: () => ({ body: weekly }) },
  listReportSchedules: { caller: 'account', request: nothing },
  getReportSchedule: { caller: 'account', request: () => anySchedule, prepare: aSchedule },
  updateReportSchedule: {
    caller: 'account',
    request: () => ({ ...anySchedule, body: { status: 'paused' } }),
    prepare: async (asking) => ({ ...(await aSchedule(asking)), body: { status: 'paused' } }),
  },
  deleteReportSchedule: { caller: 'account', request: () => anySchedule, prepare: aSchedule },
  listReportTemplates: { caller: 'account', request: nothing },
  getReportTemplate: { caller: 'account', request: () => ({ path: { template_id: 'monthly_sales' } }) },
  saveReportTemplate: {
    caller: 'account',
    request: () => ({ path: { template_id: 'own_report' }, body: ownReportTemplate() }),
  },
  deleteReportTemplate: {
    caller: 'account',
    request: () => ({ path: { template_id: 'own_report' } }),
    prepare: async (asking) => {
      await asked(asking, 'PUT', '/templates/own_report', ownReportTemplate())
      return { path: { template_id: 'own_report' } }
    },
  },
  getReportSettings: { caller: 'account', request: nothing },
  configureReports: { caller: 'account', request: () => ({ body: { language: 'en', daily_limit: 500 } }) },
}
