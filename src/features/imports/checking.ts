/** The whole file, read and checked row by row without writing anything. */
import type { EntityName } from '#features/entities/index.ts'
import { findCustomerCodes } from '#features/ledger/index.ts'
import { toUnits } from '#kernel/decimal.ts'
import { rowFault } from '#kernel/row-faults.ts'
import type { Services } from '#platform/operations/services.ts'
import type { TableRow, TableSource } from '#platform/tabular/index.ts'
import { readTable } from '#platform/tabular/index.ts'
import type { Converted, Converter, ImportedRecord } from './mapping.ts'
import type { Planned } from './planning.ts'
import { readable } from './planning.ts'
import type { Finding } from './schemas.ts'
import { belongTogether, writers } from './writing.ts'

/** How many of each are listed; the counts are of all. */
const mostListed = 1000

export type Report = {
  rows: number
  rowsWithErrors: number
  errorsCount: number
  warningsCount: number
  errors: Finding[]
  warnings: Finding[]
}

class Findings {
  readonly report: Report = { rows: 0, rowsWithErrors: 0, errorsCount: 0, warningsCount: 0, errors: [], warnings: [] }

  add({ faults, warnings }: Pick<Converted, 'faults' | 'warnings'>): void {
    const { report } = this
    if (faults.length > 0) report.rowsWithErrors++
    report.errorsCount += faults.length
    report.warningsCount += warnings.length
    for (const one of faults) if (report.errors.length < mostListed) report.errors.push(one)
    for (const one of warnings) if (report.warnings.length < mostListed) report.warnings.push(one)
  }
}

/** Debits minus credits of the entry whose lines are being read. */
class RunningEntry {
  #last: ImportedRecord | undefined
  #row = 0
  #sum = 0n

  /** @returns what is wrong with the entry before, where this line begins another one */
  take(record: ImportedRecord | null, row: number): Finding[] {
    const isSame = record !== null && belongTogether('accounting_entries', this.#last, record)
    const found = isSame || this.#last === undefined || this.#sum === 0n ? [] : [this.#imbalance()]
    if (!isSame) this.#sum = 0n
    this.#last = record ?? undefined
    this.#row = row
    if (record) this.#sum += toUnits(String(record.debit ?? '0.00')) - toUnits(String(record.credit ?? '0.00'))
    return found
  }

  #imbalance(): Finding {
    const number = String(this.#last?.number ?? '')
    return { row: this.#row, field: null, ...rowFault('row_ends_unbalanced', { number }) }
  }
}

type Checking = {
  services: Services
  tenantId: string
  source: TableSource
  /** Told of the rows read so far; what it throws ends the reading. */
  watch?: (rows: number) => Promise<void>
}

/** @throws import_unreadable */
export async function checkFile(checking: Checking, planned: Planned, converter: Converter): Promise<Report> {
  const findings = new Findings()
  const entry = planned.entity === 'accounting_entries' ? new RunningEntry() : null
  await readable(async () => {
    for await (const rows of readTable(checking.source, planned.layout)) {
      findings.report.rows += rows.length
      const group = rows.map((row) => checkRow(planned.entity, converter, row))
      if (planned.entity === 'invoices') await checkCustomers(checking, converter, group)
      for (const { converted, row } of group) {
        const unbalanced = entry?.take(converted.faults.length > 0 ? null : converted.record, row) ?? []
        if (unbalanced.length > 0) findings.add({ faults: unbalanced, warnings: [] })
        findings.add(converted)
      }
      await checking.watch?.(findings.report.rows)
    }
  })
  const unbalanced = entry?.take(null, 0) ?? []
  if (unbalanced.length > 0) findings.add({ faults: unbalanced, warnings: [] })
  return findings.report
}

type Checked = { converted: Converted; row: number }

function checkRow(entity: EntityName | null, converter: Converter, row: TableRow): Checked {
  const converted = converter.convert(row)
  if (converted.faults.length === 0 && entity !== null) {
    const refusal = writers[entity].check(converted.record)
    if (refusal) {
      const field = refusal.field === null ? null : converter.sourceOf(refusal.field)
      converted.faults.push({ ...refusal, row: row.row, field })
    }
  }
  return { converted, row: row.row }
}

/** An invoice needs its customer. */
async function checkCustomers({ services, tenantId }: Checking, converter: Converter, group: Checked[]): Promise<void> {
  const codeOf = ({ converted }: Checked) => String(converted.record.customerCode ?? '')
  const sound = group.filter(({ converted }) => converted.faults.length === 0)
  const codes = [...new Set(sound.map(codeOf))]
  if (codes.length === 0) return
  const known = await findCustomerCodes(services.database, tenantId, codes)
  for (const one of sound) {
    if (known.has(codeOf(one))) continue
    const told = rowFault('row_customer_code_unknown', { code: codeOf(one).slice(0, 64) })
    one.converted.faults.push({ row: one.row, field: converter.sourceOf('customerCode'), ...told })
  }
}
