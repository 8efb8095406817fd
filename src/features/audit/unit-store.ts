/** Units of work of what goes on behind the operations, in one tenant each. */
import type { Statement } from '#platform/db/statement-batch.ts'
import type { Tx } from '#platform/db/unit-of-work.ts'
import { UnitOfWork } from '#platform/db/unit-of-work.ts'
import type { Services } from '#platform/operations/services.ts'

const enter = (tenantId: string): Statement => ({ text: 'select enter_tenant($1)', values: [tenantId] })

/**
 * One transaction in the tenant. These leave no audit event of their own (sealing would never end), but what `closing` makes
 * of the result.
 */
export async function writeInTenant<T>(
  { database }: Services,
  tenantId: string,
  work: (tx: Tx) => Promise<T>,
  closing: (result: T) => Statement[] = () => [],
): Promise<T> {
  const unit = new UnitOfWork(database, 'write', enter(tenantId))
  try {
    const result = await work(unit.tx)
    await unit.complete(closing(result))
    return result
  } catch (error) {
    await unit.abandon()
    throw error
  }
}

export async function readInTenant<T>(
  { database }: Services,
  tenantId: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const unit = new UnitOfWork(database, 'read', enter(tenantId))
  const result = await work(unit.tx)
  await unit.complete()
  return result
}
