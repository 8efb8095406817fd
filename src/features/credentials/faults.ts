/** What may be wrong with the address of a service. */
import { defineFaults } from '#kernel/faults.ts'

export const credentialFault = defineFaults({
  credential_url: '{field} must be an absolute https URL without user name and fragment.',
})
