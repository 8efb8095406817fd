/** The FEC. Our addition: its checks without the file. */
import { Type } from 'typebox'
import type { FecReport } from '#features/fec/index.ts'
import { checkFec, fecEncoding, fecYear } from '#features/fec/index.ts'
import { nullable } from '#kernel/schemas.ts'
import type { ContractRoutes } from '../shared/contract.ts'
import { Amount } from './edge-values.ts'
import { given } from './given.ts'

const text = nullable(Type.String())

const Report = Type.Object({
  valid: Type.Boolean(),
  entries: Type.Integer(),
  lines: Type.Integer(),
  debit: Amount,
  credit: Amount,
  faults: Type.Array(
    Type.Object({
      kind: Type.String(),
      row: nullable(Type.Integer({ description: 'The line in the file; the header is 1' })),
      entry: text,
      field: text,
      message: Type.String(),
    }),
    { description: 'The first thousand' },
  ),
  counts: Type.Record(Type.String(), Type.Integer(), { description: 'How many faults of each kind, all of them' }),
})

const presentReport = (report: FecReport) => ({ valid: report.faults.length === 0, ...report })

export function fecRoutes(routes: ContractRoutes): void {
  routes.add({
    method: 'POST',
    url: '/api/v1/export/fec/check',
    operationId: 'checkFec',
    operation: checkFec,
    request: { body: Type.Object({ fiscal_year: fecYear, encoding: Type.Optional(fecEncoding) }) },
    input: ({ body }) => ({ fiscalYear: body.fiscal_year, ...given({ encoding: body.encoding }) }),
    present: (report) => ({ status: 200, body: presentReport(report) }),
    success: { status: 200, description: 'What the FEC of the fiscal year would be refused for', schema: Report },
  })
}
