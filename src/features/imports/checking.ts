/** The whole file, read and checked row by row without writing anything. */
import type { EntityName } from '#features/entities/index.ts'
import type { FiscalCalendar } from '#features/ledger/index.ts'
import { entryRefusals, findCustomerCodes, readCalendar } from '#features/ledger/index.ts'
import { rowFault } from '#kernel/row-faults.ts'
import type { Services } from '#platform/operations/services.ts'
import type { TableRow, TableSource } from '#platform/tabular/index.ts'
import { readTable } from '#platform/tabular/index.ts'
import type { Converted, Converter } from './mapping.ts'
import type { Planned } from './planning.ts'
import { readable } from './planning.ts'
import type { Finding } from './schemas.ts'
import { belongTogether, defaultBatch, longestBatch, toEntryLine, writers } from './writing.ts'

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

/** Lines of entries in batches as a run makes them, since lines are refused together with those of their entry. */
class EntryLines {
  readonly #calendar: FiscalCalendar
  readonly #converter: Converter
  #batch: Checked[] = []

  constructor(calendar: FiscalCalendar, converter: Converter) {
    this.#calendar = calendar
    this.#converter = converter
  }

  /** @returns the lines before, checked, where this one begins another batch */
  take(one: Checked): Checked[] {
    const { length } = this.#batch
    const last = this.#batch[length - 1]?.converted.record
    const mayEnd = length >= longestBatch || !belongTogether('accounting_entries', last, one.converted.record)
    const ended = length >= defaultBatch && mayEnd ? this.end() : []
    this.#batch.push(one)
    return ended
  }

  end(): Checked[] {
    const batch = this.#batch
    this.#batch = []
    const sound = batch.filter(({ converted }) => converted.faults.length === 0)
    const refusals = entryRefusals(
      sound.map(({ converted }) => toEntryLine(converted.record)),
      this.#calendar,
    )
    sound.forEach(({ converted, row }, index) => {
      const refusal = refusals[index]
      if (refusal?.outcome !== 'refused') return
      const { outcome: _refused, field, ...told } = refusal
      converted.faults.push({ ...told, row, field: field === null ? null : this.#converter.sourceOf(field) })
    })
    return batch
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
  const { services, tenantId } = checking
  const isOfEntries = planned.entity === 'accounting_entries'
  const entries = isOfEntries ? new EntryLines(await readCalendar(services.database, tenantId), converter) : null
  await readable(async () => {
    for await (const rows of readTable(checking.source, planned.layout)) {
      findings.report.rows += rows.length
      const group = rows.map((row) => checkRow(planned.entity, converter, row))
      if (planned.entity === 'invoices') await checkCustomers(checking, converter, group)
      for (const one of group) {
        for (const { converted } of entries?.take(one) ?? [one]) findings.add(converted)
      }
      await checking.watch?.(findings.report.rows)
    }
  })
  for (const { converted } of entries?.end() ?? []) findings.add(converted)
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
