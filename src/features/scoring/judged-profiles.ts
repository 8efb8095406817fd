/** Profiles as scorecards see them. */
import { unseal } from '#features/profiles/index.ts'
import type { SecretBox } from '#platform/secrets/secret-box.ts'
import { isContentLost } from '#platform/secrets/secret-box.ts'
import type { ProfileFacts } from './figures.ts'
import type { StoredFacts } from './profile-store.ts'

export type JudgedProfile = { facts: ProfileFacts; isSensitive: (attribute: string) => boolean }

/** null: the key of the sensitive values is lost, and the profile cannot be judged. */
export function readableFacts(secrets: SecretBox, stored: StoredFacts): JudgedProfile | null {
  try {
    return openFacts(secrets, stored)
  } catch (error) {
    if (!isContentLost(error)) throw error
    return null
  }
}

/** @throws content_lost when no master key opens the sensitive values */
export function openFacts(secrets: SecretBox, stored: StoredFacts): JudgedProfile {
  const { attributes, sensitive_ciphertext: sensitiveCiphertext } = stored
  const values = new Map<string, string[]>()
  for (const { name, value } of unseal(secrets, { attributes, sensitiveCiphertext })) {
    const others = values.get(name)
    if (others) others.push(value)
    else values.set(name, [value])
  }
  const sensitive = new Set(attributes.filter((one) => one.value === undefined).map((one) => one.name))
  return {
    facts: { values, documents: new Set(stored.documents) },
    isSensitive: (attribute) => sensitive.has(attribute),
  }
}
