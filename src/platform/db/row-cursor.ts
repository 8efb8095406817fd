/**
 * A result of any size, read through a cursor of the database: so many rows at a time, all of one moment, in constant
 * memory. For reading only; the transaction is not an operation's and nothing can be written in it.
 */
import type { Database } from './database.ts'
import type { Row, Statement } from './statement-batch.ts'
import { StatementBatch } from './statement-batch.ts'

export type CursorOptions = {
  /** How every unit of work begins: it sets the tenant. */
  entrance: Statement
  query: Statement
  rowsAtOnce?: number
  /** For the first rows of a sorted result the database may need a while. */
  statementTimeoutSeconds?: number
}

/** Yields the rows in groups; the connection is held until the last one, or until the reader stops. */
export async function* readByCursor<R extends Row>(
  database: Database,
  { entrance, query, rowsAtOnce = 2000, statementTimeoutSeconds = 300 }: CursorOptions,
): AsyncGenerator<R[], void, undefined> {
  const client = await database.connect()
  let stale = true
  const send = async (statements: Statement[], mostSeconds = statementTimeoutSeconds) => {
    const batch = new StatementBatch(statements, mostSeconds * 1000 + database.silenceMs)
    client.query(batch)
    return batch.results
  }
  try {
    // Nothing here takes long: a connection that is dead is found as soon as anywhere else.
    const opening = [
      { text: 'begin read only', values: [] },
      entrance,
      { text: `select set_config('statement_timeout', $1, true)`, values: [`${statementTimeoutSeconds}s`] },
      { text: `declare rows no scroll cursor for ${query.text}`, values: query.values },
    ]
    await send(opening, 0)
    const fetch = { text: `fetch ${rowsAtOnce} from rows`, values: [] }
    for (;;) {
      const [fetched] = await send([fetch])
      const rows = (fetched?.rows ?? []) as R[]
      if (rows.length > 0) yield rows
      if (rows.length < rowsAtOnce) break
    }
    await send([{ text: 'commit', values: [] }])
    stale = false
  } finally {
    // Stopped half-way: closing the connection ends the transaction on the server too.
    client.release(stale)
  }
}
