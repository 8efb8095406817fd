/** The languages that the product speaks, and which of them a caller prefers. */

export type Language = 'en' | 'fr'

/** The first that is known among language tags such as "fr-CA". */
export function firstKnownLanguage(tags: readonly string[]): Language | undefined {
  for (const tag of tags) {
    const base = tag.toLowerCase().split('-')[0]
    if (base === 'fr' || base === 'en') return base
  }
  return undefined
}

/** Of the header Accept-Language (RFC 9110 12.5.4), the most wanted that is known. */
export function acceptedLanguage(header: string | undefined): Language | undefined {
  return firstKnownLanguage(preferences(header ?? ''))
}

function preferences(header: string): string[] {
  return header
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';')
      const weight = parameters.map((one) => /^\s*q=([\d.]+)\s*$/.exec(one)?.[1]).find((one) => one !== undefined)
      return { tag, weight: weight === undefined ? 1 : Number(weight) }
    })
    .filter((one) => one.weight > 0)
    .sort((one, other) => other.weight - one.weight)
    .map((one) => one.tag)
}
