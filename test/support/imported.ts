/** An import that stands in the middle: started, with a batch whose row was refused. */
import { startImportOperation, writeBatchOperation } from '#features/imports/index.ts'
import { rowFault } from '#kernel/row-faults.ts'
import { runForResult } from '#platform/operations/run-operation.ts'
import type { TestApp } from './app.ts'
import { systemOf } from './prepared-client.ts'

export async function leaveInTheMiddle(app: TestApp, tenantId: string, importId: string): Promise<void> {
  const { services } = app.runtime
  const started = await runForResult(services, startImportOperation, { importId }, systemOf(tenantId))
  if (!started) throw new Error('the import has ended')
  const batch = {
    place: { id: importId, attempt: started.attempt, position: 0 },
    rows: [{ row: 2, cells: ['', 'Alpha'], record: {}, faults: [{ field: 'code', ...rowFault('row_needed') }] }],
    plan: started.plan,
    converter: { convert: () => ({ record: {}, faults: [], warnings: [] }), fields: ['code'], sourceOf: () => 'code' },
  }
  await runForResult(services, writeBatchOperation, { batch }, systemOf(tenantId))
}
