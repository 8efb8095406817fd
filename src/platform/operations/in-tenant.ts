/** Units of work of what goes on behind the operations, in one tenant each: without an audit event of their own. */

import type { Database } from '../db/database.ts'
import type { Statement } from '../db/statement-batch.ts'
import { tenantEntrance } from '../db/tenant-table.ts'
import type { Tx } from '../db/unit-of-work.ts'
import { UnitOfWork } from '../db/unit-of-work.ts'

type Where = { readonly database: Database }

export { tenantEntrance }

/** One transaction. `closing` makes statements of the result that travel with the commit. */
export async function writeInTenant<T>(
  { database }: Where,
  tenantId: string,
  work: (tx: Tx) => Promise<T>,
  closing: (result: T) => Statement[] = () => [],
): Promise<T> {
  const unit = new UnitOfWork(database, 'write', tenantEntrance(tenantId))
  try {
    const result = await work(unit.tx)
    await unit.complete(closing(result))
    return result
  } catch (error) {
    await unit.abandon()
    throw error
  }
}

/** Each statement sees what is committed by then. */
export async function readInTenant<T>({ database }: Where, tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const unit = new UnitOfWork(database, 'read', tenantEntrance(tenantId))
  const result = await work(unit.tx)
  await unit.complete()
  return result
}
