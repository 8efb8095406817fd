/** What was invoiced in a month, in one currency. Drafts, rejected and cancelled invoices are no sales. */
import { Type } from 'typebox'
import type { Builder } from './builder.ts'
import { commonParameters, currency, invoiceColumns, month } from './parameters.ts'
import type { Resolved } from './schemas.ts'

/** Invoices that count. */
export const sold = `i.status in ('sent', 'paid', 'overdue', 'approved')`

const within = (tenantId: string, { from, to, currency: code }: Resolved) => [tenantId, from, to, code]

/** $1 tenant, $2 and $3 the period, $4 currency. */
const ofPeriod =
  'from invoices i where i.tenant_id = $1 and i.invoice_date between $2::date and $3::date and i.currency = $4'

export const topCustomers = `
  with sums as (
    select i.customer_id, count(*) as invoices, sum(i.net_amount) as net, sum(i.total_amount) as total ${ofPeriod} and ${sold}
     group by i.customer_id),
  whole as (select sum(total) as total from sums)
  select coalesce(c.code, '') as customer_code, coalesce(c.name, '') as customer, s.invoices::integer, s.net::text, s.total::text,
         case when w.total > 0 then round(s.total * 100 / w.total, 1)::text end as share
    from sums s cross join whole w left join customers c on c.tenant_id = $1 and c.id = s.customer_id
   order by s.total desc, c.code limit 15`

export const monthlySales: Builder = {
  id: 'monthly_sales',
  permissions: ['invoice:view', 'customer:view'],
  period: 'month',
  parameters: Type.Object({ ...commonParameters, month, currency }, { additionalProperties: false }),
  datasets: {
    totals: {
      label: { fr: 'Chiffres du mois', en: 'Figures of the month' },
      columns: [
        { id: 'total', kind: 'money', label: { fr: 'Facturé TTC', en: 'Invoiced, VAT included' } },
        { id: 'net', kind: 'money', label: { fr: 'Facturé HT', en: 'Invoiced, before VAT' } },
        { id: 'tax', kind: 'money', label: { fr: 'TVA', en: 'VAT' } },
        { id: 'invoices', kind: 'integer', label: { fr: 'Factures', en: 'Invoices' } },
        { id: 'customers', kind: 'integer', label: { fr: 'Clients facturés', en: 'Customers invoiced' } },
        { id: 'average', kind: 'money', label: { fr: 'Facture moyenne TTC', en: 'Average invoice, VAT included' } },
        { id: 'paid', kind: 'money', label: { fr: 'Dont payé', en: 'Of which paid' } },
        { id: 'unpaid', kind: 'money', label: { fr: 'Reste à payer', en: 'Still to be paid' } },
        { id: 'previous_total', kind: 'money', label: { fr: 'Mois précédent TTC', en: 'Month before, VAT included' } },
        { id: 'change', kind: 'percent', label: { fr: 'Évolution TTC', en: 'Change, VAT included' } },
        {
          id: 'other_currencies',
          kind: 'integer',
          label: { fr: 'Factures en autres devises', en: 'Invoices in other currencies' },
        },
      ],
      statement: (tenantId, resolved) => ({
        text: `
          with month as (
            select count(*) as invoices, count(distinct i.customer_id) as customers, coalesce(sum(i.net_amount), 0) as net,
                   coalesce(sum(i.tax_amount), 0) as tax, coalesce(sum(i.total_amount), 0) as total,
                   coalesce(round(avg(i.total_amount), 2), 0) as average,
                   coalesce(sum(i.total_amount) filter (where i.status = 'paid'), 0) as paid ${ofPeriod} and ${sold}),
          before as (
            select coalesce(sum(i.total_amount), 0) as total from invoices i
             where i.tenant_id = $1 and i.currency = $4 and ${sold}
               and i.invoice_date >= $2::date - interval '1 month' and i.invoice_date < $2::date),
          others as (
            select count(*) as invoices from invoices i
             where i.tenant_id = $1 and i.invoice_date between $2::date and $3::date and i.currency <> $4 and ${sold})
          select m.invoices::integer, m.customers::integer, m.net::text, m.tax::text, m.total::text, m.average::text,
                 m.paid::text, (m.total - m.paid)::text as unpaid, b.total::text as previous_total,
                 case when b.total > 0 then round((m.total - b.total) * 100 / b.total, 1)::text end as change,
                 o.invoices::integer as other_currencies
            from month m, before b, others o`,
        values: within(tenantId, resolved),
      }),
    },
    by_day: {
      label: { fr: 'Facturé par jour', en: 'Invoiced by day' },
      columns: [
        { id: 'day', kind: 'day', label: { fr: 'Jour', en: 'Day' } },
        { id: 'invoices', kind: 'integer', label: { fr: 'Factures', en: 'Invoices' } },
        { id: 'net', kind: 'money', label: { fr: 'HT', en: 'Before VAT' } },
        { id: 'tax', kind: 'money', label: { fr: 'TVA', en: 'VAT' } },
        { id: 'total', kind: 'money', label: { fr: 'TTC', en: 'VAT included' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `
          with sums as (
            select i.invoice_date as day, count(*) as invoices, sum(i.net_amount) as net, sum(i.tax_amount) as tax,
                   sum(i.total_amount) as total ${ofPeriod} and ${sold} group by 1)
          select d.day::date::text as day, coalesce(s.invoices, 0)::integer as invoices, coalesce(s.net, 0)::text as net,
                 coalesce(s.tax, 0)::text as tax, coalesce(s.total, 0)::text as total
            from generate_series($2::date::timestamp, $3::date::timestamp, interval '1 day') d (day) left join sums s on s.day = d.day::date
           order by 1`,
        values: within(tenantId, resolved),
      }),
    },
    by_status: {
      label: { fr: 'Factures par statut', en: 'Invoices by status' },
      columns: [
        { id: 'status', kind: 'word', label: { fr: 'Statut', en: 'Status' } },
        { id: 'invoices', kind: 'integer', label: { fr: 'Factures', en: 'Invoices' } },
        { id: 'net', kind: 'money', label: { fr: 'HT', en: 'Before VAT' } },
        { id: 'total', kind: 'money', label: { fr: 'TTC', en: 'VAT included' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `select i.status, count(*)::integer as invoices, sum(i.net_amount)::text as net, sum(i.total_amount)::text as total
                 ${ofPeriod} group by i.status order by sum(i.total_amount) desc, i.status`,
        values: within(tenantId, resolved),
      }),
    },
    by_customer: {
      label: { fr: 'Premiers clients', en: 'Largest customers' },
      columns: [
        { id: 'customer_code', kind: 'text', label: { fr: 'Code', en: 'Code' }, isShort: true },
        { id: 'customer', kind: 'text', label: { fr: 'Client', en: 'Customer' } },
        { id: 'invoices', kind: 'integer', label: { fr: 'Factures', en: 'Invoices' } },
        { id: 'net', kind: 'money', label: { fr: 'HT', en: 'Before VAT' } },
        { id: 'total', kind: 'money', label: { fr: 'TTC', en: 'VAT included' } },
        { id: 'share', kind: 'percent', label: { fr: 'Part', en: 'Share' } },
      ],
      statement: (tenantId, resolved) => ({ text: topCustomers, values: within(tenantId, resolved) }),
    },
    trend: {
      label: { fr: 'Douze derniers mois', en: 'Last twelve months' },
      columns: [
        { id: 'month', kind: 'month', label: { fr: 'Mois', en: 'Month' } },
        { id: 'invoices', kind: 'integer', label: { fr: 'Factures', en: 'Invoices' } },
        { id: 'net', kind: 'money', label: { fr: 'HT', en: 'Before VAT' } },
        { id: 'total', kind: 'money', label: { fr: 'TTC', en: 'VAT included' } },
      ],
      statement: (tenantId, { to, currency: code }) => ({
        text: `
          with months as (
            select generate_series(date_trunc('month', $2::date::timestamp) - interval '11 months', $2::date::timestamp, interval '1 month') as month),
          sums as (
            select date_trunc('month', i.invoice_date::timestamp) as month, count(*) as invoices, sum(i.net_amount) as net,
                   sum(i.total_amount) as total
              from invoices i where i.tenant_id = $1 and i.currency = $3 and ${sold} and i.invoice_date <= $2::date
               and i.invoice_date >= date_trunc('month', $2::date::timestamp) - interval '11 months' group by 1)
          select to_char(m.month, 'YYYY-MM') as month, coalesce(s.invoices, 0)::integer as invoices,
                 coalesce(s.net, 0)::text as net, coalesce(s.total, 0)::text as total
            from months m left join sums s using (month) order by 1`,
        values: [tenantId, to, code],
      }),
    },
    invoices: {
      label: { fr: 'Factures du mois', en: 'Invoices of the month' },
      isLong: true,
      columns: invoiceColumns,
      statement: (tenantId, resolved) => ({
        text: `select i.number, i.invoice_date::text as date, i.due_date::text as due_date, coalesce(c.code, '') as customer_code,
                      coalesce(c.name, '') as customer, i.status, i.net_amount::text as net, i.tax_amount::text as tax,
                      i.total_amount::text as total
                 from invoices i left join customers c on c.tenant_id = i.tenant_id and c.id = i.customer_id
                where i.tenant_id = $1 and i.invoice_date between $2::date and $3::date and i.currency = $4 and ${sold}
                order by i.invoice_date, i.number`,
        values: within(tenantId, resolved),
      }),
    },
  },
}
