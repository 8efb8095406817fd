import type { Profile } from './profile-form.tsx'

/** Of the built-in catalogue; an account that asks for no names has no persons to name. */
const nameAttributes = ['firstname', 'lastname'] as const

/** Whom the profile is about, as far as the reader may see it; empty: it is not said. */
export function personOf(answers: Profile['profileattribute_set']): string {
  const said = nameAttributes.map((name) => answers.find((one) => one.attribute.name === name)?.value)
  return said.filter(Boolean).join(' ')
}
