/** French or English: what the person chose, else what the client asked for, else what the browser prefers. */

export type Language = 'en' | 'fr'

export const languageCookie = 'clientele_language'

type Hints = { cookie: string | undefined; uiLocales?: unknown; acceptLanguage: string | undefined }

export function languageOf({ cookie, uiLocales, acceptLanguage }: Hints): Language {
  const chosen = new RegExp(`(?:^|;\\s*)${languageCookie}=(en|fr)(?:;|$)`).exec(cookie ?? '')?.[1]
  if (chosen === 'en' || chosen === 'fr') return chosen
  const wanted = typeof uiLocales === 'string' ? uiLocales.split(' ') : []
  return firstKnown(wanted) ?? firstKnown(preferences(acceptLanguage ?? '')) ?? 'en'
}

function firstKnown(tags: readonly string[]): Language | undefined {
  for (const tag of tags) {
    const base = tag.toLowerCase().split('-')[0]
    if (base === 'fr' || base === 'en') return base
  }
  return undefined
}

/** Accept-Language (RFC 9110 12.5.4), most wanted first. */
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
