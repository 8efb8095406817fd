/** Numbers of accounting entries: a sequence's name and a place in it. */

/** "VE0012" is 12 of the sequence "VE"; null when the number does not end in digits. */
export function placeInSequence(number: string): { prefix: string; sequence: bigint } | null {
  const found = /^(.*?)([0-9]{1,18})$/s.exec(number)
  return found ? { prefix: found[1] as string, sequence: BigInt(found[2] as string) } : null
}

/** The number after this one, as wide as it is: "VE0099" is followed by "VE0100". The first is "1". */
export function numberAfter(last: string | null): string {
  const place = last === null ? null : placeInSequence(last)
  if (last === null || !place) return '1'
  return place.prefix + (place.sequence + 1n).toString().padStart(last.length - place.prefix.length, '0')
}
