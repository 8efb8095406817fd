/** What may be wrong with a new key. */
import { defineFaults } from '#kernel/faults.ts'

export const apiKeyFault = defineFaults({ api_key_scopes: 'Unknown scope {scopes}' })
