/**
 * How each table would stand in a distributed database, read from the catalogue: docs/scaling-tables.md is this text.
 *   node test/tooling/distribution.ts     writes it anew
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'

export const distributionPage = path.join(import.meta.dirname, '../../docs/scaling-tables.md')

/** Tables of no tenant: small, and wanted by all nodes. */
const references: Readonly<Record<string, string>> = {
  audit_keys: 'sign checkpoints of every tenant',
  audit_sealing: 'one row: how far the sealer has come, over all tenants',
  notification_link_keys: 'sign links to unsubscribe',
  rate_limit_nodes: 'a row a process',
  registration_attempts: 'by address, before there is a tenant',
  schema_migrations: 'a row a migration',
  signing_keys: 'sign tokens of every tenant',
  webhook_server_keys: "the server's own",
}

/** Spread by another key than the tenant: they are asked for before the tenant is known, or for all of them. */
const otherKeys: Readonly<Record<string, string>> = {
  audit_inbox:
    '`position`: the sealer walks over it, of all tenants; one that is spread needs an inbox and a sealer on each node',
  oidc_payloads: '`id_hash`: looked up by a random id before any tenant is known',
  self_registered_names: '`name`: unique among all tenants',
  sign_in_failures: '`key_hash`: of names that may not exist, so of no tenant',
  tenants: '`id`, which is the tenant: beside its rows',
}

/** Unique over all tenants, which a table that is spread by tenant cannot promise; and what would take its place. */
const uniqueOverAll: Readonly<Record<string, string>> = {
  audit_events_by_position: 'positions come from one sequence: unique by themselves',
  oauth_clients_client_id_unique:
    'a reference table of client ids and their tenants, as `self_registered_names` is for names',
}

type Found = {
  name: string
  tenant: boolean
  key: string
  unique: string[]
  row_triggers: number
  statement_triggers: number
  sequences: number
  crossing: string[]
}

const catalogue = `
  select c.relname as name,
         exists (select from pg_attribute where attrelid = c.oid and attname = 'tenant_id' and not attisdropped) as tenant,
         coalesce((select string_agg(attname, ', ' order by place) from pg_index i, unnest(i.indkey::smallint[]) with ordinality k (number, place)
            join pg_attribute a on a.attnum = k.number where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid), '') as key,
         array(select ic.relname::text from pg_index i join pg_class ic on ic.oid = i.indexrelid where i.indrelid = c.oid and i.indisunique and not i.indisprimary
            and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnum = any (i.indkey::smallint[])) order by 1) as unique,
         (select count(*)::integer from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 1 = 1) as row_triggers,
         (select count(*)::integer from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 1 = 0) as statement_triggers,
         (select count(*)::integer from pg_attribute a where a.attrelid = c.oid and not a.attisdropped
            and (a.attidentity <> '' or pg_get_serial_sequence(c.oid::regclass::text, a.attname) is not null)) as sequences,
         array(select k.conname::text from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> 'tenants'::regclass
            and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnum = any (k.conkey)) order by 1) as crossing
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`

/** @throws Error for a table that neither carries its tenant nor is listed with the reason */
export async function describeDistribution(connection: pg.ClientConfig): Promise<string> {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    const { rows } = await client.query<Found>(catalogue)
    return pageOf(rows)
  } finally {
    await client.end()
  }
}

function pageOf(tables: readonly Found[]): string {
  const lines = tables.map((table) => {
    const hindrances = [
      ...table.unique.map((index) => `unique over all tenants (\`${index}\`): ${reasonFor(uniqueOverAll, index)}`),
      ...table.crossing.map((key) => `foreign key without the tenant (\`${key}\`)`),
    ]
    const triggers = [
      table.row_triggers > 0 ? `${table.row_triggers} row` : '',
      table.statement_triggers > 0 ? `${table.statement_triggers} statement` : '',
    ].filter(Boolean)
    return `| \`${table.name}\` | ${distributionOf(table)} | ${triggers.join(', ')} | ${table.sequences || ''} | ${hindrances.join('; ')} |`
  })
  return `# Tables in a distributed database

Written by \`node test/tooling/distribution.ts\` from the schema, and compared with it by a test. What it is for: [scaling](scaling.md#beyond-one-postgresql).

**by tenant**: \`tenant_id\` is the first column of its primary key, so it can be spread by it, and all rows of a tenant stand together. **reference**: a copy on every node.

| table | spread | triggers | sequences | unique or foreign keys across tenants |
|---|---|---|---|---|
${lines.join('\n')}
`
}

function distributionOf({ name, tenant, key }: Found): string {
  if (otherKeys[name]) return `by ${otherKeys[name]}`
  if (!tenant) return `reference: ${reasonFor(references, name)}`
  if (!key.startsWith('tenant_id')) throw new Error(`${name}: tenant_id is not the first column of its primary key`)
  return 'by tenant'
}

function reasonFor(list: Readonly<Record<string, string>>, name: string): string {
  const reason = list[name]
  if (!reason)
    throw new Error(
      `${name} is of no tenant: say in ${import.meta.filename} why, and what a distributed database does with it`,
    )
  return reason
}

async function main(): Promise<void> {
  const { createTestDatabase } = await import('../support/postgres.ts')
  const database = await createTestDatabase()
  try {
    writeFileSync(distributionPage, await describeDistribution(database.owner))
  } finally {
    await database.drop()
  }
}

if (import.meta.main) void main()
