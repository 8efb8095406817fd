import type { CodesOf } from '#kernel/errors.ts'
import { defineErrors } from '#kernel/errors.ts'

export const scoringError = defineErrors({
  analysis_profile_not_found: { kind: 'not_found', message: 'Profile Not Found' },
  profile_not_submitted: { kind: 'invalid', message: 'Profile not submitted' },
  analysis_not_found: { kind: 'not_found', message: 'Analysis Not Found' },
  analysis_not_completed: {
    kind: 'conflict',
    message: 'The analysis has no result to explain: wait until it is completed.',
  },
  analysis_quota_exhausted: {
    kind: 'forbidden',
    message:
      'The client has used up its analyses: ask an administrator of the account for more, or wait for next month.',
  },
  analysis_client_unknown: { kind: 'not_found', message: 'Client Not Found' },
  analysis_page_too_far: {
    kind: 'invalid',
    message:
      'A list shows its first 10,000 analyses: narrow it by status, profile or client to see what is behind them.',
  },
  scorecard_not_found: { kind: 'not_found', message: 'Scorecard Not Found' },
  scorecard_invalid: { kind: 'invalid', message: 'The scorecard cannot judge anybody like this: see the details.' },
  scorecard_not_a_draft: {
    kind: 'conflict',
    message: 'Only a draft can be changed or activated: create a new one from it.',
  },
  scorecard_retired: { kind: 'conflict', message: 'The scorecard has been retired already.' },
  scorecard_limit_reached: {
    kind: 'conflict',
    message: 'The account has 100 drafts: retire those that nobody needs before creating another one.',
  },
})
export type ScoringErrorCode = CodesOf<typeof scoringError>
