/** An input that fits, for every operation of reports. */
import { ownReportTemplate } from './route-examples-reports.ts'

const id = 'rpt_unknown'

export const reportInputs: Readonly<Record<string, () => Record<string, unknown>>> = {
  'report.generate': () => ({ templateId: 'monthly_sales', format: 'csv', parameters: { month: '2024-01' } }),
  'report.preview': () => ({ content: ownReportTemplate(), parameters: { month: '2024-01' } }),
  'report.list': () => ({ limit: 10, offset: 0 }),
  'report.view': () => ({ id }),
  'report.download': () => ({ id }),
  'report.cancel': () => ({ id }),
  'report.delete': () => ({ id }),
  'report.end': () => ({ id, attempt: null, ending: { status: 'failed', failure: 'internal', details: [] } }),
  'report.open-link': () => ({ token: 'a.b' }),
  'report-template.list': () => ({}),
  'report-template.view': () => ({ id: 'monthly_sales' }),
  'report-template.save': () => ({ id: 'own_report', content: ownReportTemplate() }),
  'report-template.delete': () => ({ id: 'own_report' }),
  'report-schedule.create': () => ({
    templateId: 'weekly_summary',
    name: 'Rapport hebdomadaire',
    cron: '0 8 * * 1',
    format: 'pdf',
    recipients: ['team@example.com'],
    parameters: {},
  }),
  'report-schedule.list': () => ({}),
  'report-schedule.view': () => ({ id: 'rsch_unknown' }),
  'report-schedule.update': () => ({ id: 'rsch_unknown', isActive: false }),
  'report-schedule.delete': () => ({ id: 'rsch_unknown' }),
  'report-schedule.run': () => ({ id: 'rsch_unknown' }),
  'report-settings.view': () => ({}),
  'report-settings.configure': () => ({ retentionDays: 10 }),
}
