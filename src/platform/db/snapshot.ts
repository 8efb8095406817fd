/**
 * One moment of the database, read by several statements and by COPY, in constant memory: a transaction of isolation level
 * repeatable read, which cannot write.
 */
import pg from 'pg'
import { CopyOut } from './copy-out.ts'
import type { Database } from './database.ts'
import type { Row, Statement } from './statement-batch.ts'
import { StatementBatch } from './statement-batch.ts'

export type SnapshotOptions = {
  /** How every unit of work begins: it sets the tenant. */
  entrance: Statement
  /** How long one statement may take, the receiver's waiting included. */
  statementTimeoutSeconds?: number
  /** For sorting and adding up whole tables; PostgreSQL's own 4 MB would go to disk. */
  workMemoryMegabytes?: number
}

export type Snapshot = {
  ask<R extends Row>(statement: Statement): Promise<R[]>
  /**
   * What `COPY ... TO STDOUT` gives. It takes no parameters: values stand in the text as `literal` writes them.
   * @param onEnd gets the number of rows
   * @returns the rows' bytes as they come, pieces of any size
   */
  copy(text: string, onEnd?: (rows: number) => void): AsyncGenerator<Buffer, void, undefined>
}

/** A text as a literal of SQL, for statements that take no parameters. @throws RangeError for U+0000, which no text holds */
export function literal(text: string): string {
  if (text.includes('\0')) throw new RangeError('PostgreSQL has no text with U+0000')
  return pg.escapeLiteral(text)
}

/** The connection is held until the work ends. Work that fails or stops half-way ends the transaction with the connection. */
export async function* inSnapshot<T>(
  database: Database,
  { entrance, statementTimeoutSeconds = 3600, workMemoryMegabytes = 32 }: SnapshotOptions,
  work: (snapshot: Snapshot) => AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
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
      { text: 'begin transaction isolation level repeatable read, read only', values: [] },
      entrance,
      {
        text: `select set_config('statement_timeout', $1, true), set_config('work_mem', $2, true), set_config('jit', 'off', true),
          set_config('synchronize_seqscans', 'off', true)`,
        values: [`${statementTimeoutSeconds}s`, `${workMemoryMegabytes}MB`],
      },
    ]
    await send(opening, 0)
    yield* work({
      ask: async <R extends Row>(statement: Statement) => ((await send([statement])).at(-1)?.rows ?? []) as R[],
      copy: (text, onEnd) => copied(client, text, onEnd),
    })
    await send([{ text: 'commit', values: [] }])
    stale = false
  } finally {
    client.release(stale)
  }
}

async function* copied(
  client: pg.PoolClient,
  text: string,
  onEnd: ((rows: number) => void) | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const rows = client.query(new CopyOut(text))
  yield* rows.pieces()
  onEnd?.(rows.rows)
}
