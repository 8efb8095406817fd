import { applicationRole, tenantTable } from '#platform/db/tenant-table.ts'

/**
 * The ledger: the tenant's company, customers, invoices with their lines, accounting entries.
 *
 * Imports write millions of rows here, so nothing works by the row: no foreign key (the check's plan, made while the other
 * table is still empty, would read it row by row), no trigger before or after an insert but the counts per statement. The
 * stores lock what a row points to instead (src/features/ledger).
 */
export const sql = `
create table companies (
  tenant_id text primary key,
  siren text constraint companies_siren_form check (siren ~ '^[0-9]{9}$'),
  -- MM-DD; a fiscal year is named after the calendar year in which it ends.
  fiscal_year_end text not null default '12-31' constraint companies_fiscal_year_end_form check (fiscal_year_end ~ '^[0-9]{2}-[0-9]{2}$'),
  -- Years that are longer or shorter: [{"fiscal_year": 2024, "starts_on": "2023-10-01", "ends_on": "2024-12-31"}]
  irregular_years jsonb not null default '[]',
  updated_at timestamptz not null default now()
);
${tenantTable('companies', 'select, insert, update')}

-- ---------------------------------------------------------------- customers
create table customers (
  tenant_id text not null,
  id uuid not null,
  code text collate "C" not null,
  name text not null,
  email text,
  phone text,
  siret text,
  vat_number text,
  address_line1 text,
  address_line2 text,
  postal_code text,
  city text,
  country_code text,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint customers_code_unique unique (tenant_id, code)
);
create index customers_by_name on customers (tenant_id, (lower(name) collate "C"), id);
create index customers_by_siret on customers (tenant_id, siret, id) where siret is not null;
${tenantTable('customers', 'select, insert, update, delete')}
create trigger count_inserted after insert on customers referencing new table as changed
  for each statement execute function count_inserted_rows();
create trigger count_deleted after delete on customers referencing old table as changed
  for each statement execute function count_deleted_rows();

-- ---------------------------------------------------------------- invoices
create table invoices (
  tenant_id text not null,
  id uuid not null,
  number text collate "C" not null,
  customer_id uuid not null,
  -- The client of the platform that it is about, if any.
  client_id uuid,
  invoice_date date not null,
  due_date date,
  currency text not null constraint invoices_currency_form check (currency ~ '^[A-Z]{3}$'),
  status text not null constraint invoices_status_known check (status in
    ('draft', 'sent', 'paid', 'overdue', 'approved', 'rejected', 'cancelled')),
  net_amount numeric(15,2) not null,
  tax_amount numeric(15,2) not null,
  total_amount numeric(15,2) not null,
  note text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint invoices_number_unique unique (tenant_id, number),
  constraint invoices_total_is_sum check (total_amount = net_amount + tax_amount)
);
create index invoices_by_date on invoices (tenant_id, invoice_date, id);
create index invoices_by_status on invoices (tenant_id, status, invoice_date, id);
create index invoices_by_customer on invoices (tenant_id, customer_id, invoice_date, id);
create index invoices_by_client on invoices (tenant_id, client_id, invoice_date, id) where client_id is not null;
${tenantTable('invoices', 'select, insert, update, delete')}
create trigger count_inserted after insert on invoices referencing new table as changed
  for each statement execute function count_inserted_rows();
create trigger count_deleted after delete on invoices referencing old table as changed
  for each statement execute function count_deleted_rows();

create function detach_invoices_of_deleted_clients() returns trigger language plpgsql as $$
begin
  update invoices i set client_id = null from gone where i.tenant_id = gone.tenant_id and i.client_id = gone.id;
  return null;
end $$;
create trigger detach_invoices after delete on clients referencing old table as gone
  for each statement execute function detach_invoices_of_deleted_clients();

create table invoice_lines (
  tenant_id text not null,
  invoice_id uuid not null,
  line_number integer not null,
  description text not null,
  quantity numeric(15,3) not null,
  unit_price numeric(17,4) not null,
  -- Percent
  vat_rate numeric(5,2) not null,
  net_amount numeric(15,2) not null,
  primary key (tenant_id, invoice_id, line_number)
);
${tenantTable('invoice_lines', 'select, insert, update, delete')}

-- ---------------------------------------------------------------- accounting entries, a row a line
create table accounting_entries (
  tenant_id text not null,
  -- Of the entry: all its lines share it, and everything down to entry_date and validated_on.
  entry_id uuid not null,
  line_number integer not null,
  fiscal_year integer not null,
  journal_code text collate "C" not null,
  journal_label text not null,
  -- A draft gets its number when it is validated, unless it was imported with one. "VE0012" is 12 of the sequence "VE".
  entry_number text collate "C",
  number_prefix text collate "C",
  number_sequence bigint,
  entry_date date not null,
  account_number text collate "C" not null,
  account_label text not null,
  auxiliary_number text,
  auxiliary_label text,
  piece_ref text not null,
  piece_date date not null,
  label text not null,
  debit numeric(15,2) not null,
  credit numeric(15,2) not null,
  lettering text collate "C",
  lettering_date date,
  -- The day in France; null: a draft. From then on only the lettering changes.
  validated_on date,
  currency text,
  amount_currency numeric(15,2),
  created_at timestamptz not null default now(),
  primary key (tenant_id, entry_id, line_number),
  constraint accounting_entries_number_unique
    unique (tenant_id, fiscal_year, journal_code, number_prefix, number_sequence, line_number),
  constraint accounting_entries_number_whole check (
    (entry_number is null) = (number_sequence is null) and (entry_number is null) = (number_prefix is null)
    and (validated_on is null or entry_number is not null)),
  constraint accounting_entries_one_side check (debit >= 0 and credit >= 0 and (debit = 0) <> (credit = 0)),
  constraint accounting_entries_lettering_whole check ((lettering is null) = (lettering_date is null)),
  constraint accounting_entries_currency_whole check ((currency is null) = (amount_currency is null))
);
-- Lists of entries are lists of their first lines.
create index accounting_entries_by_date on accounting_entries (tenant_id, entry_date, entry_id) where line_number = 1;
create index accounting_entries_by_journal on accounting_entries (tenant_id, journal_code, entry_date, entry_id) where line_number = 1;
create index accounting_entries_drafts on accounting_entries (tenant_id, entry_date, entry_id)
  where line_number = 1 and validated_on is null;
create index accounting_entries_by_account on accounting_entries (tenant_id, account_number, entry_date, entry_id, line_number);
create index accounting_entries_by_lettering on accounting_entries (tenant_id, account_number, length(lettering), lettering)
  where lettering is not null;
${tenantTable('accounting_entries', 'select, insert, update, delete')}

create function count_inserted_entries() returns trigger language plpgsql as $$
begin
  insert into row_counts (tenant_id, relation, difference)
    select tenant_id, tg_table_name, count(*) from changed where line_number = 1 group by tenant_id;
  return null;
end $$;
create function count_deleted_entries() returns trigger language plpgsql as $$
begin
  insert into row_counts (tenant_id, relation, difference)
    select tenant_id, tg_table_name, -count(*) from changed where line_number = 1 group by tenant_id;
  return null;
end $$;
create trigger count_inserted after insert on accounting_entries referencing new table as changed
  for each statement execute function count_inserted_entries();
create trigger count_deleted after delete on accounting_entries referencing old table as changed
  for each statement execute function count_deleted_entries();

-- Article 420-5 of the Plan comptable général: what is validated is not altered. Lettering says which lines settle each
-- other; it is no part of the entry.
create function refuse_change_of_validated_entries() returns trigger language plpgsql as $$
declare compared accounting_entries;
begin
  if tg_op = 'UPDATE' then
    compared := new;
    compared.lettering := old.lettering;
    compared.lettering_date := old.lettering_date;
    if compared is not distinct from old then
      return new;
    end if;
  end if;
  raise exception 'validated accounting entries are never changed or deleted'
    using errcode = 'integrity_constraint_violation', constraint = 'accounting_entries_validated_are_final';
end $$;
create trigger accounting_entries_validated_are_final before update or delete on accounting_entries
  for each row when (old.validated_on is not null) execute function refuse_change_of_validated_entries();
create function refuse_truncation_of_entries() returns trigger language plpgsql as $$
begin
  raise exception 'validated accounting entries are never changed or deleted' using errcode = 'insufficient_privilege';
end $$;
create trigger accounting_entries_are_not_truncated before truncate on accounting_entries
  for each statement execute function refuse_truncation_of_entries();

do $$
declare f regprocedure;
begin
  for f in select unnest(array[
    'detach_invoices_of_deleted_clients()', 'count_inserted_entries()', 'count_deleted_entries()',
    'refuse_change_of_validated_entries()', 'refuse_truncation_of_entries()'
  ]::regprocedure[]) loop
    execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${applicationRole}', f);
  end loop;
end $$;
`
