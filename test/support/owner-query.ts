/** Looks behind the server: SQL as the role that owns the schema, whom row level security does not stop. */
import pg from 'pg'
import type { TestDatabase } from './postgres.ts'

export async function queryAsOwner<Row extends pg.QueryResultRow>(
  database: TestDatabase,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return withOwner(database, async (client) => (await client.query<Row>(sql, values)).rows)
}

/** A connection of the owner for as long as the work takes; a transaction left open is rolled back. */
export async function withOwner<T>(database: TestDatabase, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.ownerUrl })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
