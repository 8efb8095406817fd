/** ISO 3166 country names in French, for the choices of the built-in catalogue. */
import french from 'i18n-iso-countries/langs/fr.json' with { type: 'json' }

const names = Object.values(french.countries as Record<string, string | string[]>).flatMap((name) =>
  // Of a country with several names, the first is the usual one.
  Array.isArray(name) ? name.slice(0, 1) : [name],
)

/** In the order of a French dictionary. */
export const countriesInFrench: readonly string[] = names.sort(new Intl.Collator('fr').compare)
