/** What may be wrong with the request for an FEC; of what is wrong with the ledger, the kind of the fault is the code. */
import { defineFaults } from '#kernel/faults.ts'

export const fecFault = defineFaults({ fec_other_siren: 'Is not the SIREN of the company' })
