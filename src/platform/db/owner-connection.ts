/** A connection of the role that owns the schema, for what the operator does across tenants. */
import pg from 'pg'
import type { ConnectionParameters } from './database.ts'

/** The connection may not do what the owner of the schema does; the message says how to give it another one. */
export class NotOwnerError extends Error {
  override readonly name = 'NotOwnerError'
}

/**
 * Connects, checks that the role owns the tables, and closes behind the work.
 *
 * The check matters: row level security shows other roles no tenant's rows, and "there is nothing" would look like an answer.
 * @throws NotOwnerError
 */
export async function asOwner<T>(owner: ConnectionParameters, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...owner, application_name: 'clientele-command' })
  // What happens to the connection between two statements is told by the next one.
  client.on('error', () => {})
  await client.connect()
  try {
    const schema = await client.query<{ mine: boolean }>(
      `select pg_has_role(relowner, 'usage') as mine from pg_class where oid = to_regclass('schema_migrations')`,
    )
    if (schema.rows[0]?.mine === false) {
      throw new NotOwnerError(
        "the database's user does not own the schema: set DATABASE_OWNER_URL, which signs in as the role that does",
      )
    }
    return await work(client)
  } finally {
    await client.end()
  }
}
