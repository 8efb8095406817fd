/** What happened in a week, all over the house: invoices, entries, customers, clients, analyses. */
import { Type } from 'typebox'
import type { Builder } from './builder.ts'
import { sold, topCustomers } from './monthly-sales-store.ts'
import { commonParameters, currency, isoMoment, sinceStart, untilEnd, week } from './parameters.ts'
import type { Resolved } from './schemas.ts'

const within = (tenantId: string, { from, to, currency: code }: Resolved) => [tenantId, from, to, code]
const timed = (tenantId: string, { from, to, timeZone }: Resolved) => [tenantId, from, to, timeZone]

/** Not paid, though the day for it has come by the end of the period. */
const late = `i.status in ('sent', 'overdue', 'approved') and i.due_date <= $2::date`

export const weeklySummary: Builder = {
  id: 'weekly_summary',
  permissions: ['invoice:view', 'customer:view', 'entry:view', 'client:view', 'analysis:view'],
  period: 'week',
  parameters: Type.Object({ ...commonParameters, week, currency }, { additionalProperties: false }),
  datasets: {
    totals: {
      label: { fr: 'Chiffres de la semaine', en: 'Figures of the week' },
      columns: [
        { id: 'total', kind: 'money', label: { fr: 'Facturé TTC', en: 'Invoiced, VAT included' } },
        { id: 'previous_total', kind: 'money', label: { fr: 'Semaine précédente', en: 'Week before' } },
        { id: 'change', kind: 'percent', label: { fr: 'Évolution', en: 'Change' } },
        { id: 'invoices', kind: 'integer', label: { fr: 'Factures', en: 'Invoices' } },
        { id: 'late', kind: 'integer', label: { fr: 'Factures échues', en: 'Invoices overdue' } },
        { id: 'late_total', kind: 'money', label: { fr: 'Montant échu TTC', en: 'Amount overdue' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `
          with now_week as (
            select count(*) as invoices, coalesce(sum(i.total_amount), 0) as total from invoices i
             where i.tenant_id = $1 and i.invoice_date between $2::date and $3::date and i.currency = $4 and ${sold}),
          before as (
            select coalesce(sum(i.total_amount), 0) as total from invoices i
             where i.tenant_id = $1 and i.invoice_date between $2::date - 7 and $2::date - 1 and i.currency = $4 and ${sold}),
          late as (
            select count(*) as invoices, coalesce(sum(i.total_amount), 0) as total from invoices i
             where i.tenant_id = $1 and i.currency = $4 and i.status in ('sent', 'overdue', 'approved') and i.due_date <= $3::date)
          select n.total::text, n.invoices::integer, b.total::text as previous_total,
                 case when b.total > 0 then round((n.total - b.total) * 100 / b.total, 1)::text end as change,
                 l.invoices::integer as late, l.total::text as late_total
            from now_week n, before b, late l`,
        values: within(tenantId, resolved),
      }),
    },
    activity: {
      label: { fr: 'Activité de la semaine', en: 'Activity of the week' },
      columns: [
        { id: 'new_customers', kind: 'integer', label: { fr: 'Nouveaux clients facturés', en: 'New customers' } },
        { id: 'new_clients', kind: 'integer', label: { fr: 'Nouveaux clients', en: 'New clients' } },
        { id: 'entries', kind: 'integer', label: { fr: 'Écritures comptables', en: 'Accounting entries' } },
        { id: 'analyses', kind: 'integer', label: { fr: 'Analyses terminées', en: 'Analyses completed' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `
          select (select count(*) from customers where tenant_id = $1 and ${sinceStart('created_at')} and ${untilEnd('created_at')})::integer as new_customers,
                 (select count(*) from clients where tenant_id = $1 and ${sinceStart('created_at')} and ${untilEnd('created_at')})::integer as new_clients,
                 (select count(*) from accounting_entries where tenant_id = $1 and line_number = 1
                   and entry_date between $2::date and $3::date)::integer as entries,
                 (select count(*) from analyses where tenant_id = $1 and status = 'completed' and ${sinceStart('completed_at')}
                   and ${untilEnd('completed_at')})::integer as analyses`,
        values: timed(tenantId, resolved),
      }),
    },
    by_day: {
      label: { fr: 'Facturé par jour', en: 'Invoiced by day' },
      columns: [
        { id: 'day', kind: 'day', label: { fr: 'Jour', en: 'Day' } },
        { id: 'invoices', kind: 'integer', label: { fr: 'Factures', en: 'Invoices' } },
        { id: 'total', kind: 'money', label: { fr: 'TTC', en: 'VAT included' } },
        { id: 'previous_total', kind: 'money', label: { fr: 'Semaine précédente TTC', en: 'Week before' } },
        { id: 'entries', kind: 'integer', label: { fr: 'Écritures', en: 'Entries' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `
          with invoiced as (
            select i.invoice_date as day, count(*) as invoices, sum(i.total_amount) as total from invoices i
             where i.tenant_id = $1 and i.invoice_date between $2::date - 7 and $3::date and i.currency = $4 and ${sold} group by 1),
          booked as (
            select entry_date as day, count(*) as entries from accounting_entries
             where tenant_id = $1 and line_number = 1 and entry_date between $2::date and $3::date group by 1)
          select d.day::date::text as day, coalesce(n.invoices, 0)::integer as invoices, coalesce(n.total, 0)::text as total,
                 coalesce(b.total, 0)::text as previous_total, coalesce(e.entries, 0)::integer as entries
            from generate_series($2::date::timestamp, $3::date::timestamp, interval '1 day') d (day)
            left join invoiced n on n.day = d.day::date left join invoiced b on b.day = d.day::date - 7
            left join booked e on e.day = d.day::date order by 1`,
        values: within(tenantId, resolved),
      }),
    },
    by_customer: {
      label: { fr: 'Premiers clients de la semaine', en: 'Largest customers of the week' },
      columns: [
        { id: 'customer_code', kind: 'text', label: { fr: 'Code', en: 'Code' }, isShort: true },
        { id: 'customer', kind: 'text', label: { fr: 'Client', en: 'Customer' } },
        { id: 'invoices', kind: 'integer', label: { fr: 'Factures', en: 'Invoices' } },
        { id: 'total', kind: 'money', label: { fr: 'TTC', en: 'VAT included' } },
        { id: 'share', kind: 'percent', label: { fr: 'Part', en: 'Share' } },
      ],
      statement: (tenantId, resolved) => ({ text: topCustomers, values: within(tenantId, resolved) }),
    },
    by_delay: {
      label: { fr: 'Montants échus par ancienneté', en: 'Amounts overdue by age' },
      columns: [
        { id: 'delay', kind: 'text', label: { fr: 'Jours de retard', en: 'Days overdue' }, isShort: true },
        { id: 'invoices', kind: 'integer', label: { fr: 'Factures', en: 'Invoices' } },
        { id: 'total', kind: 'money', label: { fr: 'TTC', en: 'VAT included' } },
      ],
      statement: (tenantId, { to, currency: code }) => ({
        text: `
          select b.delay, coalesce(s.invoices, 0)::integer as invoices, coalesce(s.total, 0)::text as total
            from (values (1, '0–30'), (2, '31–60'), (3, '61–90'), (4, '> 90')) b (position, delay)
            left join (
              select case when $2::date - i.due_date <= 30 then 1 when $2::date - i.due_date <= 60 then 2
                          when $2::date - i.due_date <= 90 then 3 else 4 end as position,
                     count(*) as invoices, sum(i.total_amount) as total
                from invoices i where i.tenant_id = $1 and i.currency = $3 and ${late} group by 1) s using (position)
           order by b.position`,
        values: [tenantId, to, code],
      }),
    },
    overdue: {
      label: { fr: 'Factures échues', en: 'Invoices overdue' },
      isLong: true,
      columns: [
        { id: 'number', kind: 'text', label: { fr: 'Numéro', en: 'Number' }, isShort: true },
        { id: 'customer', kind: 'text', label: { fr: 'Client', en: 'Customer' } },
        { id: 'date', kind: 'day', label: { fr: 'Date', en: 'Date' } },
        { id: 'due_date', kind: 'day', label: { fr: 'Échéance', en: 'Due' } },
        { id: 'days_late', kind: 'integer', label: { fr: 'Jours de retard', en: 'Days overdue' } },
        { id: 'total', kind: 'money', label: { fr: 'TTC', en: 'VAT included' } },
      ],
      statement: (tenantId, { to, currency: code }) => ({
        text: `select i.number, coalesce(c.name, '') as customer, i.invoice_date::text as date, i.due_date::text as due_date,
                      ($2::date - i.due_date)::integer as days_late, i.total_amount::text as total
                 from invoices i left join customers c on c.tenant_id = i.tenant_id and c.id = i.customer_id
                where i.tenant_id = $1 and i.currency = $3 and ${late} order by i.due_date, i.number`,
        values: [tenantId, to, code],
      }),
    },
    new_customers: {
      label: { fr: 'Nouveaux clients facturés', en: 'New customers' },
      isLong: true,
      columns: [
        { id: 'code', kind: 'text', label: { fr: 'Code', en: 'Code' }, isShort: true },
        { id: 'name', kind: 'text', label: { fr: 'Nom', en: 'Name' } },
        { id: 'city', kind: 'text', label: { fr: 'Ville', en: 'City' } },
        { id: 'created_at', kind: 'moment', label: { fr: 'Créé le', en: 'Created' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `select c.code, c.name, coalesce(c.city, '') as city, ${isoMoment('c.created_at')} as created_at from customers c
                where c.tenant_id = $1 and ${sinceStart('c.created_at')} and ${untilEnd('c.created_at')} order by c.created_at, c.code`,
        values: timed(tenantId, resolved),
      }),
    },
  },
}
