import type { ClientBase, QueryResultRow } from 'pg'
import * as catalogue from './schema-catalogue.ts'

/** The schemas of the product; the queue's own schema belongs to the queue. */
const schemas = ['public', 'app']

type Line = { line: string }
type RelationLine = { oid: number; line: string }
type Relation = { oid: number; head: string; tail: string }

/**
 * A readable text of everything that the migrations made in the schemas `public` and `app` (where it exists): extensions,
 * types, sequences, functions, aggregates, tables with columns, constraints, indexes, row level security, policies and triggers, and
 * what is granted to the application's role and to PUBLIC.
 *
 * It reads like SQL but is made for comparing, not for running: the same migrations give the same text on PostgreSQL 15
 * to 18, under any owner (who is called OWNER) and whatever the session's settings. It leaves out views' queries, which
 * the versions print differently, and what an extension brought.
 *
 * @param client connected, not inside a transaction: this opens one of its own, which only reads
 */
export async function dumpSchema(client: ClientBase): Promise<string> {
  await client.query('begin transaction isolation level repeatable read, read only')
  try {
    // Each of these changes how PostgreSQL prints names, default values or conditions.
    await client.query(`
      set local search_path to '';
      set local datestyle to 'ISO, YMD';
      set local intervalstyle to 'postgres';
      set local timezone to 'UTC';
      set local bytea_output to 'hex';
      set local extra_float_digits to 1;
      set local quote_all_identifiers to off`)
    const text = await readSchema(client)
    await client.query('commit')
    return text
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

async function readSchema(client: ClientBase): Promise<string> {
  const blocks: string[] = []
  for (const query of [catalogue.extensions, catalogue.schemas, catalogue.types]) {
    const lines = await read<Line>(client, query)
    if (lines.length > 0) blocks.push(lines.map(({ line }) => line).join('\n'))
  }
  for (const { line } of await read<Line>(client, catalogue.sequences)) blocks.push(line)
  blocks.push(...(await readRelations(client)))
  for (const { line } of await read<Line>(client, catalogue.functions)) blocks.push(line)
  for (const { line } of await read<Line>(client, catalogue.aggregates)) blocks.push(line)
  return `${blocks.join('\n\n')}\n`
}

async function readRelations(client: ClientBase): Promise<string[]> {
  const inside = await readByRelation(client, [catalogue.columns, catalogue.constraints])
  const after = await readByRelation(client, [
    catalogue.indexes,
    catalogue.rowSecurity,
    catalogue.policies,
    catalogue.triggers,
    catalogue.relationGrants,
  ])
  const relations = await read<Relation>(client, catalogue.relations)
  return relations.map(({ oid, head, tail }) => {
    const body = (inside.get(oid) ?? []).map((line) => `  ${line}`).join(',\n')
    return [`${head} (\n${body}\n)${tail};`, ...(after.get(oid) ?? [])].join('\n')
  })
}

async function readByRelation(client: ClientBase, queries: string[]): Promise<Map<number, string[]>> {
  const lines = new Map<number, string[]>()
  for (const query of queries) {
    for (const { oid, line } of await read<RelationLine>(client, query)) {
      lines.set(oid, [...(lines.get(oid) ?? []), line])
    }
  }
  return lines
}

async function read<Row extends QueryResultRow>(client: ClientBase, query: string): Promise<Row[]> {
  return (await client.query<Row>(query, [schemas])).rows
}
