import type { Tx } from '#platform/db/unit-of-work.ts'
import { UnitOfWork } from '#platform/db/unit-of-work.ts'
import type { Services } from '#platform/operations/services.ts'

/** A unit of work without an audit event: what an erasure has done is told by its end. */
export async function inTenant<T>({ database }: Services, tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const unit = new UnitOfWork(database, 'write', { text: 'select enter_tenant($1)', values: [tenantId] })
  try {
    const result = await work(unit.tx)
    await unit.complete()
    return result
  } catch (error) {
    await unit.abandon()
    throw error
  }
}
