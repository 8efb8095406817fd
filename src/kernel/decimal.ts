/**
 * Decimal numbers as text, never as floating point: "1234.50", with as many decimals as the scale says. Sums are made of
 * `toUnits` (integer units of the last decimal: cents at scale 2).
 */

// A space, a no-break space (U+00A0) or a narrow one (U+202F) between groups of three, as French programs write them.
const grouped = '[0-9]{1,3}(?:[ \\u00a0\\u202f][0-9]{3})+'
const spelling = new RegExp(`^([-+\\u2212]?)(${grouped}|[0-9]+)(?:[.,]([0-9]+))?$`)
const currencySign = /[ \u00a0\u202f]?€$/

export type DecimalForm = {
  /** Digits after the point; more than that are refused unless they are zeros. */
  scale: number
  /** The most digits before the point. */
  wholeDigits?: number
}

/**
 * Reads an amount as people and programs write it: `1 234,56`, `1234.56`, `-12,5`, `1 234,56 €`, or a JSON number.
 * A comma and a point both begin the decimals. What would have to be rounded is refused, so `1,234` is never 1234.
 * @returns the canonical text, such as "1234.56", or null when it is none
 */
export function parseDecimal(given: string | number, { scale, wholeDigits = 13 }: DecimalForm): string | null {
  // A number's shortest text (ECMA-262, Number::toString) is what was written in the JSON, for every amount that fits.
  const text = typeof given === 'number' ? String(given) : given.trim().replace(currencySign, '')
  const found = spelling.exec(text)
  if (!found) return null
  const whole = (found[2] as string).replaceAll(/[^0-9]/g, '').replace(/^0+(?=[0-9])/, '')
  const decimals = withoutZerosBehind(found[3] ?? '')
  if (whole.length > wholeDigits || decimals.length > scale) return null
  const digits = scale === 0 ? whole : `${whole}.${decimals.padEnd(scale, '0')}`
  const isNegative = found[1] !== '' && found[1] !== '+' && /[1-9]/.test(digits)
  return isNegative ? `-${digits}` : digits
}

/** /0+$/ would look behind every zero for the end: hours for a megabyte of them. */
function withoutZerosBehind(digits: string): string {
  let end = digits.length
  while (end > 0 && digits[end - 1] === '0') end -= 1
  return digits.slice(0, end)
}

/** A canonical decimal in units of its last place: "12.34" is 1234n. @throws SyntaxError when it is no decimal */
export function toUnits(decimal: string): bigint {
  return BigInt(decimal.replace('.', ''))
}

/** The canonical text of a number of units: 1234n at scale 2 is "12.34". */
export function fromUnits(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return units < 0n ? `-${text}` : text
}

/** Divides by ten to the power of `places`, rounding halves away from zero, as invoices do. */
export function roundPlaces(units: bigint, places: number): bigint {
  const divisor = 10n ** BigInt(places)
  const half = divisor / 2n
  return units < 0n ? -((-units + half) / divisor) : (units + half) / divisor
}
