/** What may be wrong with how columns of a file become columns of an entity. */
import { defineFaults } from '#kernel/faults.ts'

export const mappingFault = defineFaults({
  mapping_no_column: 'The file has no column "{column}"',
  mapping_no_target: '"{column}" is no column of {entity} to import',
  mapping_enum_values: 'An enum needs the values that it may have',
  mapping_needed: '"{column}" must be mapped: {entity} need it',
  mapping_twice: '"{column}" is mapped twice',
})

/** Why an import failed as a whole; in French, as the contract of imports tells it. */
export const importFault = defineFaults({
  import_stopped: "Ligne {row} refusée. Rien n'a été importé.",
  import_given_up: "L'import a échoué à plusieurs reprises pour une raison interne.",
})
