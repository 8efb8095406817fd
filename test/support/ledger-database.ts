/** A database with a unit of work on it, without the application: for what stores do by themselves. */
import pg from 'pg'
import { Database } from '#platform/db/database.ts'
import type { Statement } from '#platform/db/statement-batch.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { UnitOfWork } from '#platform/db/unit-of-work.ts'
import { createTestDatabase } from './postgres.ts'

export type LedgerDatabase = {
  database: Database
  /** The schema's owner: row level security lets it see everything. */
  owner: pg.Client
  superuserUrl: string
  entrance: (tenantId: string) => Statement
  inTenant<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export async function openLedgerDatabase(): Promise<LedgerDatabase> {
  const test = await createTestDatabase()
  const database = new Database({ connection: test.application, poolSize: 4 })
  const owner = new pg.Client(test.owner)
  await owner.connect()
  const entrance = (tenantId: string) => ({ text: 'select enter_tenant($1)', values: [tenantId] })
  return {
    database,
    owner,
    superuserUrl: test.superuserUrl,
    entrance,
    inTenant: async (tenantId, work) => {
      const unit = new UnitOfWork(database, 'write', entrance(tenantId))
      try {
        const result = await work(unit.tx)
        await unit.complete()
        return result
      } catch (error) {
        await unit.abandon()
        throw error
      }
    },
    close: async () => {
      await Promise.all([database.end(), owner.end()])
      await test.drop()
    },
  }
}
