import { frCheckFaults } from './fr-check-faults.ts'
import { frCodes } from './fr-codes.ts'
import { frFaults } from './fr-faults.ts'
import { frTableFaults } from './fr-table-faults.ts'

export const frProblems = { problem: frCodes, fault: { ...frFaults, ...frCheckFaults, ...frTableFaults } }
