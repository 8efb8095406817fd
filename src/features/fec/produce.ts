/** The file, made and checked in one reading of the ledger: what was made is worth nothing until the last line is checked. */

import type { ErrorDetail } from '#kernel/errors.ts'
import { isSiren } from '#kernel/french-identifiers.ts'
import { FecChecker } from './check-rules.ts'
import { fecError } from './errors.ts'
import { fecFault } from './faults.ts'
import { encodeText, fecLines, unwritable } from './format-rules.ts'
import type { FecEncoding, FecLine, FecReport } from './schemas.ts'

export type FecContent = {
  /** Throws fec_refused behind the last line when anything is wrong: whoever stores it keeps nothing then. */
  bytes: AsyncGenerator<Buffer, void, undefined>
  /** After the last byte. */
  report: () => FecReport
}

/** @param groups the lines of the fiscal year, those of an entry together, in the order of their validation */
export function fecContent(
  groups: AsyncIterable<readonly FecLine[]>,
  { fiscalYear, encoding }: { fiscalYear: { startsOn: string; endsOn: string }; encoding: FecEncoding },
): FecContent {
  const checker = new FecChecker({ fiscalYear, encoding })
  let finished: FecReport | null = null
  async function* checked(): AsyncGenerator<readonly FecLine[], void, undefined> {
    for await (const group of groups) {
      for (const line of group) checker.add(line)
      yield group
    }
  }
  async function* bytes(): AsyncGenerator<Buffer, void, undefined> {
    for await (const text of fecLines(checked())) {
      // What cannot be written has been found wrong: nothing that follows will be kept.
      if (unwritable(text, encoding) === null) yield encodeText(text, encoding)
    }
    finished = checker.finish()
    if (finished.faults.length > 0) throw refusalOf(finished)
  }
  return {
    bytes: bytes(),
    report: () => {
      if (!finished) throw new Error('an FEC is reported on when it has been read to its end')
      return finished
    },
  }
}

/** As many as a person reads; the check gives the others. */
const mostDetails = 100

function refusalOf({ faults, counts }: FecReport) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const details = faults.slice(0, mostDetails).map((fault): ErrorDetail => {
    const where = [
      fault.row === null ? null : `line ${fault.row}`,
      fault.entry === null ? null : `entry ${fault.entry}`,
    ]
    const place = where.filter((part) => part !== null).join(', ')
    return {
      path: fault.field === null ? ['ledger'] : ['ledger', fault.field],
      message: place ? `${place}: ${fault.message}` : fault.message,
      type: fault.kind,
      code: `fec_${fault.kind}`,
      parameters: { field: fault.field ?? '' },
    }
  })
  const message = `The ledger of the fiscal year cannot become an FEC: ${total} fault${total === 1 ? '' : 's'}. Nothing was produced.`
  return fecError('fec_refused', { message, details })
}

/**
 * The SIREN that the file is named after: the company's, where it is set; a request may repeat it.
 * @throws fec_siren_refused
 */
export function sirenOf(company: { siren: string | null }, requested: string | undefined): string {
  const siren = requested ?? company.siren
  if (siren === null || !isSiren(siren) || (company.siren !== null && siren !== company.siren)) {
    throw fecError('fec_siren_refused', {
      details: [{ path: ['body', 'siren'], ...fecFault('fec_other_siren') }],
    })
  }
  return siren
}
