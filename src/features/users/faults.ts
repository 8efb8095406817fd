/** What else is to be said of a refusal. */
import { defineFaults } from '#kernel/faults.ts'

export const userFault = defineFaults({ mail_provider_answer: '{answer}' })
