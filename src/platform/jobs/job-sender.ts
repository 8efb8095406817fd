/** Puts jobs into the queue inside the transaction that causes them: both happen, or neither. */
import { CompiledQuery } from 'kysely'
import { PgBoss } from 'pg-boss'
import type { Tx } from '../db/unit-of-work.ts'
import type { QueueOptions } from './queue.ts'
import { patienceOf, queueSchema } from './queue.ts'

export class JobSender {
  readonly #options: QueueOptions
  #boss: Promise<PgBoss> | null = null

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** Jobs of one tenant are a group: workers take so many of one at a time (worked-queue.ts). */
  async enqueue<Data extends { readonly tenantId: string | null }>(tx: Tx, queue: string, data: Data): Promise<void> {
    // A start that failed is tried again with the next job.
    this.#boss ??= this.#start().catch((error: unknown) => {
      this.#boss = null
      throw error
    })
    const boss = await this.#boss
    await boss.send(queue, data, {
      ...(data.tenantId === null ? {} : { group: { id: data.tenantId } }),
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

  /**
   * Only what sending needs: no timers. What pg-boss looks up beside the job it asks on a connection of its own: the
   * transactions that wait for it may hold all of the application's.
   */
  async #start(): Promise<PgBoss> {
    const { connection, role, logger } = this.#options
    const boss = new PgBoss({
      ...connection,
      ...patienceOf(this.#options),
      schema: queueSchema,
      max: 1,
      migrate: false,
      createSchema: false,
      supervise: false,
      schedule: false,
      ...(role ? { options: `-c role=${role}` } : {}),
    })
    boss.on('error', ({ message, stack }) => logger.error({ err: { message, stack } }, 'job queue'))
    await boss.start()
    return boss
  }
}
