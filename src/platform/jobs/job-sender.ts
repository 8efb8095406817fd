/** Puts jobs into the queue inside the transaction that causes them: both happen, or neither. */
import { CompiledQuery } from 'kysely'
import { PgBoss } from 'pg-boss'
import type { Database } from '../db/database.ts'
import type { Tx } from '../db/unit-of-work.ts'
import type { Logger } from '../operations/services.ts'
import { queueSchema } from './queue.ts'

export class JobSender {
  readonly #database: Database
  readonly #logger: Logger
  #boss: Promise<PgBoss> | null = null

  constructor(database: Database, logger: Logger) {
    this.#database = database
    this.#logger = logger
  }

  async enqueue(tx: Tx, queue: string, data: object): Promise<void> {
    this.#boss ??= this.#start()
    const boss = await this.#boss
    await boss.send(queue, data, {
      db: {
        executeSql: async (text, values) => {
          const result = await tx.executeQuery(CompiledQuery.raw(text, [...(values ?? [])]))
          return { rows: result.rows as never[] }
        },
      },
    })
  }

  async close(): Promise<void> {
    const boss = await this.#boss
    await boss?.stop({ graceful: false })
  }

  /** Only what sending needs: no timers, no connections of its own. Started with the first job. */
  async #start(): Promise<PgBoss> {
    const boss = new PgBoss({
      schema: queueSchema,
      migrate: false,
      createSchema: false,
      supervise: false,
      schedule: false,
      db: {
        executeSql: async (text, values) => {
          const { rows } = await this.#database.pool.query(text, values)
          return { rows }
        },
      },
    })
    boss.on('error', (error) => this.#logger.error({ err: error }, 'job queue'))
    await boss.start()
    return boss
  }
}
