/** The platform's own templates: layouts of each builder's figures, as a tenant may write them as well. */
import type { BuilderId, TemplateContent } from './schemas.ts'

export const builtInTemplates: Readonly<Partial<Record<BuilderId, TemplateContent>>> = {
  monthly_sales: {
    builder: 'monthly_sales',
    name: { fr: 'Ventes du mois', en: 'Monthly sales' },
    description: {
      fr: 'Ce qui a été facturé dans le mois : par jour, par statut, par client, sur douze mois, et chaque facture.',
      en: 'What was invoiced in a month: by day, by status, by customer, over twelve months, and every invoice.',
    },
    blocks: [
      {
        type: 'tiles',
        dataset: 'totals',
        fields: ['total', 'net', 'tax', 'change', 'paid', 'unpaid', 'invoices', 'customers'],
      },
      { type: 'chart', dataset: 'by_day', chart: 'bar', category: 'day', values: ['total'] },
      {
        type: 'chart',
        dataset: 'by_status',
        chart: 'pie',
        category: 'status',
        values: ['total'],
        width: 'half',
      },
      {
        type: 'chart',
        dataset: 'trend',
        chart: 'line',
        category: 'month',
        values: ['total'],
        width: 'half',
      },
      {
        type: 'table',
        dataset: 'by_customer',
        columns: ['customer_code', 'customer', 'invoices', 'net', 'total', 'share'],
      },
      { type: 'table', dataset: 'by_status' },
      { type: 'table', dataset: 'trend' },
      {
        type: 'table',
        dataset: 'invoices',
        columns: ['number', 'date', 'due_date', 'customer', 'status', 'net', 'tax', 'total'],
      },
    ],
  },
}
