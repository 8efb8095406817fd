import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

/** The messages of what is wrong with a profile are those of the PartnerB2B document's notes, word for word. */
export const profileError = defineErrors({
  profile_not_found: { kind: 'not_found', message: 'Profile Not Found' },
  profile_client_unknown: { kind: 'not_found', message: 'Client Not Found' },
  attributes_missing: { kind: 'invalid', message: 'Missing required attributes.' },
  attribute_unknown: { kind: 'not_found', message: 'Attribute Not Found' },
  choice_unknown: { kind: 'invalid', message: 'Choice does not exist.' },
  choice_not_unique: { kind: 'invalid', message: 'Choice must be unique' },
  attribute_mismatch: { kind: 'invalid', message: 'Regex match invalid' },
  attribute_type: { kind: 'invalid', message: 'Type Error' },
  attribute_value: { kind: 'invalid', message: 'Invalid value' },
  profile_page_too_far: {
    kind: 'invalid',
    message:
      'A list shows its first 10,000 profiles: narrow it by createdBefore, status or q to see what is behind them.',
  },
  attribute_invalid: { kind: 'invalid', message: 'The attribute cannot be like this: see the details.' },
  attribute_name_taken: {
    kind: 'conflict',
    message: 'There is, or was, an attribute of this name: a retired one can be taken back by isRetired: false.',
  },
  requirement_invalid: { kind: 'invalid', message: 'A conditional requirement cannot be like this: see the details.' },
})
export type ProfileErrorCode = CodesOf<typeof profileError>
