/** The platform's own templates: layouts of each builder's figures, as a tenant may write them as well. */
import type { BuilderId, TemplateContent } from './schemas.ts'

export const builtInTemplates: Readonly<Record<BuilderId, TemplateContent>> = {
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
  weekly_summary: {
    builder: 'weekly_summary',
    name: { fr: 'Synthèse de la semaine', en: 'Weekly summary' },
    description: {
      fr: 'La semaine en bref : facturé, comparé à la précédente, factures échues, nouveaux clients, écritures, analyses.',
      en: 'The week in short: invoiced, compared with the one before, overdue invoices, new customers, entries, analyses.',
    },
    blocks: [
      {
        type: 'tiles',
        dataset: 'totals',
        fields: ['total', 'previous_total', 'change', 'invoices', 'late', 'late_total'],
      },
      { type: 'tiles', dataset: 'activity', fields: ['new_customers', 'new_clients', 'entries', 'analyses'] },
      { type: 'chart', dataset: 'by_day', chart: 'bar', category: 'day', values: ['total', 'previous_total'] },
      {
        type: 'chart',
        dataset: 'by_customer',
        chart: 'horizontal_bar',
        category: 'customer',
        values: ['total'],
        width: 'half',
      },
      { type: 'chart', dataset: 'by_delay', chart: 'bar', category: 'delay', values: ['total'], width: 'half' },
      { type: 'table', dataset: 'by_day' },
      { type: 'table', dataset: 'by_customer' },
      { type: 'table', dataset: 'new_customers', max_rows: 100 },
      { type: 'table', dataset: 'overdue' },
    ],
  },
  client_activity: {
    builder: 'client_activity',
    name: { fr: 'Activité des clients', en: 'Client activity' },
    description: {
      fr: 'Ce que les clients de la plateforme ont fait : profils, analyses, factures qui les concernent.',
      en: 'What the clients of the platform did: profiles, analyses, invoices about them.',
    },
    blocks: [
      {
        type: 'tiles',
        dataset: 'totals',
        fields: ['clients', 'active', 'new_clients', 'busy', 'profiles', 'submitted', 'analyses', 'total'],
      },
      {
        type: 'chart',
        dataset: 'by_day',
        chart: 'stacked_bar',
        category: 'day',
        values: ['profiles', 'submitted', 'analyses'],
      },
      {
        type: 'chart',
        dataset: 'busiest',
        chart: 'horizontal_bar',
        category: 'client',
        values: ['profiles', 'analyses'],
        width: 'half',
      },
      {
        type: 'chart',
        dataset: 'busiest',
        chart: 'pie',
        category: 'client',
        values: ['total'],
        width: 'half',
        title: { fr: 'Facturé TTC des clients les plus actifs', en: 'Invoiced to the busiest clients' },
      },
      { type: 'table', dataset: 'busiest' },
      { type: 'table', dataset: 'by_client' },
    ],
  },
  audit_summary: {
    builder: 'audit_summary',
    name: { fr: 'Synthèse du journal d’audit', en: 'Audit summary' },
    description: {
      fr: 'Événements par catégorie, gravité, action et acteur, état des chaînes, et chaque avertissement.',
      en: 'Events by category, severity, action and actor, the state of the chains, and every warning.',
    },
    blocks: [
      {
        type: 'tiles',
        dataset: 'totals',
        fields: ['events', 'actors', 'warning', 'critical', 'sign_ins', 'failed_sign_ins', 'refusals', 'info'],
      },
      {
        type: 'chart',
        dataset: 'by_day',
        chart: 'stacked_bar',
        category: 'day',
        values: ['info', 'warning', 'critical'],
      },
      { type: 'chart', dataset: 'by_category', chart: 'pie', category: 'category', values: ['events'], width: 'half' },
      {
        type: 'chart',
        dataset: 'by_action',
        chart: 'horizontal_bar',
        category: 'action',
        values: ['events'],
        width: 'half',
      },
      { type: 'table', dataset: 'by_category' },
      { type: 'table', dataset: 'by_action' },
      { type: 'table', dataset: 'by_actor' },
      { type: 'table', dataset: 'chains' },
      { type: 'table', dataset: 'notable' },
    ],
  },
  analyses_overview: {
    builder: 'analyses_overview',
    name: { fr: 'Vue d’ensemble des analyses', en: 'Overview of analyses' },
    description: {
      fr: 'Analyses demandées et terminées, répartition des scores, par client et par version de la grille.',
      en: 'Analyses asked for and completed, the spread of scores, by client and by version of the scorecard.',
    },
    blocks: [
      {
        type: 'tiles',
        dataset: 'totals',
        fields: ['analyses', 'completed', 'failed', 'open', 'average', 'median', 'lowest', 'highest'],
      },
      { type: 'chart', dataset: 'by_day', chart: 'bar', category: 'day', values: ['analyses', 'completed'] },
      { type: 'chart', dataset: 'by_score', chart: 'bar', category: 'score', values: ['analyses'], width: 'half' },
      { type: 'chart', dataset: 'by_status', chart: 'pie', category: 'status', values: ['analyses'], width: 'half' },
      { type: 'table', dataset: 'by_score' },
      { type: 'table', dataset: 'by_client' },
      { type: 'table', dataset: 'by_scorecard' },
      { type: 'table', dataset: 'analyses' },
    ],
  },
}
