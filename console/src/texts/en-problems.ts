/** Comes with the first error that the server answers. */
import { enCheckFaults } from './en-check-faults.ts'
import { enCodes } from './en-codes.ts'
import { enFaults } from './en-faults.ts'
import { enTableFaults } from './en-table-faults.ts'

export const enProblems = { problem: enCodes, fault: { ...enFaults, ...enCheckFaults, ...enTableFaults } }
