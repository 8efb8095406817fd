import { applicationRole } from './tenant-table.ts'

/*
 * Queries that turn PostgreSQL's catalogues into the lines of a schema dump, the same lines from version 15 to 18.
 * Parameter of each: $1 text[] names of schemas. They expect an empty search_path, so that names come out with their
 * schema. What an extension brought is left to `create extension`.
 */

const ofExtension = (catalogue: string, oid: string): string =>
  `exists (select from pg_depend e where e.classid = '${catalogue}'::regclass and e.objid = ${oid} and e.deptype = 'e')`

// One line per grantee: the application's role and PUBLIC, to whom PostgreSQL grants much by default. MAINTAIN
// came with version 17, only a `grant all` could bring it here, and it would tell the versions apart.
const grants = (acl: string, object: string, columns = "''"): string => `
  select 'grant ' || string_agg(lower(granted.privilege_type) || ${columns}, ', ' order by granted.privilege_type collate "C")
      || ' on ' || ${object} || ' to ' || case when granted.grantee = 0 then 'PUBLIC' else '${applicationRole}' end
      || case when granted.is_grantable then ' with grant option' else '' end || ';' as line
    from aclexplode(${acl}) granted
   where (granted.grantee = 0 or granted.grantee = to_regrole('${applicationRole}')) and granted.privilege_type <> 'MAINTAIN'
   group by granted.grantee, granted.is_grantable`

export const extensions = `
select format('create extension %I schema %I;', e.extname, n.nspname) as line
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace
 where n.nspname = any ($1)
 order by e.extname collate "C"`

export const schemas = `
select s.line
  from pg_namespace n,
       lateral (
         select format('create schema %I;', n.nspname) as line
          union all (${grants("coalesce(n.nspacl, acldefault('n', n.nspowner))", "'schema ' || quote_ident(n.nspname)")})
       ) s
 where n.nspname = any ($1)
 order by n.nspname collate "C", s.line collate "C"`

export const types = `
select case t.typtype
    when 'e' then format('create type %s as enum (%s);', format_type(t.oid, null), (
      select string_agg(quote_literal(l.enumlabel), ', ' order by l.enumsortorder) from pg_enum l where l.enumtypid = t.oid))
    else format('create domain %s as %s%s%s%s;', format_type(t.oid, null), format_type(t.typbasetype, t.typtypmod),
      ' default ' || t.typdefault, case when t.typnotnull then ' not null' end, (
      select string_agg(format(' constraint %I %s', k.conname, pg_get_constraintdef(k.oid)), '' order by k.conname collate "C")
        from pg_constraint k where k.contypid = t.oid and k.contype <> 'n'))
  end as line
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
 where n.nspname = any ($1) and t.typtype in ('e', 'd') and not ${ofExtension('pg_type', 't.oid')}
 order by n.nspname collate "C", t.typname collate "C"`

export const functions = `
select rtrim(pg_get_functiondef(p.oid), E'\\n') || ';' || coalesce((
    select string_agg(E'\\n' || g.line, '' order by g.line collate "C")
      from (${grants("coalesce(p.proacl, acldefault('f', p.proowner))", "'routine ' || p.oid::regprocedure")}) g), '') as line
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
 where n.nspname = any ($1) and p.prokind <> 'a' and not ${ofExtension('pg_proc', 'p.oid')}
 order by n.nspname collate "C", p.proname collate "C", pg_get_function_identity_arguments(p.oid) collate "C"`

/** pg_get_functiondef knows no aggregates. */
export const aggregates = `
select format('create aggregate %s (sfunc = %s, stype = %s%s);', p.oid::regprocedure, a.aggtransfn, format_type(a.aggtranstype, null),
    ', initcond = ' || quote_literal(a.agginitval)) || coalesce((
    select string_agg(E'\\n' || g.line, '' order by g.line collate "C")
      from (${grants("coalesce(p.proacl, acldefault('f', p.proowner))", "'routine ' || p.oid::regprocedure")}) g), '') as line
  from pg_aggregate a join pg_proc p on p.oid = a.aggfnoid join pg_namespace n on n.oid = p.pronamespace
 where n.nspname = any ($1) and not ${ofExtension('pg_proc', 'p.oid')}
 order by n.nspname collate "C", p.proname collate "C", pg_get_function_identity_arguments(p.oid) collate "C"`

export const sequences = `
select format('create sequence %s as %s start %s increment %s minvalue %s maxvalue %s cache %s%s%s;', c.oid::regclass,
    format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
    case when s.seqcycle then ' cycle' end,
    (select format(' owned by %s.%I', d.refobjid::regclass, a.attname)
       from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')))
    || coalesce((select string_agg(E'\\n' || g.line, '' order by g.line collate "C")
      from (${grants("coalesce(c.relacl, acldefault('s', c.relowner))", "'sequence ' || c.oid::regclass")}) g), '') as line
  from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = any ($1) and not ${ofExtension('pg_class', 'c.oid')}
 order by n.nspname collate "C", c.relname collate "C"`

// Tables and views: `head` and `tail` go around the lines between the brackets. A view's query is left
// out: version 16 stopped qualifying the columns of a single table, so 15 prints another text.
export const relations = `
select c.oid,
    'create ' || case when c.relpersistence = 'u' then 'unlogged ' else '' end
      || case c.relkind when 'v' then 'view ' when 'm' then 'materialized view ' when 'f' then 'foreign table ' else 'table ' end
      || c.oid::regclass as head,
    coalesce(' partition by ' || pg_get_partkeydef(c.oid), '')
      || coalesce((select format(' partition of %s %s', i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid))
           from pg_inherits i where i.inhrelid = c.oid and c.relispartition), '')
      || coalesce((select ' inherits (' || string_agg(i.inhparent::regclass::text, ', ' order by i.inhseqno) || ')'
           from pg_inherits i where i.inhrelid = c.oid and not c.relispartition), '')
      || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') as tail
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = any ($1) and c.relkind in ('r', 'p', 'f', 'v', 'm') and not ${ofExtension('pg_class', 'c.oid')}
 order by n.nspname collate "C", c.relname collate "C"`

export const columns = `
select a.attrelid as oid,
    quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
      || coalesce((select format(' collate %I', l.collname) from pg_collation l join pg_type t on t.oid = a.atttypid
           where l.oid = a.attcollation and a.attcollation <> t.typcollation), '')
      || case a.attidentity when 'a' then ' generated always as identity' when 'd' then ' generated by default as identity' else '' end
      || coalesce(case a.attgenerated
           when 's' then format(' generated always as (%s) stored', pg_get_expr(d.adbin, d.adrelid))
           when 'v' then format(' generated always as (%s) virtual', pg_get_expr(d.adbin, d.adrelid))
           else ' default ' || pg_get_expr(d.adbin, d.adrelid) end, '')
      || case when a.attnotnull then ' not null' else '' end as line
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where n.nspname = any ($1) and c.relkind in ('r', 'p', 'f', 'v', 'm') and a.attnum > 0 and not a.attisdropped
 order by a.attrelid, a.attnum`

/** Without NOT NULL, which version 18 lists here as well and which stands beside its column. */
export const constraints = `
select k.conrelid as oid, format('constraint %I %s', k.conname, pg_get_constraintdef(k.oid)) as line
  from pg_constraint k join pg_namespace n on n.oid = k.connamespace
 where n.nspname = any ($1) and k.conrelid <> 0 and k.contype in ('p', 'u', 'x', 'c', 'f')
 order by k.conrelid, array_position('{p,u,x,c,f}'::text[], k.contype::text), k.conname collate "C"`

export const indexes = `
select i.indrelid as oid,
    pg_get_indexdef(i.indexrelid) || ';' || case when i.indisvalid then '' else ' -- not valid' end as line
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = any ($1)
   and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
 order by i.indrelid, c.relname collate "C"`

export const rowSecurity = `
select c.oid, format('alter table %s %s row level security;', c.oid::regclass, f.flag) as line
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace,
       lateral (values (1, 'enable', c.relrowsecurity), (2, 'force', c.relforcerowsecurity)) f (place, flag, is_on)
 where n.nspname = any ($1) and f.is_on
 order by c.oid, f.place`

export const policies = `
select p.polrelid as oid,
    format('create policy %I on %s as %s for %s to %s', p.polname, p.polrelid::regclass,
      case when p.polpermissive then 'permissive' else 'restrictive' end,
      case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
      (select string_agg(r.name, ', ' order by r.name collate "C") from (
         select case when u.oid = 0 then 'PUBLIC' when u.oid = c.relowner then 'OWNER'
                else quote_ident(pg_get_userbyid(u.oid)) end as name from unnest(p.polroles) u (oid)) r))
      || coalesce(' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
      || coalesce(' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '') || ';' as line
  from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = any ($1)
 order by p.polrelid, p.polname collate "C"`

export const triggers = `
select t.tgrelid as oid,
    pg_get_triggerdef(t.oid) || ';' || case t.tgenabled when 'O' then '' when 'D' then ' -- disabled'
      when 'R' then ' -- on replicas only' else ' -- always' end as line
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = any ($1) and not t.tgisinternal and t.tgparentid = 0
 order by t.tgrelid, t.tgname collate "C"`

export const relationGrants = `
select c.oid, g.line
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace,
       lateral (
         select w.line, 0 as place
           from (${grants("coalesce(c.relacl, acldefault('r', c.relowner))", "'table ' || c.oid::regclass")}) w
          union all
         select w.line, a.attnum
           from pg_attribute a,
                lateral (${grants('a.attacl', "'table ' || c.oid::regclass", "format(' (%I)', a.attname)")}) w
          where a.attrelid = c.oid and a.attacl is not null and not a.attisdropped
       ) g
 where n.nspname = any ($1) and c.relkind in ('r', 'p', 'f', 'v', 'm')
 order by c.oid, g.place, g.line collate "C"`
