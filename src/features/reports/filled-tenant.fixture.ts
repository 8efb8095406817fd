/** A tenant with a year of everything that reports show, made up by the database itself, the same each time. */
import type pg from 'pg'

export type Filling = {
  tenantId: string
  invoices: number
  customers: number
  clients?: number
  year?: number
  days?: number
}

/**
 * Invoices are spread over the first `days` of the year, statuses over all that there are, amounts are neither round nor equal. One in
 * fifty is in another currency. @param owner no row level security stops it
 */
export async function fillTenant(
  owner: Pick<pg.Client, 'query'>,
  { tenantId, invoices, customers, clients = 12, year = 2024, days = 366 }: Filling,
): Promise<void> {
  const start = `${year}-01-01`
  await owner.query(
    `insert into customers (tenant_id, id, code, name, city, created_at)
     select $1, gen_random_uuid(), 'C' || lpad(n::text, 5, '0'),
            (array['Ateliers', 'Boulangerie', 'Conserverie', 'Domaine', 'Établissements', 'Fonderie', 'Garage', 'Imprimerie'])[1 + n % 8] || ' ' ||
            (array['Lefèvre', 'du Moulin', 'Saint-Michel', 'Berthelot & fils', 'des Œillets', 'Kérouédan', 'Noël'])[1 + n % 7] || ' ' || n,
            (array['Lyon', 'Nantes', 'Lille', 'Brest'])[1 + n % 4], $3::timestamptz + n * interval '8760 hours' / $2::integer
       from generate_series(1, $2::integer) n`,
    [tenantId, customers, `${start}T08:00:00Z`],
  )
  await owner.query(
    `insert into clients (tenant_id, id, name, is_active, created_at)
     select $1, gen_random_uuid(), 'Agence ' || (array['Alpha', 'Bêta', 'Gamma', 'Delta'])[1 + n % 4] || ' ' || n, n % 5 <> 0,
            $3::timestamptz + n * interval '20 days' from generate_series(1, $2::integer) n`,
    [tenantId, clients, `${start}T09:00:00Z`],
  )
  await owner.query(
    `with c as (select array_agg(id order by code) as ids from customers where tenant_id = $1),
          k as (select array_agg(id order by name) as ids from clients where tenant_id = $1)
     insert into invoices (tenant_id, id, number, customer_id, client_id, invoice_date, due_date, currency, status, net_amount, tax_amount, total_amount)
     select $1, gen_random_uuid(), 'FA-' || $4::integer || '-' || lpad(n::text, 6, '0'),
            c.ids[1 + (n * n) % cardinality(c.ids)], case when n % 3 = 0 then k.ids[1 + n % cardinality(k.ids)] end,
            $3::date + ((n * 7919) % $5::integer)::integer, $3::date + ((n * 7919) % $5::integer)::integer + 30, case when n % 50 = 0 then 'USD' else 'EUR' end,
            (array['paid', 'paid', 'sent', 'paid', 'overdue', 'approved', 'draft', 'cancelled', 'rejected'])[1 + n % 9],
            a.net, a.tax, a.net + a.tax
       from generate_series(1, $2::bigint) n, c, k,
            lateral (select round((50 + (n * 137) % 9000 + (n % 97) / 100.0)::numeric, 2) as net) b,
            lateral (select b.net, round(b.net * 0.2, 2) as tax) a`,
    [tenantId, invoices, start, year, days],
  )
  await owner.query(
    `insert into accounting_entries (tenant_id, entry_id, line_number, fiscal_year, journal_code, journal_label, entry_date, account_number,
       account_label, piece_ref, piece_date, label, debit, credit)
     select $1, e.id, l.n, $4::integer, 'VE', 'Ventes', $3::date + e.n % 366, (array['411000', '707000'])[l.n], 'Compte', 'P' || e.n, $3::date, 'Vente',
            case l.n when 1 then 100 + e.n else 0 end, case l.n when 2 then 100 + e.n else 0 end
       from (select n, gen_random_uuid() as id from generate_series(1, least($2::integer, 500)) n) e, generate_series(1, 2) l (n)`,
    [tenantId, invoices, start, year],
  )
  await fillAnalyses(owner, tenantId, start)
  await owner.query(
    `insert into audit_events (tenant_id, id, occurred_at, category, severity, action, description, actor)
     select $1, 'evt_made_up_' || n, $2::timestamptz + n * interval '4 hours 7 minutes',
            (array['authentication', 'data_access', 'data_modification', 'configuration', 'security', 'authorization'])[1 + n % 6],
            (array['info', 'info', 'info', 'warning', 'info', 'info', 'critical', 'info', 'info', 'info', 'info'])[1 + n % 11],
            (array['login_success', 'invoice.view', 'invoice.update', 'role.update', 'login_failure', 'permission_refused'])[1 + n % 6],
            'Événement ' || n, jsonb_build_object('type', 'user', 'user_id', 'user_' || n % 5)
       from generate_series(1, 2000) n`,
    [tenantId, `${start}T00:00:00Z`],
  )
}

async function fillAnalyses(owner: Pick<pg.Client, 'query'>, tenantId: string, start: string): Promise<void> {
  await owner.query(
    `with k as (select array_agg(id order by name) as ids from clients where tenant_id = $1)
     insert into profiles (tenant_id, client_id, status, catalogue_version, attributes, search, created_at, updated_at, submitted_at)
     select $1, k.ids[1 + n % cardinality(k.ids)], case when n % 4 = 0 then 'draft' else 'complete' end, 1, '[]', '',
            $2::timestamptz + n * interval '21 hours', $2::timestamptz + n * interval '21 hours',
            case when n % 4 <> 0 then $2::timestamptz + n * interval '21 hours' + interval '1 hour' end
       from generate_series(1, 400) n, k`,
    [tenantId, `${start}T00:00:00Z`],
  )
  await owner.query(
    `insert into analyses (tenant_id, client_id, profile_pk, profile_submitted_at, status, scorecard_version, score, result, failure,
       created_at, completed_at)
     select p.tenant_id, p.client_id, p.pk, p.submitted_at, case when p.pk % 17 = 0 then 'failed' else 'completed' end,
            case when p.pk % 17 <> 0 then 1 + p.pk % 2 end, case when p.pk % 17 <> 0 then (p.pk * 37) % 101 end,
            case when p.pk % 17 <> 0 then '{}'::jsonb end, case when p.pk % 17 = 0 then 'internal' end,
            p.submitted_at + interval '1 minute', case when p.pk % 17 <> 0 then p.submitted_at + interval '2 minutes' end
       from profiles p where p.tenant_id = $1 and p.submitted_at is not null`,
    [tenantId],
  )
}
