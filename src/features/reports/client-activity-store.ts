/** What the clients of the platform have done: profiles, analyses, invoices about them. */
import { Type } from 'typebox'
import type { Builder } from './builder.ts'
import { sold } from './monthly-sales-store.ts'
import {
  clientUid,
  commonParameters,
  currency,
  days,
  dayThere,
  everyDay,
  isoMoment,
  sinceStart,
  untilEnd,
} from './parameters.ts'
import type { Resolved } from './schemas.ts'

/** $1 tenant, $2 and $3 the period, $4 time zone, $5 client or null, $6 currency. */
const values = (tenantId: string, { from, to, timeZone, clientUid: client, currency: code }: Resolved) => [
  tenantId,
  from,
  to,
  timeZone,
  client,
  code,
]
const within = (column: string) => `${sinceStart(column)} and ${untilEnd(column)}`
const ofClient = (column: string) => `($5::uuid is null or ${column} = $5::uuid)`

/** Of each client that has any; $5 and $6 are named so that every statement takes all parameters. */
const sums = `
  made as (
    select client_id, count(*) as profiles from profiles
     where tenant_id = $1 and ${within('created_at')} and ${ofClient('client_id')} group by 1),
  handed_in as (
    select client_id, count(*) as submitted from profiles
     where tenant_id = $1 and ${within('submitted_at')} and ${ofClient('client_id')} group by 1),
  judged as (
    select client_id, count(*) as analyses, avg(score) filter (where status = 'completed') as score from analyses
     where tenant_id = $1 and ${within('created_at')} and ${ofClient('client_id')} group by 1),
  invoiced as (
    select i.client_id, count(*) as invoices, sum(i.total_amount) as total from invoices i
     where i.tenant_id = $1 and i.client_id is not null and i.invoice_date between $2::date and $3::date and i.currency = $6
       and ${sold} and ${ofClient('i.client_id')} group by 1),
  lines as (
    select c.id, c.name, c.is_active, c.created_at, coalesce(m.profiles, 0) as profiles, coalesce(h.submitted, 0) as submitted,
           coalesce(j.analyses, 0) as analyses, round(j.score, 1) as average_score, coalesce(v.invoices, 0) as invoices,
           coalesce(v.total, 0) as total
      from clients c left join made m on m.client_id = c.id left join handed_in h on h.client_id = c.id
      left join judged j on j.client_id = c.id left join invoiced v on v.client_id = c.id
     where c.tenant_id = $1 and ${ofClient('c.id')})`

export const clientActivity: Builder = {
  id: 'client_activity',
  permissions: ['client:view', 'profile:view', 'analysis:view', 'invoice:view'],
  period: 'days',
  parameters: Type.Object(
    { ...commonParameters, ...days, currency, client_uid: clientUid },
    { additionalProperties: false },
  ),
  datasets: {
    totals: {
      label: { fr: 'Chiffres de la période', en: 'Figures of the period' },
      columns: [
        { id: 'clients', kind: 'integer', label: { fr: 'Clients', en: 'Clients' } },
        { id: 'active', kind: 'integer', label: { fr: 'Dont actifs', en: 'Of which active' } },
        { id: 'new_clients', kind: 'integer', label: { fr: 'Nouveaux clients', en: 'New clients' } },
        { id: 'busy', kind: 'integer', label: { fr: 'Clients avec activité', en: 'Clients with activity' } },
        { id: 'profiles', kind: 'integer', label: { fr: 'Profils créés', en: 'Profiles created' } },
        { id: 'submitted', kind: 'integer', label: { fr: 'Profils soumis', en: 'Profiles submitted' } },
        { id: 'analyses', kind: 'integer', label: { fr: 'Analyses', en: 'Analyses' } },
        { id: 'invoices', kind: 'integer', label: { fr: 'Factures', en: 'Invoices' } },
        { id: 'total', kind: 'money', label: { fr: 'Facturé TTC', en: 'Invoiced, VAT included' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `with ${sums}
          select count(*)::integer as clients, (count(*) filter (where is_active))::integer as active,
                 (count(*) filter (where ${within('created_at')}))::integer as new_clients,
                 (count(*) filter (where profiles + submitted + analyses + invoices > 0))::integer as busy,
                 coalesce(sum(profiles), 0)::integer as profiles, coalesce(sum(submitted), 0)::integer as submitted,
                 coalesce(sum(analyses), 0)::integer as analyses, coalesce(sum(invoices), 0)::integer as invoices,
                 coalesce(sum(total), 0)::text as total
            from lines`,
        values: values(tenantId, resolved),
      }),
    },
    by_day: {
      label: { fr: 'Activité par jour', en: 'Activity by day' },
      columns: [
        { id: 'day', kind: 'day', label: { fr: 'Jour', en: 'Day' } },
        { id: 'profiles', kind: 'integer', label: { fr: 'Profils créés', en: 'Profiles created' } },
        { id: 'submitted', kind: 'integer', label: { fr: 'Profils soumis', en: 'Profiles submitted' } },
        { id: 'analyses', kind: 'integer', label: { fr: 'Analyses', en: 'Analyses' } },
      ],
      statement: (tenantId, { from, to, timeZone, clientUid: client }) => ({
        text: `
          with made as (
            select ${dayThere('created_at')} as day, count(*) as n from profiles
             where tenant_id = $1 and ${within('created_at')} and ${ofClient('client_id')} group by 1),
          handed_in as (
            select ${dayThere('submitted_at')} as day, count(*) as n from profiles
             where tenant_id = $1 and ${within('submitted_at')} and ${ofClient('client_id')} group by 1),
          judged as (
            select ${dayThere('created_at')} as day, count(*) as n from analyses
             where tenant_id = $1 and ${within('created_at')} and ${ofClient('client_id')} group by 1)
          select d.day::date::text as day, coalesce(m.n, 0)::integer as profiles, coalesce(h.n, 0)::integer as submitted,
                 coalesce(j.n, 0)::integer as analyses
            from ${everyDay} left join made m on m.day = d.day::date left join handed_in h on h.day = d.day::date
            left join judged j on j.day = d.day::date order by 1`,
        values: [tenantId, from, to, timeZone, client],
      }),
    },
    busiest: {
      label: { fr: 'Clients les plus actifs', en: 'Busiest clients' },
      columns: [
        { id: 'client', kind: 'text', label: { fr: 'Client', en: 'Client' } },
        { id: 'profiles', kind: 'integer', label: { fr: 'Profils créés', en: 'Profiles created' } },
        { id: 'analyses', kind: 'integer', label: { fr: 'Analyses', en: 'Analyses' } },
        { id: 'invoices', kind: 'integer', label: { fr: 'Factures', en: 'Invoices' } },
        { id: 'total', kind: 'money', label: { fr: 'Facturé TTC', en: 'Invoiced, VAT included' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `with ${sums}
          select name as client, profiles::integer, analyses::integer, invoices::integer, total::text from lines
           where profiles + submitted + analyses + invoices > 0
           order by profiles + submitted + analyses + invoices desc, total desc, name limit 10`,
        values: values(tenantId, resolved),
      }),
    },
    by_client: {
      label: { fr: 'Tous les clients', en: 'All clients' },
      isLong: true,
      columns: [
        { id: 'client', kind: 'text', label: { fr: 'Client', en: 'Client' } },
        { id: 'is_active', kind: 'boolean', label: { fr: 'Actif', en: 'Active' } },
        { id: 'created_at', kind: 'moment', label: { fr: 'Créé le', en: 'Created' } },
        { id: 'profiles', kind: 'integer', label: { fr: 'Profils créés', en: 'Profiles' } },
        { id: 'submitted', kind: 'integer', label: { fr: 'Soumis', en: 'Submitted' } },
        { id: 'analyses', kind: 'integer', label: { fr: 'Analyses', en: 'Analyses' } },
        { id: 'average_score', kind: 'score', label: { fr: 'Score moyen', en: 'Average score' } },
        { id: 'invoices', kind: 'integer', label: { fr: 'Factures', en: 'Invoices' } },
        { id: 'total', kind: 'money', label: { fr: 'Facturé TTC', en: 'Invoiced' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `with ${sums}
          select name as client, is_active, ${isoMoment('created_at')} as created_at, profiles::integer, submitted::integer,
                 analyses::integer, average_score::text, invoices::integer, total::text
            from lines order by name, id`,
        values: values(tenantId, resolved),
      }),
    },
  },
}
