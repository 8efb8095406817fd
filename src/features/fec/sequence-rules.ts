/**
 * Numbers without gaps, in their order. Entries arrive in the order of their validation; of each sequence only the runs of
 * numbers seen so far are kept, which is one run as long as nothing is wrong.
 */
import { placeInSequence } from '#kernel/entry-number.ts'
import type { FecFault, FecLine } from './schemas.ts'

type Run = { from: bigint; to: bigint }
type Sequence = { journal: string; prefix: string; runs: Run[]; highest: bigint }

/** A sequence that is in such disorder is told of often enough; from here on its gaps are no longer followed. */
const mostRuns = 10_000

export class SequenceCheck {
  readonly #report: (fault: FecFault) => void
  readonly #sequences = new Map<string, Sequence>()

  constructor(report: (fault: FecFault) => void) {
    this.#report = report
  }

  /** @param row where the entry begins in the file */
  add(line: Pick<FecLine, 'journalCode' | 'entryNumber'>, row: number): void {
    const number = line.entryNumber ?? ''
    const entry = `${line.journalCode} ${number}`
    const place = placeInSequence(number)
    const fault = (kind: FecFault['kind'], message: string) =>
      this.#report({ kind, row, entry, field: 'EcritureNum', message })
    if (!place) {
      if (number.trim() !== '') fault('number_invalid', 'The number does not end in digits, so it is in no sequence')
      return
    }
    const key = JSON.stringify([line.journalCode, place.prefix])
    const known = this.#sequences.get(key)
    if (!known) {
      const runs = [{ from: place.sequence, to: place.sequence }]
      this.#sequences.set(key, { journal: line.journalCode, prefix: place.prefix, runs, highest: place.sequence })
      return
    }
    if (!join(known.runs, place.sequence)) {
      fault('number_repeated', 'Another entry of the journal has this number')
    } else if (place.sequence < known.highest) {
      fault('number_not_chronological', `The entry was validated after number ${known.prefix}${known.highest}`)
    }
    if (place.sequence > known.highest) known.highest = place.sequence
  }

  finish(): void {
    for (const { journal, prefix, runs } of this.#sequences.values()) {
      for (let i = 1; i < runs.length; i++) {
        const [from, to] = [(runs[i - 1] as Run).to + 1n, (runs[i] as Run).from - 1n]
        const missing = from === to ? `Number ${prefix}${from} is` : `Numbers ${prefix}${from} to ${prefix}${to} are`
        const message = `${missing} missing in journal ${journal}`
        this.#report({
          kind: 'number_gap',
          row: null,
          entry: `${journal} ${prefix}${from}`,
          field: 'EcritureNum',
          message,
        })
      }
    }
  }
}

/** Puts the number into the sorted runs. @returns false when it is there already */
function join(runs: Run[], number: bigint): boolean {
  let at = runs.length
  while (at > 0 && (runs[at - 1] as Run).from > number) at--
  const before = runs[at - 1]
  const after = runs[at]
  if (before && before.to >= number) return false
  const extendsBefore = before !== undefined && before.to + 1n === number
  const extendsAfter = after !== undefined && after.from - 1n === number
  if (extendsBefore && extendsAfter) {
    before.to = after.to
    runs.splice(at, 1)
  } else if (extendsBefore) before.to = number
  else if (extendsAfter) after.from = number
  else if (runs.length < mostRuns) runs.splice(at, 0, { from: number, to: number })
  return true
}
