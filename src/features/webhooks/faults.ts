/** Why a URL cannot be an endpoint's. */
import { defineFaults } from '#kernel/faults.ts'

export const webhookFault = defineFaults({
  webhook_url_characters: 'The URL must not contain spaces, control characters or backslashes.',
  webhook_url_incomplete: 'The URL must be complete and begin with https://.',
  webhook_url_credentials: 'The URL must not contain a user name or password.',
  webhook_url_fragment: 'The URL must not contain a fragment (#...): it would never be sent.',
  webhook_url_inside: 'The URL must not point to a private, local or reserved address.',
  webhook_url_https: 'The URL must begin with https://.',
})
