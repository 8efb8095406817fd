/** Amounts as people write them: "1 234,56" or "1234.56". Reckoned in whole units, never in floating point. */
const form = /^(-?)(\d{1,15})(?:[.,](\d+))?$/

/** In hundredths; null: no amount, or one that would have to be rounded. Empty is nothing. */
export function toCents(text: string): bigint | null {
  const plain = text.replace(/[\s\u00a0\u202f]/g, '')
  if (plain === '') return 0n
  const found = form.exec(plain)
  const decimals = found?.[3] ?? ''
  if (!found || /[1-9]/.test(decimals.slice(2))) return null
  const cents = BigInt(found[2] ?? '0') * 100n + BigInt(decimals.slice(0, 2).padEnd(2, '0'))
  return found[1] === '-' ? -cents : cents
}

export function ofCents(cents: bigint): string {
  const size = cents < 0n ? -cents : cents
  return `${cents < 0n ? '-' : ''}${size / 100n}.${String(size % 100n).padStart(2, '0')}`
}

/** As the API takes it. */
export const toWire = (text: string) => text.replace(/[\s\u00a0\u202f]/g, '').replace(',', '.')

export const isAmount = (text: string) => form.test(text.replace(/[\s\u00a0\u202f]/g, ''))

/** What a stored amount looks like in a field: no needless zeros, the decimal sign of the language. */
export function shownAmount(text: string, language: 'en' | 'fr'): string {
  const short = text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
  return language === 'fr' ? short.replace('.', ',') : short
}
