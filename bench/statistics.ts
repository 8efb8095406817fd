/** The middle value, or the mean of the two middle ones. @throws RangeError for no value: a median of nothing is no figure */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.ceil(sorted.length / 2) - 1]
  if (upper === undefined || lower === undefined) throw new RangeError('the median of no values')
  return (lower + upper) / 2
}

/**
 * Median of the quotients of two contestants' rounds, first by first, second by second. What disturbs the machine for a
 * while disturbs both of a pair, so this moves less than the quotient of the medians.
 * @throws RangeError when the two did not run the same number of rounds
 */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length) throw new RangeError('a different number of rounds')
  return median(ours.map((value, round) => value / (theirs[round] as number)))
}

/** Largest difference between rounds as a fraction of the median: how far a figure can be trusted. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values)
}
