/** Analyses of profiles: how many, how they ended, how they scored. Never what they were about. */
import { Type } from 'typebox'
import type { Builder } from './builder.ts'
import { clientUid, commonParameters, days, dayThere, everyDay, isoMoment, sinceStart, untilEnd } from './parameters.ts'
import type { Resolved } from './schemas.ts'

/** $1 tenant, $2 and $3 the period, $4 time zone, $5 client or null. */
const values = (tenantId: string, { from, to, timeZone, clientUid: client }: Resolved) => [
  tenantId,
  from,
  to,
  timeZone,
  client,
]
const ofPeriod = `from analyses a where a.tenant_id = $1 and ${sinceStart('a.created_at')} and ${untilEnd('a.created_at')}
  and ($5::uuid is null or a.client_id = $5::uuid)`
const done = `a.status = 'completed'`
const analyses = { id: 'analyses', kind: 'integer', label: { fr: 'Analyses', en: 'Analyses' } } as const
const completed = { id: 'completed', kind: 'integer', label: { fr: 'Terminées', en: 'Completed' } } as const
const average = { id: 'average', kind: 'score', label: { fr: 'Score moyen', en: 'Average score' } } as const

export const analysesOverview: Builder = {
  id: 'analyses_overview',
  permissions: ['analysis:view', 'client:view'],
  period: 'days',
  parameters: Type.Object({ ...commonParameters, ...days, client_uid: clientUid }, { additionalProperties: false }),
  datasets: {
    totals: {
      label: { fr: 'Chiffres de la période', en: 'Figures of the period' },
      columns: [
        analyses,
        completed,
        { id: 'failed', kind: 'integer', label: { fr: 'En échec', en: 'Failed' } },
        { id: 'open', kind: 'integer', label: { fr: 'En cours', en: 'Under way' } },
        average,
        { id: 'median', kind: 'score', label: { fr: 'Score médian', en: 'Median score' } },
        { id: 'lowest', kind: 'integer', label: { fr: 'Score le plus bas', en: 'Lowest score' } },
        { id: 'highest', kind: 'integer', label: { fr: 'Score le plus haut', en: 'Highest score' } },
        { id: 'clients', kind: 'integer', label: { fr: 'Clients concernés', en: 'Clients' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `select count(*)::integer as analyses, (count(*) filter (where ${done}))::integer as completed,
                      (count(*) filter (where a.status = 'failed'))::integer as failed,
                      (count(*) filter (where a.status in ('pending', 'running')))::integer as open,
                      round(avg(a.score) filter (where ${done}), 1)::text as average,
                      round((percentile_cont(0.5) within group (order by a.score) filter (where ${done}))::numeric, 1)::text as median,
                      min(a.score) filter (where ${done}) as lowest, max(a.score) filter (where ${done}) as highest,
                      count(distinct a.client_id)::integer as clients ${ofPeriod}`,
        values: values(tenantId, resolved),
      }),
    },
    by_score: {
      label: { fr: 'Répartition des scores', en: 'Spread of the scores' },
      columns: [
        { id: 'score', kind: 'text', label: { fr: 'Score', en: 'Score' }, isShort: true },
        analyses,
        { id: 'share', kind: 'percent', label: { fr: 'Part', en: 'Share' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `
          with counted as (select least(a.score / 10, 9) as band, count(*) as n ${ofPeriod} and ${done} group by 1)
          select (b * 10)::text || '–' || case when b = 9 then '100' else (b * 10 + 9)::text end as score,
                 coalesce(c.n, 0)::integer as analyses,
                 round(coalesce(c.n, 0) * 100.0 / nullif(sum(c.n) over (), 0), 1)::text as share
            from generate_series(0, 9) b left join counted c on c.band = b order by b`,
        values: values(tenantId, resolved),
      }),
    },
    by_status: {
      label: { fr: 'Par statut', en: 'By status' },
      columns: [{ id: 'status', kind: 'word', label: { fr: 'Statut', en: 'Status' } }, analyses],
      statement: (tenantId, resolved) => ({
        text: `select a.status, count(*)::integer as analyses ${ofPeriod} group by 1 order by 2 desc, 1`,
        values: values(tenantId, resolved),
      }),
    },
    by_day: {
      label: { fr: 'Analyses par jour', en: 'Analyses by day' },
      columns: [{ id: 'day', kind: 'day', label: { fr: 'Jour', en: 'Day' } }, analyses, completed, average],
      statement: (tenantId, resolved) => ({
        text: `
          with counted as (
            select ${dayThere('a.created_at')} as day, count(*)::integer as analyses, (count(*) filter (where ${done}))::integer as completed,
                   round(avg(a.score) filter (where ${done}), 1)::text as average ${ofPeriod} group by 1)
          select d.day::date::text as day, coalesce(c.analyses, 0) as analyses, coalesce(c.completed, 0) as completed, c.average
            from ${everyDay} left join counted c on c.day = d.day::date order by 1`,
        values: values(tenantId, resolved),
      }),
    },
    by_client: {
      label: { fr: 'Par client', en: 'By client' },
      columns: [
        { id: 'client', kind: 'text', label: { fr: 'Client', en: 'Client' } },
        analyses,
        completed,
        average,
        { id: 'lowest', kind: 'integer', label: { fr: 'Plus bas', en: 'Lowest' } },
        { id: 'highest', kind: 'integer', label: { fr: 'Plus haut', en: 'Highest' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `
          with counted as (
            select a.client_id, count(*)::integer as analyses, (count(*) filter (where ${done}))::integer as completed,
                   round(avg(a.score) filter (where ${done}), 1)::text as average, min(a.score) filter (where ${done}) as lowest,
                   max(a.score) filter (where ${done}) as highest ${ofPeriod} group by 1 order by 2 desc, 1 limit 20)
          select coalesce(c.name, '') as client, n.analyses, n.completed, n.average, n.lowest, n.highest
            from counted n left join clients c on c.tenant_id = $1 and c.id = n.client_id order by n.analyses desc, 1`,
        values: values(tenantId, resolved),
      }),
    },
    by_scorecard: {
      label: { fr: 'Par version de la grille', en: 'By version of the scorecard' },
      columns: [
        { id: 'version', kind: 'text', label: { fr: 'Version', en: 'Version' }, isShort: true },
        completed,
        average,
      ],
      statement: (tenantId, resolved) => ({
        text: `select a.scorecard_version::text as version, count(*)::integer as completed, round(avg(a.score), 1)::text as average
                 ${ofPeriod} and ${done} group by a.scorecard_version order by a.scorecard_version desc limit 50`,
        values: values(tenantId, resolved),
      }),
    },
    analyses: {
      label: { fr: 'Toutes les analyses', en: 'All analyses' },
      isLong: true,
      columns: [
        { id: 'created_at', kind: 'moment', label: { fr: 'Demandée le', en: 'Asked for' } },
        { id: 'client', kind: 'text', label: { fr: 'Client', en: 'Client' } },
        { id: 'status', kind: 'word', label: { fr: 'Statut', en: 'Status' } },
        { id: 'score', kind: 'integer', label: { fr: 'Score', en: 'Score' } },
        { id: 'version', kind: 'integer', label: { fr: 'Grille', en: 'Scorecard' } },
        { id: 'completed_at', kind: 'moment', label: { fr: 'Terminée le', en: 'Completed' } },
      ],
      statement: (tenantId, resolved) => ({
        text: `select ${isoMoment('l.created_at')} as created_at, coalesce(c.name, '') as client, l.status, l.score,
                      l.scorecard_version as version, ${isoMoment('l.completed_at')} as completed_at
                 from (select a.* ${ofPeriod}) l left join clients c on c.tenant_id = l.tenant_id and c.id = l.client_id
                order by l.created_at, l.pk`,
        values: values(tenantId, resolved),
      }),
    },
  },
}
