/** What the audit log holds of a period, and how its chains stand. */
import { Type } from 'typebox'
import type { Builder } from './builder.ts'
import { commonParameters, days, dayThere, everyDay, isoMoment, sinceStart, untilEnd } from './parameters.ts'
import type { Resolved } from './schemas.ts'

/** $1 tenant, $2 and $3 the period, $4 time zone, $5 category or null. */
const values = (tenantId: string, { from, to, timeZone, category }: Resolved) => [
  tenantId,
  from,
  to,
  timeZone,
  category,
]
const ofPeriod = `from audit_log e where e.tenant_id = $1 and ${sinceStart('e.occurred_at')} and ${untilEnd('e.occurred_at')}
  and ($5::text is null or e.category = $5::text)`
/** Who it was, whatever kind of caller. */
const actorKey = `coalesce(e.actor ->> 'user_id', e.actor ->> 'api_key_id', e.actor ->> 'oauth_client_id', e.actor ->> 'name', e.actor ->> 'type', '')`
const actorName = (key: string) =>
  `coalesce((select u.email from users u where u.tenant_id = $1 and u.id = ${key}), ${key})`
const severities = `(count(*) filter (where severity = 'info'))::integer as info,
  (count(*) filter (where severity = 'warning'))::integer as warning,
  (count(*) filter (where severity = 'critical'))::integer as critical`
const severityColumns = [
  { id: 'info', kind: 'integer', label: { fr: 'Informations', en: 'Information' } },
  { id: 'warning', kind: 'integer', label: { fr: 'Avertissements', en: 'Warnings' } },
  { id: 'critical', kind: 'integer', label: { fr: 'Critiques', en: 'Critical' } },
] as const
const events = { id: 'events', kind: 'integer', label: { fr: 'Événements', en: 'Events' } } as const
const category = { id: 'category', kind: 'word', label: { fr: 'Catégorie', en: 'Category' } } as const

export const auditSummary: Builder = {
  id: 'audit_summary',
  permissions: ['audit:view'],
  period: 'days',
  parameters: Type.Object(
    {
      ...commonParameters,
      ...days,
      category: Type.Optional(
        Type.Enum([
          'authentication',
          'authorization',
          'data_access',
          'data_modification',
          'configuration',
          'security',
          'compliance',
        ]),
      ),
    },
    { additionalProperties: false },
  ),
  datasets: {
    totals: {
      label: { fr: 'Chiffres de la période', en: 'Figures of the period' },
      columns: [
        events,
        { id: 'actors', kind: 'integer', label: { fr: 'Acteurs', en: 'Actors' } },
        ...severityColumns,
        { id: 'sign_ins', kind: 'integer', label: { fr: 'Connexions', en: 'Sign-ins' } },
        { id: 'failed_sign_ins', kind: 'integer', label: { fr: 'Connexions refusées', en: 'Sign-ins refused' } },
        { id: 'refusals', kind: 'integer', label: { fr: 'Accès refusés', en: 'Access refused' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `select count(*)::integer as events, count(distinct ${actorKey})::integer as actors, ${severities},
                      (count(*) filter (where e.action = 'login_success'))::integer as sign_ins,
                      (count(*) filter (where e.action in ('login_failure', 'mfa_failure')))::integer as failed_sign_ins,
                      (count(*) filter (where e.category = 'authorization' and e.severity <> 'info'))::integer as refusals ${ofPeriod}`,
        values: values(tenantId, resolved),
      }),
    },
    by_category: {
      label: { fr: 'Par catégorie', en: 'By category' },
      columns: [category, events, ...severityColumns],
      statement: (tenantId, resolved) => ({
        text: `select e.category, count(*)::integer as events, ${severities} ${ofPeriod} group by e.category order by 2 desc, 1`,
        values: values(tenantId, resolved),
      }),
    },
    by_day: {
      label: { fr: 'Événements par jour', en: 'Events by day' },
      columns: [{ id: 'day', kind: 'day', label: { fr: 'Jour', en: 'Day' } }, events, ...severityColumns],
      statement: (tenantId, resolved) => ({
        text: `
          with counted as (select ${dayThere('e.occurred_at')} as day, count(*)::integer as events, ${severities} ${ofPeriod} group by 1)
          select d.day::date::text as day, coalesce(c.events, 0) as events, coalesce(c.info, 0) as info,
                 coalesce(c.warning, 0) as warning, coalesce(c.critical, 0) as critical
            from ${everyDay} left join counted c on c.day = d.day::date order by 1`,
        values: values(tenantId, resolved),
      }),
    },
    by_action: {
      label: { fr: 'Actions les plus fréquentes', en: 'Most frequent actions' },
      columns: [
        { id: 'action', kind: 'text', label: { fr: 'Action', en: 'Action' }, isShort: true },
        category,
        events,
        { id: 'share', kind: 'percent', label: { fr: 'Part', en: 'Share' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `select e.action, e.category, count(*)::integer as events,
                      round(count(*) * 100.0 / sum(count(*)) over (), 1)::text as share ${ofPeriod}
                group by e.action, e.category order by 3 desc, 1 limit 15`,
        values: values(tenantId, resolved),
      }),
    },
    by_actor: {
      label: { fr: 'Acteurs les plus présents', en: 'Busiest actors' },
      columns: [
        { id: 'actor', kind: 'text', label: { fr: 'Acteur', en: 'Actor' } },
        { id: 'type', kind: 'word', label: { fr: 'Nature', en: 'Kind' } },
        events,
        ...severityColumns,
      ],
      statement: (tenantId, resolved) => ({
        text: `
          with counted as (
            select ${actorKey} as key, coalesce(max(e.actor ->> 'type'), '') as type, count(*)::integer as events, ${severities}
              ${ofPeriod} group by 1 order by 3 desc, 1 limit 15)
          select ${actorName('c.key')} as actor, c.type, c.events, c.info, c.warning, c.critical from counted c order by c.events desc, 1`,
        values: values(tenantId, resolved),
      }),
    },
    chains: {
      label: { fr: 'État des chaînes d’intégrité', en: 'State of the integrity chains' },
      columns: [
        category,
        { id: 'links', kind: 'integer', label: { fr: 'Maillons', en: 'Links' } },
        { id: 'first_sequence', kind: 'integer', label: { fr: 'Premier maillon', en: 'First link' } },
        { id: 'checkpoint_at', kind: 'moment', label: { fr: 'Dernier point signé', en: 'Last signed checkpoint' } },
        { id: 'since', kind: 'integer', label: { fr: 'Maillons depuis', en: 'Links since then' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `
          select h.category, (h.sequence - h.first_sequence + 1)::integer as links, h.first_sequence::integer as first_sequence,
                 ${isoMoment('p.created_at')} as checkpoint_at, (h.sequence - coalesce(p.sequence, h.first_sequence - 1))::integer as since
            from audit_chains h left join lateral (
              select c.created_at, c.sequence from audit_checkpoints c where c.tenant_id = h.tenant_id and c.category = h.category
               order by c.number desc limit 1) p on true
           where h.tenant_id = $1 and ($2::text is null or h.category = $2::text) order by h.category`,
        values: [tenantId, resolved.category],
      }),
    },
    notable: {
      label: { fr: 'Avertissements et événements critiques', en: 'Warnings and critical events' },
      isLong: true,
      columns: [
        { id: 'moment', kind: 'moment', label: { fr: 'Moment', en: 'Moment' } },
        { id: 'severity', kind: 'word', label: { fr: 'Gravité', en: 'Severity' } },
        category,
        { id: 'action', kind: 'text', label: { fr: 'Action', en: 'Action' }, isShort: true },
        { id: 'description', kind: 'text', label: { fr: 'Description', en: 'Description' } },
        { id: 'actor', kind: 'text', label: { fr: 'Acteur', en: 'Actor' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `select ${isoMoment('e.occurred_at')} as moment, e.severity, e.category, e.action, e.description,
                      ${actorName(actorKey)} as actor ${ofPeriod} and e.severity <> 'info' order by e.occurred_at desc, e.id desc`,
        values: values(tenantId, resolved),
      }),
    },
  },
}
